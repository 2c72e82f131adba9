"""Tables that a run publishes, and the table of runs."""

from __future__ import annotations

from pyspark.sql.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
)

from rfmf_spark.schemas.types import MONEY, RUN_KEY, UNITS, VALUE, table_schema

USER_FEATURES = table_schema(
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
    *RUN_KEY,
    required=("user_id",),
)

USER_SEGMENTS = table_schema(
    ("user_id", StringType()),
    ("r_score", IntegerType()),
    ("f_score", IntegerType()),
    ("m_score", IntegerType()),
    ("rfmf_score", DoubleType()),
    ("segment_id", IntegerType()),
    ("segment_key", StringType()),
    ("own_distance", DoubleType()),
    ("second_distance", DoubleType()),
    *RUN_KEY,
    required=("user_id",),
)

SEGMENT_PROFILE = table_schema(
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
    *RUN_KEY,
)

SEGMENT_RULE_MATCH = table_schema(
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
    *RUN_KEY,
)

K_SELECTION = table_schema(
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
    *RUN_KEY,
)

SEGMENT_STABILITY = table_schema(
    ("k", IntegerType()),
    ("segment_id", IntegerType()),
    ("r_centre", DoubleType()),
    ("f_centre", DoubleType()),
    ("m_centre", DoubleType()),
    ("users", LongType()),
    ("user_share", DoubleType()),
    ("jaccard", DoubleType()),
    *RUN_KEY,
)

SENSITIVITY = table_schema(
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
    *RUN_KEY,
)

SCORE_CUT_POINTS = table_schema(
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
    *RUN_KEY,
)

SCORE_CELLS = table_schema(
    ("r_score", IntegerType()),
    ("f_score", IntegerType()),
    ("m_score", IntegerType()),
    ("users", LongType()),
    ("rfmf_score", DoubleType()),
    ("segment_id", IntegerType()),
    *RUN_KEY,
)

FEATURE_DISTRIBUTION = table_schema(
    ("feature", StringType()),
    ("lower", VALUE),
    ("upper", VALUE),
    ("users", LongType()),
    ("monetary", DecimalType(38, 8)),
    *RUN_KEY,
)

QUARANTINE = table_schema(
    ("source", StringType()),
    ("reason", StringType()),
    ("record", StringType()),
    *RUN_KEY,
)

RECONCILIATION = table_schema(
    ("source", StringType()),
    ("outcome", StringType()),
    ("reason", StringType()),
    ("rows", LongType()),
    ("amount", DecimalType(38, 2)),
    ("units", DecimalType(38, 4)),
    *RUN_KEY,
)

HOLDINGS = table_schema(
    ("user_id", StringType()),
    ("product_id", StringType()),
    ("units", UNITS),
    ("fee_offset", VALUE),
    ("purchases", LongType()),
    ("first_purchase_date", DateType()),
    ("last_purchase_date", DateType()),
    ("cumulative_amount", MONEY),
    *RUN_KEY,
    required=("user_id", "product_id"),
)

MODELS = table_schema(("model_id", StringType()), ("model", StringType()), *RUN_KEY)

RUNS = table_schema(
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
    *RUN_KEY,
)
