"""Control totals: exact sums, and what happens where they differ."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.errors import GateStoppedError, InputRefusedError
from rfmf_spark.ledger.reconciliation import (
    OutcomeTotals,
    as_table,
    check_bad_share,
    check_balance,
    check_equal,
    outcomes_of,
)
from rfmf_spark.ledger.totals import Totals, sum_totals

OUTCOMES = outcomes_of(
    "trades",
    {
        "unparseable": Totals(1, 0, 0),
        "after_as_of": Totals(2, 50, 5_000),
        None: Totals(96, 960_012, 123_456),
        "duplicate": Totals(3, 300, 30_000),
    },
)
INPUT_TOTALS = Totals(102, 960_362, 158_456)


def test_sums_are_exact_beyond_64_bits_with_missing_and_negative_values(
    spark: SparkSession,
) -> None:
    big = 9 * 10**18
    rows = [
        ("a", big, big, dt.date(2019, 1, 3)),
        ("a", big, -big, dt.date(2019, 1, 2)),
        ("a", -7, None, None),
        ("b", None, None, None),
    ]
    frame = spark.createDataFrame(
        rows, "kind string, amount_cents bigint, units_e4 bigint, trade_date date"
    )

    found = sum_totals(frame, "kind")

    assert found == {("a",): Totals(3, 2 * big - 7, 0), ("b",): Totals(1, 0, 0)}
    assert found["a",].earliest == dt.date(2019, 1, 2)
    assert found["b",].earliest is None


def test_inputs_without_amounts_are_counted(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("p1",), ("p2",)], "product_id string")

    assert sum_totals(frame) == {(): Totals(2, 0, 0)}


def test_outcomes_tell_accepted_rows_first_and_quarantine_from_exclusion() -> None:
    assert [(o.outcome, o.reason) for o in OUTCOMES] == [
        ("accepted", ""),
        ("excluded", "after_as_of"),
        ("quarantined", "duplicate"),
        ("quarantined", "unparseable"),
    ]


def test_the_table_is_in_yuan_and_units() -> None:
    table = as_table(OUTCOMES)

    assert table.loc[0].to_dict() == {
        "source": "trades",
        "outcome": "accepted",
        "reason": "",
        "rows": 96,
        "amount": Decimal("9600.12"),
        "units": Decimal("12.3456"),
    }


def test_totals_that_add_up_pass() -> None:
    check_balance("trades", INPUT_TOTALS, OUTCOMES)


@pytest.mark.parametrize(
    ("input_totals", "told"),
    [
        (Totals(103, 960_362, 158_456), "103 rows, amount 9,603.62, units 15.8456 expected"),
        (Totals(102, 960_363, 158_456), "102 rows, amount 9,603.63, units 15.8456 expected"),
        (Totals(102, 960_362, 158_455), "102 rows, amount 9,603.62, units 15.8455 expected"),
    ],
)
def test_a_difference_of_one_row_cent_or_unit_stops_the_run(
    input_totals: Totals, told: str
) -> None:
    with pytest.raises(GateStoppedError) as stopped:
        check_balance("trades", input_totals, OUTCOMES)

    assert str(stopped.value).startswith(f"input.trades: control totals differ: {told}")
    assert "102 rows, amount 9,603.62, units 15.8456 found; nothing was published" in str(
        stopped.value
    )


def test_the_earliest_date_is_no_part_of_the_balance() -> None:
    check_equal("trades", Totals(1, 2, 3, dt.date(2019, 1, 1)), Totals(1, 2, 3))


def test_a_share_of_bad_rows_at_the_limit_passes_and_excluded_rows_are_not_bad() -> None:
    check_bad_share("trades", Totals(400), OUTCOMES, 0.01)


def test_too_many_bad_rows_are_refused_with_the_worst_reason_first() -> None:
    with pytest.raises(InputRefusedError) as refused:
        check_bad_share("trades", INPUT_TOTALS, OUTCOMES, 0.01)

    assert str(refused.value) == (
        "input.trades: 4 of 102 rows are bad (3.92%; duplicate 3, unparseable 1), more than "
        "quality.max_bad_share = 0.01 allows; correct the input (the rows are in table "
        "quarantine) or raise the setting"
    )


def test_a_limit_of_zero_allows_no_bad_row() -> None:
    clean = [OutcomeTotals("nav", "accepted", "", Totals(5))]
    check_bad_share("nav", Totals(5), clean, 0.0)

    with pytest.raises(InputRefusedError):
        check_bad_share("nav", Totals(10**9), OUTCOMES, 0.0)
