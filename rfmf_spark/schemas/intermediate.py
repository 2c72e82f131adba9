"""Tables that the stage ``clean`` leaves for the next one, where it is a job of its own."""

from __future__ import annotations

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DateType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from rfmf_spark.schemas.types import MONEY, RUN_KEY, UNITS, VALUE, table_schema

CLEAN_TRADES = table_schema(
    ("trade_id", StringType()),
    ("user_id", StringType()),
    ("product_id", StringType()),
    ("trade_date", DateType()),
    ("trade_type", StringType()),
    ("amount", MONEY),
    ("units", UNITS),
    ("application_date", DateType()),
    ("order_id", StringType()),
    ("fee", MONEY),
    *RUN_KEY,
    required=("user_id",),
)

CLEAN_FEATURES = table_schema(
    ("user_id", StringType()),
    ("recency_days", LongType()),
    ("frequency", LongType()),
    ("monetary", VALUE),
    *RUN_KEY,
    required=("user_id",),
)

FEE_CURVES = table_schema(
    ("product_id", StringType()),
    ("first_day", IntegerType()),
    ("fee_curve", ArrayType(LongType())),
    ("fee_at_as_of", LongType()),
    ("nav_at_as_of", LongType()),
    ("growth", ArrayType(LongType())),
    ("growth_at_as_of", LongType()),
    *RUN_KEY,
)

CLEAN_OPENING = table_schema(
    ("user_id", StringType()),
    ("product_id", StringType()),
    ("units_e4", LongType()),
    ("fee_offset_e8", LongType()),
    ("purchases", LongType()),
    ("first_purchase_date", DateType()),
    ("last_purchase_date", DateType()),
    ("purchase_cents", LongType()),
    ("principal_days", LongType()),
    ("opened_on", DateType()),
    (
        "open_lots",
        ArrayType(
            StructType(
                [
                    StructField("units_e4", LongType()),
                    StructField("principal_cents", LongType()),
                ]
            )
        ),
    ),
    *RUN_KEY,
    required=("user_id",),
)

CLEAN_PROFILES = table_schema(
    ("user_id", StringType()),
    ("region", StringType()),
    ("monthly_income", MONEY),
    ("age", LongType()),
    ("risk_tolerance", StringType()),
    ("wants_to_learn", BooleanType()),
    ("registered_on", DateType()),
    ("channel", StringType()),
    *RUN_KEY,
    required=("user_id",),
)
