"""All output tables by name."""

from __future__ import annotations

from pyspark.sql.types import StructField, StructType

from rfmf_spark.schemas.intermediate import (
    CLEAN_FEATURES,
    CLEAN_OPENING,
    CLEAN_PROFILES,
    CLEAN_TRADES,
    FEE_CURVES,
)
from rfmf_spark.schemas.results import (
    FEATURE_DISTRIBUTION,
    HOLDINGS,
    K_SELECTION,
    MODELS,
    QUARANTINE,
    RECONCILIATION,
    RUNS,
    SCORE_CELLS,
    SCORE_CUT_POINTS,
    SEGMENT_PROFILE,
    SEGMENT_RULE_MATCH,
    SEGMENT_STABILITY,
    SENSITIVITY,
    USER_FEATURES,
    USER_SEGMENTS,
)
from rfmf_spark.schemas.types import RUN_KEY

# Raised by the first release that adds columns to an output table; stored as a property of each
# table. Nothing else about a table changes: see tables/releases.py.
SCHEMA_VERSION = 2

# Written between the jobs of single stages only.
INTERMEDIATE_TABLES = frozenset(
    {"clean_trades", "clean_features", "clean_opening", "clean_profiles", "fee_curves"}
)

OUTPUT_TABLES: dict[str, StructType] = {
    "user_features": USER_FEATURES,
    "user_segments": USER_SEGMENTS,
    "segment_profile": SEGMENT_PROFILE,
    "segment_rule_match": SEGMENT_RULE_MATCH,
    "k_selection": K_SELECTION,
    "segment_stability": SEGMENT_STABILITY,
    "sensitivity": SENSITIVITY,
    "score_cut_points": SCORE_CUT_POINTS,
    "score_cells": SCORE_CELLS,
    "feature_distribution": FEATURE_DISTRIBUTION,
    "quarantine": QUARANTINE,
    "reconciliation": RECONCILIATION,
    "holdings": HOLDINGS,
    "models": MODELS,
    "clean_trades": CLEAN_TRADES,
    "clean_features": CLEAN_FEATURES,
    "fee_curves": FEE_CURVES,
    "clean_opening": CLEAN_OPENING,
    "clean_profiles": CLEAN_PROFILES,
    "runs": RUNS,
}


def own_fields(table: str) -> list[StructField]:
    """Fields of an output table without the run key."""
    key = [name for name, _ in RUN_KEY]
    return [field for field in OUTPUT_TABLES[table].fields if field.name not in key]
