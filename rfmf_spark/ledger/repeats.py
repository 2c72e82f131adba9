"""Rows that repeat a key: exact copies, of which the first stays, and rows that contradict.

Keys are compared by a 64-bit hash first, so that the one wide shuffle carries eight bytes a row;
only rows whose hash occurs twice are compared in full. Without repeats nothing more is done.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from rfmf_spark.ledger.cleaning import REASON

DUPLICATE = "duplicate"
CONFLICTING_DUPLICATE = "conflicting_duplicate"

KEY_HASH = "key_hash"


def find_repeated_keys(accepted: DataFrame, key: Sequence[str]) -> DataFrame:
    """Hashes of keys that more than one row carries: column ``key_hash``."""
    hashes = accepted.select(F.xxhash64(*key).alias(KEY_HASH))
    return hashes.groupBy(KEY_HASH).count().where(F.col("count") > 1).select(KEY_HASH)


def label_repeats(
    accepted: DataFrame, repeated: DataFrame, key: Sequence[str], content: Sequence[str]
) -> DataFrame:
    """The rows whose key hash is repeated, with the ``reason`` of those that do not count.

    Equal content: one row stays. Different content: none does, for nobody can say which is right.
    """
    candidates = with_key_hash(accepted, key).join(repeated, on=KEY_HASH, how="left_semi")
    same_key = Window.partitionBy(*key)
    hashed = candidates.withColumn("content_hash", F.xxhash64(*content))
    numbered = hashed.withColumns(
        {
            "differs": F.min("content_hash").over(same_key) != F.max("content_hash").over(same_key),
            "number": F.row_number().over(same_key.orderBy("content_hash")),
        }
    )
    reason = F.when(F.col("differs"), CONFLICTING_DUPLICATE).when(F.col("number") > 1, DUPLICATE)
    return numbered.withColumn(REASON, reason).drop("content_hash", "differs", "number", KEY_HASH)


def without_repeats(accepted: DataFrame, repeated: DataFrame, key: Sequence[str]) -> DataFrame:
    """The rows whose key hash is not repeated."""
    return with_key_hash(accepted, key).join(repeated, on=KEY_HASH, how="left_anti").drop(KEY_HASH)


def with_key_hash(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """Rows with the hash that stands for their key."""
    return rows.withColumn(KEY_HASH, F.xxhash64(*key))
