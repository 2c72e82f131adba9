"""One input from its opening to the rows of it that count, with the totals of every outcome.

Single rules live in ``rules.py``, repeated keys in ``repeats.py``, totals in ``totals.py``; here
they are applied in order to any input. Rows are judged where they are used: one pass over the keys
comes first, and whoever reads the rows that count gets the totals with what he has made of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.audit import Audit
from rfmf_spark.ledger.mapping import mapping_of
from rfmf_spark.ledger.parsing import IS_MISSING, RAW, parse_columns
from rfmf_spark.ledger.reconciliation import outcomes_of
from rfmf_spark.ledger.repeats import (
    IS_REPEATED,
    KEY_HASH,
    CountedKeys,
    count_keys,
    keep_repeats,
    label_repeats,
    with_key_hash,
    with_repeats_marked,
)
from rfmf_spark.ledger.rules import REASON, any_flag
from rfmf_spark.ledger.sources import Source, open_source
from rfmf_spark.ledger.totals import Totals, sum_totals, total_parts
from rfmf_spark.ledger.unreadable import refuse_unreadable_files
from rfmf_spark.schemas.inputs import InputColumn
from rfmf_spark.schemas.reasons import CORRECTABLE_REASONS

IS_PURCHASE = "is_purchase"

T = TypeVar("T")

# Typed rows with a reason, from rows as they came.
Classify = Callable[[DataFrame], DataFrame]


class CleanSource:
    """One input after cleaning: rows that count, rows that do not, and the totals of both.

    ``rows`` is how many came in, ``earliest`` a date no later than the first accepted trade, and
    ``newest`` one no earlier than the last (None where no trade has a date).
    What became of all rows is an ``Audit``: ``read`` gives it beside what was made of the rows,
    ``count`` where nobody reads them.
    """

    def __init__(
        self,
        source: Source,
        classified: DataFrame,
        resolved_repeats: DataFrame | None,
        keys: CountedKeys,
    ) -> None:
        self.source = source
        self.rows, self.earliest, self.newest = keys.rows, keys.earliest, keys.newest
        self._classified, self._resolved_repeats, self._keys = classified, resolved_repeats, keys
        alone, counts = classified.drop(RAW), F.col(REASON).isNull()
        if keys.repeated is not None:
            alone = with_repeats_marked(alone, keys.repeated)
            counts &= ~F.col(IS_REPEATED)
        self._alone, self._counts = alone.drop(KEY_HASH), counts

    @property
    def accepted(self) -> DataFrame:
        """The typed rows that count, for a reader who needs no totals."""
        return self._accepted_of(self._alone)

    def read(self, action: Callable[[DataFrame], T]) -> tuple[T, Audit]:
        """What ``action`` makes of the typed rows that count, and what became of all rows.

        ``action`` reads the rows by an action of Spark, and the totals come with it. Where it has
        not read all of them, they are counted by jobs of their own.
        """
        counts = self._counts
        parts = {"all": F.lit(True), "accepted": counts, "purchases": counts & F.col(IS_PURCHASE)}
        result, taken = total_parts(
            self._alone,
            f"rows of {self.source.name}",
            parts,
            lambda rows: action(self._accepted_of(rows)),
        )
        # Two jobs have counted the rows: where they agree, no task was counted twice.
        if taken["all"].rows != self._keys.rows:
            return result, self.count()
        again = self._resolved_totals()
        purchases = taken["purchases"] + again.get((True,), Totals())
        accepted = sum(again.values(), taken["accepted"])
        return result, self._settle(taken["all"], accepted, purchases)

    def count(self) -> Audit:
        """What became of all rows, counted by jobs of their own."""
        source = self.source
        input_totals = sum_totals(parse_columns(source.rows, source.columns, source.mapping))[()]
        counted = sum_totals(self.accepted, IS_PURCHASE)
        purchases = counted.get((True,), Totals())
        return self._settle(input_totals, sum(counted.values(), Totals()), purchases)

    def release(self) -> None:
        """Let go of what was kept in memory."""
        rejected = self.__dict__.get("_rejected")
        for rows in (self._classified, self._resolved_repeats, rejected):
            if rows is not None:
                rows.unpersist()
        self._keys.release()

    def _accepted_of(self, alone: DataFrame) -> DataFrame:
        accepted = alone.where(self._counts).drop(REASON, IS_REPEATED)
        if self._resolved_repeats is None:
            return accepted
        good = self._resolved_repeats.where(F.col(REASON).isNull())
        return accepted.unionByName(good.drop(RAW, KEY_HASH, REASON))

    @cached_property
    def _rejected(self) -> DataFrame:
        """Rows that do not count, with ``reason`` and ``raw`` (as it came); kept in memory."""
        bad = self._classified.where(F.col(REASON).isNotNull())
        if self._resolved_repeats is not None and self._keys.repeated is not None:
            marked = with_repeats_marked(bad, self._keys.repeated)
            alone = marked.where(~(_is_correctable() & F.col(IS_REPEATED))).drop(IS_REPEATED)
            bad = alone.unionByName(self._resolved_repeats.where(F.col(REASON).isNotNull()))
        return bad.persist()

    def _resolved_totals(self) -> dict[tuple[Any, ...], Totals]:
        if self._resolved_repeats is None:
            return {}
        return sum_totals(self._resolved_repeats.where(F.col(REASON).isNull()), IS_PURCHASE)

    def _settle(self, input_totals: Totals, accepted: Totals, purchases: Totals) -> Audit:
        by_reason: dict[str | None, Totals] = {None: accepted}
        rejected = None
        if accepted.rows != input_totals.rows:
            rejected = self._rejected
            found = sum_totals(rejected, REASON)
            by_reason |= {reason: totals for (reason,), totals in found.items()}
        outcomes = tuple(outcomes_of(self.source.name, by_reason))
        source = self.source
        return Audit(
            source.name,
            source.version,
            input_totals,
            outcomes,
            purchases,
            rejected,
            source.line_quote,
        )


def open_input(
    spark: SparkSession, settings: Settings, name: str, columns: Sequence[InputColumn]
) -> Source:
    """Open the input ``name`` of the configuration, with its mapping."""
    mapping = mapping_of(settings.input, name, columns)
    path = getattr(settings.input, name)
    return open_source(spark, name, path, columns, settings.input, mapping)


def scan_keys(
    source: Source,
    key: Sequence[str],
    earliest: dt.date | None = None,
    until: dt.date | None = None,
) -> CountedKeys:
    """The first look at an input: its rows, repeated keys, and the dates of its trades.

    Of these the first from ``earliest`` on, and the last up to ``until``.

    Of rules it knows nothing, so it can be taken before what they need is there. Raises
    ``InputRefusedError`` for an input without rows or with an unreadable file.
    """
    with refuse_unreadable_files(source.name):
        keys = count_keys(_key_hashes(source, key), _dates(source, earliest), until)
    if keys.rows == 0:
        raise InputRefusedError(
            f"input.{source.name}: {source.version['path']} has no rows; correct the path, or "
            f"check the job that writes it"
        )
    return keys


def clean_source(
    source: Source,
    classify: Classify,
    key: Sequence[str],
    *,
    keep: bool = False,
    keys: CountedKeys | None = None,
) -> CleanSource:
    """Apply row rules and the rule for repeated keys; nothing but the keys is read for now.

    ``keep``: judged rows stay in memory (then on disk), for rows that several jobs read; those that
    have to be read from text always do, as that is the dear part. ``keys`` are those of
    ``scan_keys`` where they are known already. Raises ``InputRefusedError`` for an input without
    rows or with an unreadable file.
    """
    keys = keys or scan_keys(source, key)
    classified = _classify_rows(source, classify, key)
    if keep or source.is_text:
        classified = classified.persist()
    resolved_repeats = None
    if keys.repeated is not None:
        resolved_repeats = _resolve_repeats(source, classify, key, keys.repeated).persist()
    return CleanSource(source, classified, resolved_repeats, keys)


def _key_hashes(source: Source, key: Sequence[str]) -> DataFrame:
    """Hash of every key, null where the key is incomplete; and the typed trade date, if any."""
    columns = [column for column in source.columns if column.name in (*key, "trade_date")]
    parsed = parse_columns(source.rows, columns, source.mapping)
    needed = [column for column in columns if column.name in key and column.required]
    is_whole = ~any_flag(IS_MISSING, needed)
    dates = [column.name for column in columns if column.name == "trade_date"]
    hashed = with_key_hash(parsed, key)
    return hashed.select(F.when(is_whole, F.col(KEY_HASH)).alias(KEY_HASH), *dates)


def _dates(source: Source, earliest: dt.date | None) -> Column | None:
    if all(column.name != "trade_date" for column in source.columns):
        return None
    date = F.col("trade_date")
    return date if earliest is None else F.when(date >= F.lit(earliest), date)


def _classify_rows(source: Source, classify: Classify, key: Sequence[str]) -> DataFrame:
    """Typed rows with the hash of their key and ``reason``; as they came only where they fail."""
    raw = F.when(F.col(REASON).isNotNull(), F.col(RAW)).alias(RAW)
    return _select_classified(source, with_key_hash(classify(source.rows), key), raw)


def _resolve_repeats(
    source: Source, classify: Classify, key: Sequence[str], repeated: DataFrame
) -> DataFrame:
    """The rows of repeated keys, judged anew beside each other; read again, as they are few."""
    keys = [column for column in source.columns if column.name in key]
    parsed = with_key_hash(parse_columns(source.rows, keys, source.mapping), key)
    few = keep_repeats(parsed, repeated).select(f"{RAW}.*")
    candidates = with_key_hash(classify(few), key).where(_is_correctable())
    content = [column.typed_name for column in source.columns]
    version = "updated_at" if "updated_at" in content else None
    return _select_classified(source, label_repeats(candidates, key, content, version), F.col(RAW))


def _select_classified(source: Source, rows: DataFrame, raw: Column) -> DataFrame:
    """What is kept of a judged row: no flags, and as it came only where ``raw`` says so."""
    columns = [column.typed_name for column in source.columns]
    purchase = F.col(IS_PURCHASE) if IS_PURCHASE in rows.columns else F.lit(False)
    return rows.select(KEY_HASH, *columns, REASON, purchase.alias(IS_PURCHASE), raw)


def _is_correctable() -> Column:
    return F.col(REASON).isNull() | F.col(REASON).isin(list(CORRECTABLE_REASONS))
