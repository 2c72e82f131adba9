"""One input from its opening to the rows of it that count, with the totals of every outcome.

Single rules live in ``cleaning.py``, repeated keys in ``repeats.py``, totals in
``reconciliation.py``; here they are applied in order to any input. Reading and judging every row
is the dear part: it is done once, and kept (in memory, then on disk) for all that follows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.cleaning import CORRECTABLE_REASONS, REASON
from rfmf_spark.ledger.mapping import mapping_of
from rfmf_spark.ledger.parsing import RAW, parse_columns
from rfmf_spark.ledger.reconciliation import (
    OutcomeTotals,
    Totals,
    check_equal,
    measure,
    outcomes_of,
)
from rfmf_spark.ledger.repeats import (
    FORMER_REASON,
    KEY_HASH,
    find_repeated_keys,
    keep_repeats,
    label_repeats,
    with_key_hash,
    without_repeats,
)
from rfmf_spark.ledger.sources import Source, open_source, refuse_unreadable_files
from rfmf_spark.schemas import InputColumn

IS_PURCHASE = "is_purchase"

# Typed rows with a reason, from rows as they came.
Classify = Callable[[DataFrame], DataFrame]


@dataclass(frozen=True)
class CleanSource:
    """One input after cleaning: rows that count, rows that do not, and the totals of both.

    ``rejected`` rows have ``raw``, the row as it came. ``earliest`` is no later than the first
    accepted trade; ``purchases`` are accepted ones.
    """

    source: Source
    came_in: Totals
    accepted: DataFrame
    rejected: DataFrame
    outcomes: tuple[OutcomeTotals, ...]
    earliest: dt.date | None
    purchases: Totals
    kept: tuple[DataFrame, ...]

    def release(self) -> None:
        """Let go of what was kept in memory."""
        for rows in self.kept:
            rows.unpersist()


def open_input(
    spark: SparkSession, settings: Settings, name: str, columns: Sequence[InputColumn]
) -> Source:
    """Open the input ``name`` of the configuration, with its mapping."""
    mapping = mapping_of(settings.input, name, columns)
    path = getattr(settings.input, name)
    return open_source(spark, name, path, columns, settings.input, mapping)


def clean_source(source: Source, classify: Classify, key: Sequence[str]) -> CleanSource:
    """Apply row rules, then the rule for repeated keys, and take the totals of every outcome.

    Raises ``InputRefusedError`` for an input without rows or with an unreadable file.
    """
    came_in = _measure_what_came_in(source)
    judged = _judge(source, classify, key).persist()
    # By reason (None: the row counts) and by whether the row is a purchase.
    counted = measure(judged, REASON, IS_PURCHASE)
    repeated = find_repeated_keys(judged.where(_is_correctable())).persist()
    kept = [judged, repeated]
    settled = judged
    if not repeated.isEmpty():
        labelled = _label(source, classify, key, repeated).persist()
        kept.append(labelled)
        for (former, reason, is_purchase), totals in _measure_changes(labelled).items():
            counted[former, is_purchase] -= totals
            counted[reason, is_purchase] = counted.get((reason, is_purchase), Totals()) + totals
        others = without_repeats(judged.where(_is_correctable()), repeated)
        settled = (
            judged.where(~_is_correctable())
            .unionByName(others)
            .unionByName(labelled.drop(FORMER_REASON))
        )
        # What was moved between outcomes on paper must be what is there to go on with.
        remaining = measure(settled.where(F.col(REASON).isNull())).get((), Totals())
        check_equal(f"input.{source.name}", _by_reason(counted).get(None, Totals()), remaining)
    return CleanSource(
        source=source,
        came_in=came_in,
        accepted=settled.where(F.col(REASON).isNull()).drop(RAW, KEY_HASH, REASON),
        rejected=settled.where(F.col(REASON).isNotNull()),
        outcomes=tuple(outcomes_of(source.name, _by_reason(counted))),
        earliest=_earliest_accepted(counted),
        purchases=counted.get((None, True), Totals()),
        kept=tuple(kept),
    )


def _measure_what_came_in(source: Source) -> Totals:
    """Totals of the rows as they came, apart from all rules."""
    with refuse_unreadable_files(source.name):
        parsed = parse_columns(source.rows, source.columns, source.mapping)
        came_in = measure(parsed).get((), Totals())
    if came_in.rows == 0:
        raise InputRefusedError(
            f"input.{source.name}: {source.version['path']} has no rows; correct the path, or "
            f"check the job that writes it"
        )
    return came_in


def _judge(source: Source, classify: Classify, key: Sequence[str]) -> DataFrame:
    """Typed rows with the hash of their key and ``reason``; as they came only where they fail."""
    raw = F.when(F.col(REASON).isNotNull(), F.col(RAW)).alias(RAW)
    return _select_judged(source, with_key_hash(classify(source.rows), key), raw)


def _label(
    source: Source, classify: Classify, key: Sequence[str], repeated: DataFrame
) -> DataFrame:
    """The rows of repeated keys, judged anew beside each other; read again, as they are few."""
    keys = [column for column in source.columns if column.name in key]
    parsed = with_key_hash(parse_columns(source.rows, keys, source.mapping), key)
    few = keep_repeats(parsed, repeated).select(f"{RAW}.*")
    candidates = with_key_hash(classify(few), key).where(_is_correctable())
    content = [column.name for column in source.columns]
    version = "updated_at" if "updated_at" in content else None
    labelled = label_repeats(candidates, key, content, version)
    return _select_judged(source, labelled, F.col(RAW), F.col(FORMER_REASON))


def _select_judged(source: Source, rows: DataFrame, raw: Column, *more: Column) -> DataFrame:
    """What is kept of a judged row: no flags, and as it came only where ``raw`` says so."""
    columns = [column.name for column in source.columns]
    purchase = F.col(IS_PURCHASE) if IS_PURCHASE in rows.columns else F.lit(False)
    return rows.select(KEY_HASH, *columns, REASON, purchase.alias(IS_PURCHASE), raw, *more)


def _is_correctable() -> Column:
    return F.col(REASON).isNull() | F.col(REASON).isin(list(CORRECTABLE_REASONS))


def _measure_changes(labelled: DataFrame) -> dict[tuple[Any, ...], Totals]:
    """Totals of the rows whose reason has changed, by old and new reason."""
    changed = labelled.where(~F.col(REASON).eqNullSafe(F.col(FORMER_REASON)))
    return measure(changed, FORMER_REASON, REASON, IS_PURCHASE)


def _earliest_accepted(counted: dict[tuple[Any, ...], Totals]) -> dt.date | None:
    dates = [totals.earliest for (reason, _), totals in counted.items() if reason is None]
    return min((date for date in dates if date is not None), default=None)


def _by_reason(counted: dict[tuple[Any, ...], Totals]) -> dict[str | None, Totals]:
    summed: dict[str | None, Totals] = {}
    for (reason, _), totals in counted.items():
        summed[reason] = summed.get(reason, Totals()) + totals
    return summed
