"""Profiles: what is known of users, also of those who have no trade yet."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.ledger.clean_source import CleanSource, clean_source, open_input
from rfmf_spark.ledger.mapping import InputMapping
from rfmf_spark.ledger.parsing import parse_columns
from rfmf_spark.ledger.rules import (
    REASON,
    any_beyond,
    first_reason,
    late_rule,
    readable_rules,
)
from rfmf_spark.schemas.inputs import PROFILE_COLUMNS
from rfmf_spark.schemas.reasons import OUT_OF_RANGE

RISK_TOLERANCES = ("conservative", "steady", "aggressive", "c1", "c2", "c3", "c4", "c5")
_MAX_AGE = 150

_IDENTITY = InputMapping()


def clean_profiles(spark: SparkSession, settings: Settings, as_of: dt.date) -> CleanSource | None:
    """Open and clean the profiles, where there are any. Raises ``InputRefusedError``."""
    if settings.input.profiles is None:
        return None
    source = open_input(spark, settings, "profiles", PROFILE_COLUMNS)
    return clean_source(
        source, lambda rows: classify_profiles(rows, as_of, source.mapping), ("user_id",), keep=True
    )


def classify_profiles(
    rows: DataFrame, as_of: dt.date, mapping: InputMapping = _IDENTITY
) -> DataFrame:
    """Typed profiles with ``reason`` (null: the row counts).

    Who registered after the business date is not known yet.
    """
    tolerance = F.lower(F.trim("risk_tolerance"))
    is_impossible = (
        ~F.col("age").between(0, _MAX_AGE)
        | (F.col("monthly_income_cents") < 0)
        | ((tolerance != "") & ~tolerance.isin(*RISK_TOLERANCES))
    )
    rules = [
        *readable_rules(PROFILE_COLUMNS),
        (OUT_OF_RANGE, any_beyond(PROFILE_COLUMNS)),
        (OUT_OF_RANGE, is_impossible),
        late_rule("registered_on", as_of),
    ]
    return parse_columns(rows, PROFILE_COLUMNS, mapping).withColumn(REASON, first_reason(rules))


def count_profiles(profiles: DataFrame, users: DataFrame) -> dict[str, int]:
    """``profiles``, and ``profiles_without_purchase``: of nobody in ``users`` (with features)."""
    known = users.select("user_id", F.lit(True).alias("is_known"))
    joined = profiles.select("user_id").join(known, on="user_id", how="left")
    row = joined.agg(F.count("*"), F.count_if(F.col("is_known").isNull())).collect()[0]
    return {"profiles": row[0], "profiles_without_purchase": row[1]}
