"""The state of all positions at a date, for a ledger that starts in the middle of history."""

from __future__ import annotations

from datetime import date

import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.ledger.fee_curve import build_fee_curves, day_number
from rfmf_spark.ledger.fixed_point import multiply_units, to_decimal
from rfmf_spark.ledger.trade_types import signed_units
from rfmf_spark.schemas import MONEY, UNITS, VALUE
from rfmf_spark.synthetic.products import Catalog

_PURCHASE = "subscription"
_RATE_SCALE = 8
_CURVE_SCHEMA = "product_id string, first_day bigint, fee_curve array<bigint>, fee_at bigint"


def build_opening_positions(
    spark: SparkSession, trades: DataFrame, opening: date, catalog: Catalog
) -> DataFrame:
    """Every position that trades up to and including ``opening`` have led to, closed ones too.

    Columns: user_id, product_id, as_of, units decimal(20,4), purchases, first_purchase_date,
    last_purchase_date (days of the orders), cumulative_amount decimal(20,2) yuan bought,
    accrued_fee decimal(28,8) yuan of management fee up to the night before ``opening`` (365 days a
    year). Purchases are all subscriptions, recurring ones included, conversions not.
    """
    curves = _curves_at(spark, opening, catalog)
    before = trades.where(F.col("trade_date") <= F.lit(opening))
    priced = before.join(F.broadcast(curves), on="product_id", how="left").withColumn(
        "units_e4", _change_of_units()
    )
    at_trade = F.get("fee_curve", (F.unix_date("trade_date") - F.col("first_day")).cast("int"))
    is_purchase = F.col("trade_type").endswith(_PURCHASE)
    purchased_on = F.when(is_purchase, F.coalesce("application_date", "trade_date"))
    positions = priced.groupBy("user_id", "product_id").agg(
        F.sum("units_e4").alias("units_e4"),
        F.sum(multiply_units(F.col("units_e4"), at_trade)).alias("offset_e8"),
        F.max("fee_at").alias("fee_at"),
        F.count(purchased_on).alias("purchases"),
        F.min(purchased_on).alias("first_purchase_date"),
        F.max(purchased_on).alias("last_purchase_date"),
        F.sum(F.when(is_purchase, F.col("amount")).otherwise(F.lit(0))).alias("amount"),
    )
    accrued = multiply_units(F.col("units_e4"), F.col("fee_at")) - F.col("offset_e8")
    return positions.select(
        "user_id",
        "product_id",
        F.lit(opening).alias("as_of"),
        to_decimal(F.col("units_e4"), 4, UNITS).alias("units"),
        "purchases",
        "first_purchase_date",
        "last_purchase_date",
        F.col("amount").cast(MONEY).alias("cumulative_amount"),
        to_decimal(accrued, 8, VALUE).alias("accrued_fee"),
    )


def _change_of_units() -> Column:
    return signed_units(F.col("trade_type"), (F.col("units") * 10_000).cast("bigint"))


def _curves_at(spark: SparkSession, opening: date, catalog: Catalog) -> DataFrame:
    rates = [
        (product.product_id, int(rate.scaleb(_RATE_SCALE)), day_number(since))
        for product in catalog.products
        for since, rate in product.rates
    ]
    products = pd.DataFrame(rates, columns=["product_id", "management_fee_rate", "effective_day"])
    valued = [
        (product.product_id, day_number(day), value)
        for product, path in zip(catalog.products, catalog.nav.tolist(), strict=True)
        for day, value in zip(catalog.nav_days, path, strict=True)
        if not product.is_money and day >= product.first_nav_date
    ]
    nav = pd.DataFrame(valued, columns=["product_id", "nav_day", "unit_nav"])
    curves = build_fee_curves(nav, products, day_number(catalog.days[0]), opening)
    rows = curves[["product_id", "first_day", "fee_curve", "fee_at_as_of"]]
    return spark.createDataFrame(rows.astype(object).values.tolist(), _CURVE_SCHEMA)
