"""Rows that repeat a key: corrections, exact copies, of which the first stays, contradictions.

Keys are compared by a 64-bit hash first, so that the one wide shuffle carries eight bytes a row;
only rows whose hash occurs twice are compared in full. Without repeats nothing more is done.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from rfmf_spark.ledger.cleaning import CONFLICTING_DUPLICATE, DUPLICATE, REASON, SUPERSEDED

KEY_HASH = "key_hash"
FORMER_REASON = "former_reason"


def with_key_hash(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """Rows with ``key_hash``, which stands for their key in everything below."""
    return rows.withColumn(KEY_HASH, F.xxhash64(*key))


def find_repeated_keys(candidates: DataFrame) -> DataFrame:
    """Hashes of keys that more than one row carries: column ``key_hash``."""
    hashes = candidates.select(KEY_HASH)
    return hashes.groupBy(KEY_HASH).count().where(F.col("count") > 1).select(KEY_HASH)


def keep_repeats(rows: DataFrame, repeated: DataFrame) -> DataFrame:
    """The rows whose key hash is repeated."""
    return rows.join(repeated, on=KEY_HASH, how="left_semi")


def without_repeats(rows: DataFrame, repeated: DataFrame) -> DataFrame:
    """The rows whose key hash is not repeated."""
    return rows.join(repeated, on=KEY_HASH, how="left_anti")


def label_repeats(
    candidates: DataFrame,
    key: Sequence[str],
    content: Sequence[str],
    version: str | None = None,
) -> DataFrame:
    """Rows of repeated key hashes with the ``reason`` of those that do not count.

    The newest ``version`` (a timestamp; without one the oldest) replaces the others. Of equal
    content one row stays; of different content in the same version none does, for nobody can say
    which is right. A row that stays keeps its reason; ``former_reason`` is what each had before.
    """
    same_key = Window.partitionBy(*key)
    moment = F.col(version) if version else F.lit(None).cast("timestamp")
    dated = candidates.withColumns(
        {
            FORMER_REASON: F.col(REASON),
            "content_hash": F.xxhash64(*content),
            "is_older": ~moment.eqNullSafe(F.max(moment).over(same_key)),
        }
    )
    same_version = Window.partitionBy(*key, "is_older")
    numbered = dated.withColumns(
        {
            "differs": F.min("content_hash").over(same_version)
            != F.max("content_hash").over(same_version),
            "number": F.row_number().over(same_version.orderBy("content_hash")),
        }
    )
    reason = (
        F.when(F.col("is_older"), SUPERSEDED)
        .when(F.col("differs"), CONFLICTING_DUPLICATE)
        .when(F.col("number") > 1, DUPLICATE)
        .otherwise(F.col(REASON))
    )
    return numbered.withColumn(REASON, reason).drop("content_hash", "is_older", "differs", "number")
