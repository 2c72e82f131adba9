"""The clean ledger as a whole: every row of every input is accounted for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet
import pytest
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.features.priced_ledger import price_ledger
from rfmf_spark.ledger.audit import LedgerAudit
from rfmf_spark.ledger.clean_ledger import CleanLedger, clean_ledger
from rfmf_spark.ledger.reconciliation import check_balance
from rfmf_spark.ledger.totals import Totals
from tests.builders import Row, nav, product, trade, write_ledger

AS_OF = dt.date(2019, 6, 30)
AFTER = AS_OF + dt.timedelta(days=1)

TRADES: list[Row] = [
    trade(trade_id="plain"),
    trade(trade_id="sold", trade_type="redemption", amount=Decimal("40.50")),
    trade(trade_id="copied", trade_date=dt.date(2019, 1, 1)),
    trade(trade_id="copied", trade_date=dt.date(2019, 1, 1)),
    trade(trade_id="copied", trade_date=dt.date(2019, 1, 1)),
    trade(trade_id="contradicted", amount=Decimal("7.00")),
    trade(trade_id="contradicted", amount=Decimal("8.00")),
    # A bad row repeats no good one: the good one counts.
    trade(trade_id="plain", amount=None),
    trade(trade_id="ancient", trade_date=dt.date(1900, 1, 1)),
    trade(trade_id="late", trade_date=AFTER),
    trade(trade_id="unknown", product_id="nowhere"),
    trade(trade_id="valueless", product_id="p2"),
    trade(trade_id="valued too late", product_id="p3"),
    trade(trade_id="money fund", product_id="p4"),
]
NAVS = [nav(), nav(), nav(product_id="p3", nav_date=AFTER), nav(unit_nav=None)]
PRODUCTS = [
    product(),
    product(),
    product(product_id="p2"),
    product(product_id="p3"),
    product(product_id="p4", product_type=" Money "),
    product(product_id="twice"),
    product(product_id="twice", management_fee_rate=Decimal("0.01")),
]


@pytest.fixture(scope="module")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanLedger]:
    settings = write_ledger(spark, tmp_path_factory.mktemp("ledger"), TRADES, NAVS, PRODUCTS)
    cleaned = clean_ledger(spark, settings, AS_OF)
    yield cleaned
    cleaned.release()


@pytest.fixture(scope="module")
def audit(ledger: CleanLedger) -> LedgerAudit:
    """Counted by jobs of their own."""
    return ledger.count()


def outcomes(audit: LedgerAudit, source: str) -> dict[str, Totals]:
    return {o.reason or o.outcome: o.totals for o in audit.outcomes if o.source == source}


def hundreds(rows: int) -> Totals:
    """Rows of 100 yuan and 100 units each."""
    return Totals(rows, rows * 10_000, rows * 1_000_000)


def test_every_trade_has_one_outcome_with_its_amount_and_units(audit: LedgerAudit) -> None:
    assert outcomes(audit, "trades") == {
        "accepted": hundreds(3) + Totals(1, 4_050, 1_000_000),
        "after_as_of": hundreds(1),
        "conflicting_duplicate": Totals(2, 1_500, 2_000_000),
        "duplicate": hundreds(2),
        "missing_value": Totals(1, 0, 1_000_000),
        "no_nav": hundreds(2),
        "out_of_range": hundreds(1),
        "unknown_product": hundreds(1),
    }


def test_other_inputs_are_accounted_for_as_well(audit: LedgerAudit) -> None:
    assert outcomes(audit, "nav") == {
        "accepted": Totals(1),
        "after_as_of": Totals(1),
        "duplicate": Totals(1),
        "missing_value": Totals(1),
    }
    assert outcomes(audit, "products") == {
        "accepted": Totals(4),
        "conflicting_duplicate": Totals(2),
        "duplicate": Totals(1),
    }


def test_without_ids_rows_that_are_equal_in_everything_are_one_trade(
    spark: SparkSession, tmp_path: Path
) -> None:
    # One id for all: nobody looks at it.
    trades = [
        trade(),
        trade(),
        trade(units=Decimal("99.0000")),
        trade(amount=None),
        trade(amount=None),
        trade(trade_date=AFTER),
        trade(trade_date=AFTER),
    ]
    settings = write_ledger(spark, tmp_path, trades)
    inputs = settings.input.model_copy(update={"trade_ids": "content"})

    with clean_ledger(spark, settings.model_copy(update={"input": inputs}), AS_OF) as ledger:
        audit = ledger.count()
        accepted = ledger.trades.accepted.collect()

    assert outcomes(audit, "trades") == {
        "accepted": hundreds(1) + Totals(1, 10_000, 990_000),
        "after_as_of": hundreds(1),
        "duplicate": hundreds(2),
        "missing_value": Totals(2, 0, 2_000_000),
    }
    for each in audit.inputs:
        check_balance(each.source, each.input_totals, each.outcomes)
    assert len({row["trade_id"] for row in accepted}) == 2


def test_what_came_in_balances_with_what_became_of_it(audit: LedgerAudit) -> None:
    assert [each.input_totals.rows for each in audit.inputs] == [7, 4, 14]
    for each in audit.inputs:
        check_balance(each.source, each.input_totals, each.outcomes)


def test_totals_that_come_with_reading_equal_those_of_jobs_of_their_own(
    spark: SparkSession, tmp_path: Path, audit: LedgerAudit
) -> None:
    settings = write_ledger(spark, tmp_path, TRADES, NAVS, PRODUCTS)
    with clean_ledger(spark, settings, AS_OF) as read:
        number, told = read.read(DataFrame.count)

        assert number == 4
        assert told.outcomes == audit.outcomes
        assert told.purchases == audit.purchases
        assert told.inputs[-1].input_totals == audit.inputs[-1].input_totals


def test_totals_of_rows_that_were_read_in_part_only_are_counted_anew(
    spark: SparkSession, tmp_path: Path, audit: LedgerAudit
) -> None:
    settings = write_ledger(spark, tmp_path, TRADES, NAVS, PRODUCTS)
    with clean_ledger(spark, settings, AS_OF) as read:
        # An action that stops early: what it has seen is not all there is.
        _, told = read.read(lambda trades: trades.coalesce(1).limit(1).collect())

        assert told.outcomes == audit.outcomes
        assert told.purchases == audit.purchases


def test_nobody_can_be_told_what_became_of_rows_that_could_not_be_read(
    spark: SparkSession, tmp_path: Path, audit: LedgerAudit
) -> None:
    settings = write_ledger(spark, tmp_path, TRADES, NAVS, PRODUCTS)

    def fail(trades: DataFrame) -> None:
        raise OSError("disk full")

    with clean_ledger(spark, settings, AS_OF) as read:
        # Neither the ledger nor an input of it can be asked: totals come with what was read.
        questions = {"outcomes", "input_totals", "purchases", "versions", "quarantine", "rejected"}
        assert questions.isdisjoint({*dir(read), *dir(read.trades)})
        with pytest.raises(OSError, match=r"^disk full$"):
            read.read(fail)
        _, told = read.read(DataFrame.count)

        assert told.outcomes == audit.outcomes


def test_nothing_waits_for_totals_where_no_row_counts(spark: SparkSession, tmp_path: Path) -> None:
    bad = [
        trade(trade_id="unknown", product_id="nowhere"),
        trade(trade_id="late", trade_date=AFTER),
    ]
    settings = write_ledger(spark, tmp_path, bad)
    with clean_ledger(spark, settings, AS_OF) as read:
        curves = price_ledger(spark, read, settings.features, AS_OF).curves
        assert curves is not None
        products = curves.rows

        def count_by_user(trades: DataFrame) -> int:
            joined = trades.join(products, on="product_id").groupBy("user_id").count()
            return len(joined.join(products.select("product_id").distinct()).collect())

        users, audit = read.read(count_by_user)

        assert users == 0
        assert outcomes(audit, "trades") == {
            "accepted": Totals(),
            "after_as_of": hundreds(1),
            "unknown_product": hundreds(1),
        }


def test_accepted_rows_are_those_that_were_counted(ledger: CleanLedger, audit: LedgerAudit) -> None:
    rows = ledger.trades.accepted.select("trade_id").collect()
    accepted = sorted(row["trade_id"] for row in rows)

    assert accepted == ["copied", "money fund", "plain", "sold"]
    assert audit.purchases == hundreds(3)


def test_the_quarantine_holds_bad_rows_as_they_came_and_no_excluded_ones(
    audit: LedgerAudit,
) -> None:
    quarantine = audit.quarantine()
    assert quarantine is not None

    rows = [
        (row["source"], row["reason"], json.loads(row["record"])) for row in quarantine.collect()
    ]

    assert len(rows) == 9 + 2 + 3
    assert {reason for _, reason, _ in rows}.isdisjoint({"after_as_of"})
    assert (
        "trades",
        "no_nav",
        {
            "trade_id": "valueless",
            "user_id": "u1",
            "product_id": "p2",
            "trade_date": "2019-01-02",
            "trade_type": "subscription",
            "amount": "100.00",
            "units": "100.0000",
        },
    ) in rows


@pytest.fixture(scope="module")
def one_trade(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return write_ledger(spark, tmp_path_factory.mktemp("one"), [trade()])


def test_inputs_without_bad_rows_have_no_quarantine(
    spark: SparkSession, one_trade: Settings
) -> None:
    ledger = clean_ledger(spark, one_trade, AS_OF)

    number, audit = ledger.read(DataFrame.count)

    assert audit.quarantine() is None
    assert {each.rejected for each in audit.inputs} == {None}
    assert number == 1


@pytest.mark.parametrize("empty", ["trades", "nav", "products"])
def test_an_input_without_rows_is_refused(
    spark: SparkSession, one_trade: Settings, empty: str
) -> None:
    path = getattr(one_trade.input, empty)
    Path(f"{path}-empty").mkdir()
    without_rows = pyarrow.parquet.read_table(path).slice(0, 0)
    pyarrow.parquet.write_table(without_rows, f"{path}-empty/0.parquet")
    changed = one_trade.input.model_copy(update={empty: f"{path}-empty"})

    with pytest.raises(InputRefusedError) as refused:
        clean_ledger(spark, one_trade.model_copy(update={"input": changed}), AS_OF)

    assert str(refused.value) == (
        f"input.{empty}: {path}-empty has no rows; correct the path, or check the job that "
        f"writes it"
    )


def test_lines_of_a_text_file_that_do_not_fit_its_header_are_kept_whole(
    spark: SparkSession, tmp_path: Path
) -> None:
    lines = [
        "trade_id,user_id,trade_date,trade_type,amount",
        "t1,u1,2019-01-02,subscription,100",
        "t2,u1,2019-01-02",
        "t3,u1,2019-01-02,subscription,100,7,8",
        "t4,u1,2019-01-02,subscription,",
    ]
    (tmp_path / "trades.csv").write_text("\n".join(lines) + "\n")
    settings = Settings.model_validate(
        {"input": {"trades": str(tmp_path / "trades.csv")}, "features": {"basis": "amount"}}
    )

    ledger = clean_ledger(spark, settings, AS_OF)

    number, audit = ledger.read(DataFrame.count)

    quarantine = audit.quarantine()
    assert quarantine is not None
    records = {
        (row["reason"], json.loads(row["record"]).get("_corrupt_record"))
        for row in quarantine.collect()
    }
    assert records == {
        ("unparseable", lines[2]),
        ("unparseable", lines[3]),
        ("missing_value", None),
    }
    assert ledger.values is None
    assert price_ledger(spark, ledger, settings.features, AS_OF).curves is None
    assert number == 1
    assert audit.inputs[0].input_totals.rows == 4
