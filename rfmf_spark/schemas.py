"""Columns and types of every input and output table.

Inputs are contracts: what each column must be convertible to, and which columns a basis of the
monetary value needs. Outputs are exact Spark schemas; every run-keyed table ends with ``as_of``
and ``run_id``, by which it is partitioned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

# Raised with every change of an output table; stored as a property of each table.
SCHEMA_VERSION = 1

MONEY = DecimalType(20, 2)
VALUE = DecimalType(28, 8)
UNITS = DecimalType(20, 4)

ColumnKind = Literal[
    "text",
    "date",
    "timestamp",
    "money",
    "units",
    "rate",
    "nav",
    "count",
    "value",
    "lots",
    "flag",
]


@dataclass(frozen=True)
class InputColumn:
    """One column of an input: its name, what it must hold, whether it must be there."""

    name: str
    kind: ColumnKind
    required: bool = True


TRADE_COLUMNS = (
    InputColumn("trade_id", "text"),
    InputColumn("user_id", "text"),
    InputColumn("product_id", "text"),
    InputColumn("trade_date", "date"),
    InputColumn("trade_type", "text"),
    InputColumn("amount", "money"),
    InputColumn("units", "units"),
    InputColumn("application_date", "date", required=False),
    InputColumn("order_id", "text", required=False),
    InputColumn("updated_at", "timestamp", required=False),
    InputColumn("status", "text", required=False),
    InputColumn("fee", "money", required=False),
)

# The basis ``amount`` knows no holdings: it needs neither units nor products.
AMOUNT_TRADE_COLUMNS = tuple(
    InputColumn(
        column.name, column.kind, column.required and column.name not in ("units", "product_id")
    )
    for column in TRADE_COLUMNS
)

NAV_COLUMNS = (
    InputColumn("product_id", "text"),
    InputColumn("nav_date", "date"),
    InputColumn("unit_nav", "nav"),
    InputColumn("income_per_10k", "value", required=False),
)

PRODUCT_COLUMNS = (
    InputColumn("product_id", "text"),
    InputColumn("product_type", "text"),
    InputColumn("management_fee_rate", "rate"),
    InputColumn("effective_from", "date", required=False),
    InputColumn("inception_date", "date", required=False),
    InputColumn("sales_service_fee_rate", "rate", required=False),
    InputColumn("trailing_commission_rate", "rate", required=False),
)

OPENING_COLUMNS = (
    InputColumn("user_id", "text"),
    InputColumn("product_id", "text"),
    InputColumn("as_of", "date"),
    InputColumn("units", "units"),
    InputColumn("purchases", "count"),
    InputColumn("first_purchase_date", "date"),
    InputColumn("last_purchase_date", "date"),
    InputColumn("cumulative_amount", "money"),
    InputColumn("accrued_fee", "value"),
    InputColumn("net_fees", "value", required=False),
    InputColumn("principal_days", "money", required=False),
    InputColumn("open_lots", "lots", required=False),
)

# The fields of one of the open lots.
LOT_COLUMNS = (
    InputColumn("entry_date", "date"),
    InputColumn("units", "units"),
    InputColumn("units_left", "units"),
    InputColumn("principal", "money"),
)

PROFILE_COLUMNS = (
    InputColumn("user_id", "text"),
    InputColumn("region", "text", required=False),
    InputColumn("monthly_income", "money", required=False),
    InputColumn("age", "count", required=False),
    InputColumn("risk_tolerance", "text", required=False),
    InputColumn("wants_to_learn", "flag", required=False),
    InputColumn("registered_on", "date", required=False),
    InputColumn("channel", "text", required=False),
)

FEATURE_COLUMNS = (
    InputColumn("user_id", "text"),
    InputColumn("recency_days", "count"),
    InputColumn("frequency", "count"),
    InputColumn("monetary", "value"),
)


def _schema(*fields: tuple[str, object], required: tuple[str, ...] = ()) -> StructType:
    return StructType(
        [StructField(name, kind, name not in required) for name, kind in fields]  # type: ignore[arg-type]
    )


_RUN_KEY = (("as_of", DateType()), ("run_id", StringType()))

_CLEAN_TRADES = _schema(
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
    *_RUN_KEY,
    required=("user_id",),
)

_CLEAN_FEATURES = _schema(
    ("user_id", StringType()),
    ("recency_days", LongType()),
    ("frequency", LongType()),
    ("monetary", VALUE),
    *_RUN_KEY,
    required=("user_id",),
)

_FEE_CURVES = _schema(
    ("product_id", StringType()),
    ("first_day", IntegerType()),
    ("fee_curve", ArrayType(LongType())),
    ("fee_at_as_of", LongType()),
    ("nav_at_as_of", LongType()),
    ("growth", ArrayType(LongType())),
    ("growth_at_as_of", LongType()),
    *_RUN_KEY,
)

_CLEAN_OPENING = _schema(
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
    *_RUN_KEY,
    required=("user_id",),
)

_CLEAN_PROFILES = _schema(
    ("user_id", StringType()),
    ("region", StringType()),
    ("monthly_income", MONEY),
    ("age", LongType()),
    ("risk_tolerance", StringType()),
    ("wants_to_learn", BooleanType()),
    ("registered_on", DateType()),
    ("channel", StringType()),
    *_RUN_KEY,
    required=("user_id",),
)

_USER_FEATURES = _schema(
    ("user_id", StringType()),
    ("recency_days", IntegerType()),
    ("frequency", LongType()),
    ("monetary", VALUE),
    ("first_purchase_date", DateType()),
    ("last_purchase_date", DateType()),
    ("cumulative_amount", MONEY),
    ("holding_amount", MONEY),
    ("products_held", IntegerType()),
    ("retained", BooleanType()),
    ("overdrawn_positions", IntegerType()),
    *_RUN_KEY,
    required=("user_id",),
)

_USER_SEGMENTS = _schema(
    ("user_id", StringType()),
    ("r_score", IntegerType()),
    ("f_score", IntegerType()),
    ("m_score", IntegerType()),
    ("rfmf_score", DoubleType()),
    ("segment_id", IntegerType()),
    ("segment_key", StringType()),
    ("own_distance", DoubleType()),
    ("second_distance", DoubleType()),
    *_RUN_KEY,
    required=("user_id",),
)

_SEGMENT_PROFILE = _schema(
    ("segment_id", IntegerType()),
    ("segment_key", StringType()),
    ("name_zh", StringType()),
    ("name_en", StringType()),
    ("cell", StringType()),
    ("name_reason", StringType()),
    ("users", LongType()),
    ("user_share", DoubleType()),
    ("monetary_share", DoubleType()),
    ("recency_days_mean", DoubleType()),
    ("recency_days_median", DoubleType()),
    ("frequency_mean", DoubleType()),
    ("frequency_median", DoubleType()),
    ("monetary_mean", DoubleType()),
    ("monetary_median", DoubleType()),
    ("cumulative_amount_mean", DoubleType()),
    ("holding_amount_mean", DoubleType()),
    ("rfmf_score_mean", DoubleType()),
    ("retention_rate", DoubleType()),
    ("r_centre", DoubleType()),
    ("f_centre", DoubleType()),
    ("m_centre", DoubleType()),
    ("strategy_zh", StringType()),
    ("strategy_en", StringType()),
    *_RUN_KEY,
)

_SEGMENT_RULE_MATCH = _schema(
    ("segment_id", IntegerType()),
    ("segment_key", StringType()),
    ("segment_cell", StringType()),
    ("rule_cell", StringType()),
    ("rule_key", StringType()),
    ("rule_name_zh", StringType()),
    ("rule_name_en", StringType()),
    ("users", LongType()),
    ("segment_share", DoubleType()),
    ("user_share", DoubleType()),
    ("agrees", BooleanType()),
    ("explanation", StringType()),
    ("agreement", DoubleType()),
    ("rand_index", DoubleType()),
    *_RUN_KEY,
)

_K_SELECTION = _schema(
    ("k", IntegerType()),
    ("cost", DoubleType()),
    ("cost_mllib", DoubleType()),
    ("explained_share", DoubleType()),
    ("silhouette", DoubleType()),
    ("silhouette_euclidean", DoubleType()),
    ("calinski_harabasz", DoubleType()),
    ("davies_bouldin", DoubleType()),
    ("gap", DoubleType()),
    ("gap_error", DoubleType()),
    ("smallest_share", DoubleType()),
    ("valley", DoubleType()),
    ("stability", DoubleType()),
    ("rand_index", DoubleType()),
    ("rand_index_halves", DoubleType()),
    ("votes", StringType()),
    ("failed_gates", StringType()),
    ("chosen", BooleanType()),
    ("verdict", StringType()),
    ("runner_up", IntegerType()),
    ("disagreement", DoubleType()),
    ("reason", StringType()),
    *_RUN_KEY,
)

_SEGMENT_STABILITY = _schema(
    ("k", IntegerType()),
    ("segment_id", IntegerType()),
    ("r_centre", DoubleType()),
    ("f_centre", DoubleType()),
    ("m_centre", DoubleType()),
    ("users", LongType()),
    ("user_share", DoubleType()),
    ("jaccard", DoubleType()),
    *_RUN_KEY,
)

_SENSITIVITY = _schema(
    ("choice", StringType()),
    ("value_before", StringType()),
    ("value_after", StringType()),
    ("k_before", IntegerType()),
    ("k_after", IntegerType()),
    ("verdict", StringType()),
    ("users", LongType()),
    ("moved", LongType()),
    ("moved_share", DoubleType()),
    ("renamed", LongType()),
    ("renamed_share", DoubleType()),
    ("rand_index", DoubleType()),
    ("names_gone", StringType()),
    ("names_new", StringType()),
    ("note", StringType()),
    *_RUN_KEY,
)

_SCORE_CUT_POINTS = _schema(
    ("feature", StringType()),
    ("score", IntegerType()),
    ("cut_value", VALUE),
    ("inclusive", BooleanType()),
    ("users", LongType()),
    ("user_share", DoubleType()),
    ("users_beyond_cut", LongType()),
    ("users_at_cut", LongType()),
    ("tie_mass", DoubleType()),
    ("source", StringType()),
    *_RUN_KEY,
)

_SCORE_CELLS = _schema(
    ("r_score", IntegerType()),
    ("f_score", IntegerType()),
    ("m_score", IntegerType()),
    ("users", LongType()),
    ("rfmf_score", DoubleType()),
    ("segment_id", IntegerType()),
    *_RUN_KEY,
)

_QUARANTINE = _schema(
    ("source", StringType()),
    ("reason", StringType()),
    ("record", StringType()),
    *_RUN_KEY,
)

_RECONCILIATION = _schema(
    ("source", StringType()),
    ("outcome", StringType()),
    ("reason", StringType()),
    ("rows", LongType()),
    ("amount", DecimalType(38, 2)),
    ("units", DecimalType(38, 4)),
    *_RUN_KEY,
)

_HOLDINGS = _schema(
    ("user_id", StringType()),
    ("product_id", StringType()),
    ("units", UNITS),
    ("fee_offset", VALUE),
    ("purchases", LongType()),
    ("first_purchase_date", DateType()),
    ("last_purchase_date", DateType()),
    ("cumulative_amount", MONEY),
    *_RUN_KEY,
    required=("user_id", "product_id"),
)

_MODELS = _schema(("model_id", StringType()), ("model", StringType()), *_RUN_KEY)

_RUNS = _schema(
    ("event", LongType()),
    ("recorded_at", TimestampType()),
    ("status", StringType()),
    ("stage", StringType()),
    ("exit_code", IntegerType()),
    ("reason", StringType()),
    ("inputs", StringType()),
    ("control_totals", StringType()),
    ("configuration", StringType()),
    ("configuration_digest", StringType()),
    ("weights", StringType()),
    ("model_id", StringType()),
    ("outputs", StringType()),
    ("durations", StringType()),
    ("versions", StringType()),
    *_RUN_KEY,
)

# Written between the jobs of single stages only.
HAND_OVER_TABLES = frozenset(
    {"clean_trades", "clean_features", "clean_opening", "clean_profiles", "fee_curves"}
)

OUTPUT_TABLES: dict[str, StructType] = {
    "user_features": _USER_FEATURES,
    "user_segments": _USER_SEGMENTS,
    "segment_profile": _SEGMENT_PROFILE,
    "segment_rule_match": _SEGMENT_RULE_MATCH,
    "k_selection": _K_SELECTION,
    "segment_stability": _SEGMENT_STABILITY,
    "sensitivity": _SENSITIVITY,
    "score_cut_points": _SCORE_CUT_POINTS,
    "score_cells": _SCORE_CELLS,
    "quarantine": _QUARANTINE,
    "reconciliation": _RECONCILIATION,
    "holdings": _HOLDINGS,
    "models": _MODELS,
    "clean_trades": _CLEAN_TRADES,
    "clean_features": _CLEAN_FEATURES,
    "fee_curves": _FEE_CURVES,
    "clean_opening": _CLEAN_OPENING,
    "clean_profiles": _CLEAN_PROFILES,
    "runs": _RUNS,
}


def own_fields(table: str) -> list[StructField]:
    """Fields of an output table without the run key."""
    key = [name for name, _ in _RUN_KEY]
    return [field for field in OUTPUT_TABLES[table].fields if field.name not in key]
