"""Holdings: the additive state per user and product that recency, frequency and fees come from.

Trades are linear in the fee: ``MF(T) = units held × C(T) − Σ ± units × C(t)``. The state (units,
fee offset, purchases) does not depend on the business date, and a new trade only adds to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rfmf_spark.ledger.fixed_point import multiply_units, to_decimal
from rfmf_spark.ledger.trade_types import signed_units
from rfmf_spark.schemas import MONEY, UNITS, VALUE


def build_holdings(
    trades: DataFrame, curves: DataFrame | None, purchases: Sequence[str]
) -> DataFrame:
    """Holdings per user and product from clean trades (amount in cents, units in 1/10,000).

    Result: ``user_id``, ``product_id``, ``units_e4``, ``fee_offset_e8`` (Σ ± units × C(t), rounded
    half up per trade to 1e-8 yuan), ``purchases``, ``first_purchase_date``, ``last_purchase_date``,
    ``purchase_cents``. Without ``curves`` (basis ``amount``) units and fee offset are null and
    there is one row per user. One shuffle, by user, serves this and the aggregation per user.
    """
    narrow = _price_trades(trades, curves) if curves is not None else _unpriced(trades)
    is_purchase = F.col("trade_type").isin(list(purchases))
    marked = narrow.select(
        "user_id",
        "product_id",
        "units_e4",
        "fee_offset_e8",
        F.when(is_purchase, F.col("trade_date")).alias("purchase_date"),
        F.when(is_purchase, F.col("amount")).otherwise(F.lit(0)).alias("purchase_cents"),
    )
    return (
        marked.repartition("user_id")
        .groupBy("user_id", "product_id")
        .agg(
            F.sum("units_e4").alias("units_e4"),
            F.sum("fee_offset_e8").alias("fee_offset_e8"),
            F.count("purchase_date").alias("purchases"),
            F.min("purchase_date").alias("first_purchase_date"),
            F.max("purchase_date").alias("last_purchase_date"),
            F.sum("purchase_cents").alias("purchase_cents"),
        )
    )


def _price_trades(trades: DataFrame, curves: DataFrame) -> DataFrame:
    """Trades with their change of units and of the fee offset."""
    by_day = curves.select("product_id", "first_day", "fee_curve")
    joined = trades.join(F.broadcast(by_day), on="product_id", how="inner")
    change = signed_units(F.col("trade_type"), F.coalesce(F.col("units"), F.lit(0)))
    fee_per_unit = F.element_at(
        "fee_curve", F.unix_date("trade_date") - F.col("first_day") + F.lit(1)
    )
    changed = joined.select(
        "user_id",
        "product_id",
        "trade_date",
        "trade_type",
        F.coalesce(F.col("amount"), F.lit(0)).alias("amount"),
        change.alias("units_e4"),
        fee_per_unit.alias("fee_e16"),
    )
    fee_offset = multiply_units(F.col("units_e4"), F.col("fee_e16"))
    return changed.withColumn("fee_offset_e8", fee_offset)


def _unpriced(trades: DataFrame) -> DataFrame:
    return trades.select(
        "user_id",
        F.lit(None).cast("string").alias("product_id"),
        "trade_date",
        "trade_type",
        F.coalesce(F.col("amount"), F.lit(0)).alias("amount"),
        F.lit(None).cast("bigint").alias("units_e4"),
        F.lit(None).cast("bigint").alias("fee_offset_e8"),
    )


def publish_holdings(holdings: DataFrame) -> DataFrame:
    """Holdings as rows of the table ``holdings``: units and yuan as decimals."""
    return holdings.select(
        "user_id",
        "product_id",
        to_decimal(F.col("units_e4"), 4, UNITS).alias("units"),
        to_decimal(F.col("fee_offset_e8"), 8, VALUE).alias("fee_offset"),
        "purchases",
        "first_purchase_date",
        "last_purchase_date",
        to_decimal(F.col("purchase_cents"), 2, MONEY).alias("cumulative_amount"),
    )
