"""Features that a company has computed itself: one row per user instead of trades."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rfmf_spark.ledger.fixed_point import to_decimal
from rfmf_spark.schemas.inputs import SCALES
from rfmf_spark.schemas.types import VALUE


def build_given_features(accepted: DataFrame, as_of: dt.date) -> DataFrame:
    """Given features as rows of the table ``user_features``; what was not given is null."""
    last_purchase = F.date_sub(F.lit(as_of), F.col("recency_days").cast("int"))
    unknown = F.lit(None)
    return accepted.select(
        "user_id",
        F.col("recency_days").cast("int").alias("recency_days"),
        "frequency",
        to_decimal(F.col("monetary_e8"), SCALES["value"], VALUE).alias("monetary"),
        unknown.cast("date").alias("first_purchase_date"),
        last_purchase.alias("last_purchase_date"),
        unknown.cast("decimal(20,2)").alias("cumulative_amount"),
        unknown.cast("decimal(20,2)").alias("holding_amount"),
        unknown.cast("int").alias("products_held"),
        unknown.cast("boolean").alias("retained"),
        unknown.cast("int").alias("overdrawn_positions"),
    )
