"""The table of trade types of the data contract."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.sections.features import FeatureSettings
from rfmf_spark.ledger.trade_types import (
    TRADE_TYPES,
    is_known_type,
    moves_money,
    purchase_types,
    signed_units,
)

IN = {
    "initial_subscription",
    "subscription",
    "recurring_subscription",
    "conversion_in",
    "dividend_reinvestment",
    "money_fund_income",
    "adjust_in",
    "transfer_in",
    "split",
}
OUT = {"redemption", "conversion_out", "forced_redemption", "adjust_out", "transfer_out"}


def test_units_move_as_the_data_contract_says(spark: SparkSession) -> None:
    names = [*(kind.name for kind in TRADE_TYPES), "gift"]
    frame = spark.createDataFrame([(name, 7) for name in names], "kind string, units bigint")
    kind = F.col("kind")

    rows = frame.select(
        "kind",
        signed_units(kind, F.col("units")).alias("change"),
        is_known_type(kind).alias("known"),
    ).collect()

    changes = {row["kind"]: row["change"] for row in rows}
    assert changes == dict.fromkeys(IN, 7) | dict.fromkeys(OUT, -7) | {
        "cash_dividend": 0,
        "gift": 0,
    }
    assert [row["kind"] for row in rows if not row["known"]] == ["gift"]


def test_a_split_may_take_units_away(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("split", -7)], "kind string, units bigint")

    assert frame.select(signed_units(F.col("kind"), F.col("units"))).collect()[0][0] == -7


def test_money_moves_where_something_is_bought_sold_or_paid_out(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(kind.name,) for kind in TRADE_TYPES], "kind string")

    moving = {row["kind"] for row in frame.where(moves_money(F.col("kind"))).collect()}

    assert moving == {
        "initial_subscription",
        "subscription",
        "recurring_subscription",
        "conversion_in",
        "redemption",
        "conversion_out",
        "forced_redemption",
        "cash_dividend",
    }


def test_which_types_are_purchases_is_configurable() -> None:
    always = {"initial_subscription", "subscription"}

    assert set(purchase_types(FeatureSettings())) == always | {"recurring_subscription"}
    assert set(purchase_types(FeatureSettings(count_recurring_purchases=False))) == always
    assert set(
        purchase_types(FeatureSettings(count_conversions_in=True, count_recurring_purchases=False))
    ) == always | {"conversion_in"}
