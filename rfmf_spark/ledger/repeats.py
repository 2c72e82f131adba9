"""Rows that repeat a key: corrections, exact copies, of which the first stays, contradictions.

Keys are compared by a 64-bit hash first, so that the one wide shuffle carries eight bytes a row;
only rows whose hash occurs twice are compared in full. Without repeats nothing more is done.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from rfmf_spark.ledger.rules import REASON
from rfmf_spark.schemas.reasons import CONFLICTING_DUPLICATE, DUPLICATE, SUPERSEDED
from rfmf_spark.session.observing import observe

KEY_HASH = "key_hash"
IS_REPEATED = "is_repeated"


# More than Spark's own partitions: a hash table that fits a processor's cache is filled faster.
_FINER = 4


@dataclass(frozen=True)
class CountedKeys:
    """Rows of an input, and the hashes of keys that several of them carry (None without any).

    ``repeated`` has the column ``key_hash`` and is kept in memory until ``release``. ``earliest``
    and ``newest`` are the first and the last of the dates that were looked at.
    """

    rows: int
    repeated: DataFrame | None
    earliest: dt.date | None
    newest: dt.date | None
    groups: DataFrame

    def release(self) -> None:
        """Let go of what was kept in memory."""
        self.groups.unpersist()


def with_key_hash(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """Rows with ``key_hash``, which stands for their key in everything below."""
    return rows.withColumn(KEY_HASH, F.xxhash64(*key))


def count_keys(
    rows: DataFrame, date: Column | None = None, until: dt.date | None = None
) -> CountedKeys:
    """Count rows by ``key_hash``; rows in which it is null repeat nothing.

    Of the dates those after ``until`` are not looked at for the newest.
    """
    if date is None:
        return _count_groups(rows)
    # A repeated task can be seen twice, which does not move a minimum or a maximum.
    past = date if until is None else F.when(date <= F.lit(until), date)
    ends = [F.min(date).alias("earliest"), F.max(past).alias("newest")]
    keys, seen = observe(rows, "dates of an input", ends, _count_groups)
    return dataclasses.replace(keys, earliest=seen["earliest"], newest=seen["newest"])


def _count_groups(rows: DataFrame) -> CountedKeys:
    partitions = _FINER * int(rows.sparkSession.conf.get("spark.sql.shuffle.partitions") or "1")
    counted = (
        rows.select(KEY_HASH)
        .repartition(partitions, KEY_HASH)
        .groupBy(KEY_HASH)
        .agg(F.count("*").alias("rows"))
    )
    # All other rows together are one more group, without a hash.
    repeated_hash = F.when(F.col("rows") > 1, F.col(KEY_HASH)).alias(KEY_HASH)
    rows_in_all = F.sum("rows").alias("rows")
    groups = counted.groupBy(repeated_hash).agg(rows_in_all).persist()
    total = groups.agg(rows_in_all, F.count(KEY_HASH).alias("repeated")).collect()[0]
    if total["repeated"] == 0:
        groups.unpersist()
    repeated = groups.where(F.col(KEY_HASH).isNotNull()).select(KEY_HASH)
    return CountedKeys(
        rows=total["rows"] or 0,
        repeated=repeated if total["repeated"] > 0 else None,
        earliest=None,
        newest=None,
        groups=groups,
    )


def keep_repeats(rows: DataFrame, repeated: DataFrame) -> DataFrame:
    """The rows whose key hash is repeated."""
    return rows.join(repeated, on=KEY_HASH, how="left_semi")


def with_repeats_marked(rows: DataFrame, repeated: DataFrame) -> DataFrame:
    """Rows with ``is_repeated``: whether their key hash is repeated."""
    marked = repeated.withColumn(IS_REPEATED, F.lit(True))
    joined = rows.join(marked, on=KEY_HASH, how="left")
    return joined.withColumn(IS_REPEATED, F.col(IS_REPEATED).isNotNull())


def label_repeats(
    candidates: DataFrame,
    key: Sequence[str],
    content: Sequence[str],
    version: str | None = None,
) -> DataFrame:
    """Rows of repeated key hashes with the ``reason`` of those that do not count.

    The newest ``version`` (a timestamp; without one the oldest) replaces the others. Of equal
    content one row stays; of different content in the same version none does, for nobody can say
    which is right. A row that stays keeps its reason.
    """
    same_key = Window.partitionBy(*key)
    moment = F.col(version) if version else F.lit(None).cast("timestamp")
    dated = candidates.withColumns(
        {
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
