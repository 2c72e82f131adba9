"""The clean ledger: all inputs opened, and their rows judged.

Single rules live in ``rules.py``, repeated keys in ``repeats.py``, totals in ``totals.py``; here
they are applied to all inputs in order. What became of every row is told to whoever reads them.
What units have earned is found above, in ``features/``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.bases import values_positions
from rfmf_spark.config.requirements import require_inputs
from rfmf_spark.config.settings import Settings
from rfmf_spark.ledger.audit import Audit, LedgerAudit
from rfmf_spark.ledger.clean_source import (
    IS_PURCHASE,
    CleanSource,
    clean_source,
    open_input,
    scan_keys,
)
from rfmf_spark.ledger.opening_positions import CleanOpening, clean_opening
from rfmf_spark.ledger.product_values import (
    ProductValues,
    ReadSource,
    clean_values,
    without_credited,
)
from rfmf_spark.ledger.profiles import clean_profiles
from rfmf_spark.ledger.repeats import CountedKeys
from rfmf_spark.ledger.rules import EARLIEST_DATE, classify_features, classify_trades
from rfmf_spark.ledger.sources import Source
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.schemas.inputs import (
    FEATURE_COLUMNS,
    TRADE_COLUMNS,
    TRADE_COLUMNS_WITHOUT_UNITS,
)
from rfmf_spark.session.beside import beside

T = TypeVar("T")

_TRADE_KEY = ("trade_id",)


@dataclass(frozen=True)
class CleanLedger:
    """All inputs, judged: trades (or given features), and what they are judged and valued by.

    ``values`` are those of the products, None where positions are not valued. At the end of a
    ``with`` block the ledger lets go of what it has kept.
    """

    trades: CleanSource
    values: ProductValues | None = None
    opening: CleanOpening | None = None
    profiles: CleanSource | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.release()

    def read(self, action: Callable[[DataFrame], T]) -> tuple[T, LedgerAudit]:
        """What ``action`` makes of the trades that count, and what became of all rows.

        ``action`` reads all trades by an action of Spark; see ``CleanSource.read``.
        """
        result, audit = self.trades.read(action)
        return result, self._with_others(audit)

    def count(self) -> LedgerAudit:
        """What became of all rows, counted by jobs of their own."""
        return self._with_others(self.trades.count())

    @property
    def sources(self) -> tuple[CleanSource, ...]:
        """All inputs, in the order in which they are told; trades come last."""
        return (*[read.clean for read in self._in_memory], *self._beside, self.trades)

    def release(self) -> None:
        """Let go of what was kept in memory."""
        for source in self.sources:
            source.release()

    @property
    def _in_memory(self) -> tuple[ReadSource, ...]:
        return self.values.sources if self.values else ()

    @property
    def _beside(self) -> tuple[CleanSource, ...]:
        opening = self.opening.source if self.opening else None
        return tuple(source for source in (opening, self.profiles) if source is not None)

    def _with_others(self, trades: Audit) -> LedgerAudit:
        others = [source.count() for source in self._beside]
        opened = self.opening.purchases() if self.opening else Totals()
        before = [read.audit for read in self._in_memory]
        return LedgerAudit((*before, *others, trades), trades.purchases + opened)


def open_ledger(spark: SparkSession, settings: Settings) -> CleanLedger:
    """The inputs of the configuration, cleaned: given features, or trades with what they need."""
    as_of = require_inputs(settings)
    if settings.input.features is not None:
        return clean_given_features(spark, settings, as_of)
    return clean_ledger(spark, settings, as_of)


def clean_ledger(spark: SparkSession, settings: Settings, as_of: dt.date) -> CleanLedger:
    """Open and clean all inputs. Raises ``InputRefusedError`` for an input that is unusable.

    Fees and holdings need NAVs and products; the basis ``amount`` does without them. Trades are
    judged where they are used: what became of them is known when all have been read. Their keys are
    looked at while the others are cleaned.
    """
    is_valued = values_positions(settings)
    columns = TRADE_COLUMNS if is_valued else TRADE_COLUMNS_WITHOUT_UNITS
    source = open_input(spark, settings, "trades", columns)
    bounds = (EARLIEST_DATE, settings.quality.company_start, settings.features.window_start)
    earliest = max(bound for bound in bounds if bound is not None)
    with beside(lambda: scan_keys(source, _TRADE_KEY, earliest, as_of)) as keys:
        valued = clean_values(spark, settings, as_of) if is_valued else None
        known = valued.known if valued else None
        opening = clean_opening(spark, settings, as_of, known)
        opened_on = opening.day if opening else None
        profiles = clean_profiles(spark, settings, as_of)
        has_income = valued is not None and not valued.income.empty
        trades = _clean_trades(source, keys(), settings, as_of, known, opened_on, has_income)
    if valued is not None:
        income = without_credited(valued.income, trades.accepted)
        valued = dataclasses.replace(valued, income=income)
    return CleanLedger(trades, valued, opening, profiles)


def clean_given_features(spark: SparkSession, settings: Settings, as_of: dt.date) -> CleanLedger:
    """Open and clean ``input.features``; its accepted rows stand in the place of trades."""
    profiles = clean_profiles(spark, settings, as_of)
    source = open_input(spark, settings, "features", FEATURE_COLUMNS)
    clean = clean_source(source, lambda rows: classify_features(rows, source.mapping), ("user_id",))
    return CleanLedger(clean, profiles=profiles)


def _clean_trades(
    source: Source,
    keys: CountedKeys,
    settings: Settings,
    as_of: dt.date,
    known: DataFrame | None,
    opened_on: dt.date | None,
    has_income: bool,
) -> CleanSource:
    is_purchase = F.col("trade_type").isin(list(purchase_types(settings.features)))
    quality, window_start = settings.quality, settings.features.window_start

    def classify(rows: DataFrame) -> DataFrame:
        classified = classify_trades(
            rows, known, as_of, quality, source.mapping, window_start, opened_on
        )
        return classified.withColumn(IS_PURCHASE, F.coalesce(is_purchase, F.lit(False)))

    counts_twice = not settings.features.counts_every_purchase
    keep = has_income or counts_twice or settings.output.write_holdings
    return clean_source(source, classify, _TRADE_KEY, keep=keep, keys=keys)
