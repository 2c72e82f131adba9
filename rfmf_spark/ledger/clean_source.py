"""One input from its opening to the rows of it that count, with the totals of every outcome.

Single rules live in ``cleaning.py``, repeated keys in ``repeats.py``, totals in
``reconciliation.py``; here they are applied in order to any input.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.cleaning import CORRECTABLE_REASONS, REASON
from rfmf_spark.ledger.mapping import mapping_of
from rfmf_spark.ledger.parsing import parse_columns
from rfmf_spark.ledger.reconciliation import (
    OutcomeTotals,
    Totals,
    check_equal,
    measure,
    outcomes_of,
)
from rfmf_spark.ledger.repeats import (
    FORMER_REASON,
    find_repeated_keys,
    label_repeats,
    without_repeats,
)
from rfmf_spark.ledger.sources import Source, open_source, refuse_unreadable_files
from rfmf_spark.schemas import InputColumn

IS_PURCHASE = "is_purchase"


@dataclass(frozen=True)
class CleanSource:
    """One input after cleaning: rows that count, rows that do not, and the totals of both.

    ``earliest`` is no later than the first accepted trade; ``purchases`` are accepted ones.
    """

    source: Source
    came_in: Totals
    accepted: DataFrame
    rejected: DataFrame
    outcomes: tuple[OutcomeTotals, ...]
    earliest: dt.date | None
    purchases: Totals
    repeated: DataFrame

    def release(self) -> None:
        """Let go of what was kept in memory."""
        self.repeated.unpersist()


def open_input(
    spark: SparkSession, settings: Settings, name: str, columns: Sequence[InputColumn]
) -> Source:
    """Open the input ``name`` of the configuration, with its mapping."""
    mapping = mapping_of(settings.input, name, columns)
    path = getattr(settings.input, name)
    return open_source(spark, name, path, columns, settings.input, mapping)


def clean_source(source: Source, classified: DataFrame, key: Sequence[str]) -> CleanSource:
    """Apply row rules, then the rule for repeated keys, and take the totals of every outcome."""
    with refuse_unreadable_files(source.name):
        parsed = parse_columns(source.rows, source.columns, source.mapping)
        came_in = measure(parsed).get((), Totals())
    if came_in.rows == 0:
        raise InputRefusedError(
            f"input.{source.name}: {source.version['path']} has no rows; correct the path, or "
            f"check the job that writes it"
        )
    counted = _measure_outcomes(classified, REASON)
    is_correctable = F.col(REASON).isNull() | F.col(REASON).isin(list(CORRECTABLE_REASONS))
    candidates = classified.where(is_correctable)
    repeated = find_repeated_keys(candidates, key).persist()
    settled = classified
    if not repeated.isEmpty():
        content = [column.name for column in source.columns]
        version = "updated_at" if "updated_at" in content else None
        labelled = label_repeats(candidates, repeated, key, content, version)
        for (former, reason, is_purchase), totals in _measure_changes(labelled).items():
            counted[former, is_purchase] -= totals
            counted[reason, is_purchase] = counted.get((reason, is_purchase), Totals()) + totals
        settled = (
            classified.where(~is_correctable)
            .unionByName(without_repeats(candidates, repeated, key))
            .unionByName(labelled.drop(FORMER_REASON))
        )
        # What was moved between outcomes on paper must be what is there to go on with.
        remaining = measure(settled.where(F.col(REASON).isNull())).get((), Totals())
        check_equal(f"input.{source.name}", _by_reason(counted).get(None, Totals()), remaining)
    return CleanSource(
        source=source,
        came_in=came_in,
        accepted=settled.where(F.col(REASON).isNull()),
        rejected=settled.where(F.col(REASON).isNotNull()),
        outcomes=tuple(outcomes_of(source.name, _by_reason(counted))),
        earliest=_earliest_accepted(counted),
        purchases=counted.get((None, True), Totals()),
        repeated=repeated,
    )


def _measure_outcomes(rows: DataFrame, *reasons: str) -> dict[tuple[Any, ...], Totals]:
    """Totals by reason (None: the row counts) and by whether the row is a purchase."""
    marked = rows if IS_PURCHASE in rows.columns else rows.withColumn(IS_PURCHASE, F.lit(False))
    return measure(marked, *reasons, IS_PURCHASE)


def _measure_changes(labelled: DataFrame) -> dict[tuple[Any, ...], Totals]:
    """Totals of the rows whose reason has changed, by old and new reason."""
    changed = labelled.where(~F.col(REASON).eqNullSafe(F.col(FORMER_REASON)))
    return _measure_outcomes(changed, FORMER_REASON, REASON)


def _earliest_accepted(counted: dict[tuple[Any, ...], Totals]) -> dt.date | None:
    dates = [totals.earliest for (reason, _), totals in counted.items() if reason is None]
    return min((date for date in dates if date is not None), default=None)


def _by_reason(counted: dict[tuple[Any, ...], Totals]) -> dict[str | None, Totals]:
    summed: dict[str | None, Totals] = {}
    for (reason, _), totals in counted.items():
        summed[reason] = summed.get(reason, Totals()) + totals
    return summed
