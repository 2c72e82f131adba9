"""Holdings: the additive state of every user and product."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.features.fee_curve import FeeCurves
from rfmf_spark.features.holdings import build_holdings, publish_holdings
from rfmf_spark.features.purchases import FeatureOptions

FIRST = dt.date(2019, 1, 1)
CENT, UNIT = 100, 10_000
TRADES = (
    "user_id string, product_id string, trade_date date, trade_type string, "
    "amount_cents bigint, units_e4 bigint"
)
OPTIONS = FeatureOptions(FIRST + dt.timedelta(days=5))
HOLDINGS = (
    "user_id string, product_id string, units_e4 bigint, fee_offset_e8 bigint, purchases bigint, "
    "first_purchase_date date, last_purchase_date date, purchase_cents bigint"
)
PURCHASES = ("subscription", "initial_subscription")


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


@pytest.fixture(scope="module")
def curves(spark: SparkSession) -> FeeCurves:
    """A unit costs one cent a day from the first day; product q starts a day's fee higher."""
    first_day = (FIRST - dt.date(1970, 1, 1)).days
    cents = [number * 10**14 for number in range(6)]
    rows = spark.createDataFrame(
        [
            ("p", first_day, cents, None),
            ("q", first_day, [value + 10**14 for value in cents], None),
        ],
        "product_id string, first_day int, fee_curve array<bigint>, growth array<bigint>",
    )
    return FeeCurves(rows, grows=False)


@pytest.fixture(scope="module")
def trades(spark: SparkSession) -> DataFrame:
    rows = [
        ("buyer", "p", day(0), "initial_subscription", 1_000 * CENT, 1_000 * UNIT),
        ("buyer", "p", day(2), "subscription", 500 * CENT, 400 * UNIT),
        ("buyer", "p", day(5), "redemption", 300 * CENT, 200 * UNIT),
        ("buyer", "q", day(1), "conversion_in", 50 * CENT, 50 * UNIT),
        ("paid", "p", day(1), "cash_dividend", 7 * CENT, None),
        ("paid", "p", day(3), "dividend_reinvestment", None, 3 * UNIT),
        ("paid", "p", day(4), "split", None, -1 * UNIT),
    ]
    unknown = {"trade_id": "string", "application_date": "date", "order_id": "string"} | {
        "fee_cents": "bigint"
    }
    nothing = {name: F.lit(None).cast(kind) for name, kind in unknown.items()}
    return spark.createDataFrame(rows, TRADES).withColumns(nothing)


def test_units_fees_and_purchases_add_up_per_user_and_product(
    spark: SparkSession, trades: DataFrame, curves: FeeCurves
) -> None:
    yuan = 10**8
    expected = spark.createDataFrame(
        [
            # 1,000 × 0 days + 400 × 2 − 200 × 5, times one cent.
            ("buyer", "p", 1_200 * UNIT, -2 * yuan, 2, day(0), day(2), 1_500 * CENT),
            ("buyer", "q", 50 * UNIT, yuan, 0, None, None, 0),
            # 3 × 3 days − 1 × 4.
            ("paid", "p", 2 * UNIT, 5 * yuan // 100, 0, None, None, 0),
        ],
        HOLDINGS,
    )

    holdings = build_holdings(trades, curves, PURCHASES, OPTIONS)

    assert_df_equality(
        holdings.select(*expected.columns), expected, ignore_row_order=True, ignore_nullable=True
    )


def test_the_state_of_two_parts_of_a_ledger_adds_up_to_the_state_of_the_whole(
    trades: DataFrame, curves: FeeCurves
) -> None:
    def summed(frame: DataFrame) -> list[tuple[object, ...]]:
        totals = frame.groupBy("user_id", "product_id").agg(
            F.sum("units_e4"), F.sum("fee_offset_e8"), F.sum("purchases"), F.sum("purchase_cents")
        )
        return sorted(tuple(row) for row in totals.collect())

    is_early = F.col("trade_date") < F.lit(day(2))
    parts = [
        build_holdings(trades.where(c), curves, PURCHASES, OPTIONS) for c in (is_early, ~is_early)
    ]

    whole = build_holdings(trades, curves, PURCHASES, OPTIONS)

    assert summed(parts[0].unionByName(parts[1])) == summed(whole)


def test_without_curves_there_is_one_row_per_user_and_no_units(
    spark: SparkSession, trades: DataFrame
) -> None:
    expected = spark.createDataFrame(
        [
            ("buyer", None, None, None, 2, day(0), day(2), 1_500 * CENT),
            ("paid", None, None, None, 0, None, None, 0),
        ],
        HOLDINGS,
    )

    holdings = build_holdings(trades.drop("units_e4", "product_id"), None, PURCHASES, OPTIONS)

    assert_df_equality(
        holdings.select(*expected.columns), expected, ignore_row_order=True, ignore_nullable=True
    )


def test_published_holdings_are_in_units_and_yuan(spark: SparkSession) -> None:
    held = spark.createDataFrame(
        [("u", "p", 12_345_678, -150, 1, day(0), day(0), 123_456)], HOLDINGS
    )

    row = publish_holdings(held).collect()[0]

    assert row["units"] == Decimal("1234.5678")
    assert row["fee_offset"] == Decimal("-0.00000150")
    assert row["cumulative_amount"] == Decimal("1234.56")
