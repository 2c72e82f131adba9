"""A clean ledger with what its units bring: fee curves, and the state of the opening positions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.bases import BasisOfValue, basis_of
from rfmf_spark.config.requirements import require_inputs
from rfmf_spark.config.sections.features import FeatureSettings
from rfmf_spark.config.settings import Settings
from rfmf_spark.features.fee_curve import (
    FeeCurves,
    accrued_rates,
    build_fee_curves,
    curves_in_spark,
    day_number,
)
from rfmf_spark.features.opening_rows import opening_state
from rfmf_spark.ledger.arrival import EarlierRows, require_arrived
from rfmf_spark.ledger.audit import LedgerAudit, check_audit
from rfmf_spark.ledger.clean_ledger import CleanLedger, open_ledger
from rfmf_spark.ledger.reconciliation import as_table

T = TypeVar("T")


@dataclass(frozen=True)
class LedgerRows:
    """What features are made of: clean trades, or given features in their place, and what goes by.

    ``curves`` are those of the products (None without holdings), ``opening`` is what trades before
    the ledger have left (see ``opening_state``), to be added to the holdings from ``trades``;
    ``profiles`` are accepted ones.
    """

    trades: DataFrame
    curves: FeeCurves | None
    opening: DataFrame | None = None
    profiles: DataFrame | None = None


@dataclass(frozen=True)
class PricedLedger:
    """A clean ledger, and the fee curves of its products (None where positions are not valued).

    At the end of a ``with`` block the ledger lets go of what it has kept.
    """

    clean: CleanLedger
    curves: FeeCurves | None
    basis: BasisOfValue

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.release()

    @property
    def rows(self) -> LedgerRows:
        """All that counts, for a reader who needs no totals."""
        return self._rows_with(self.clean.trades.accepted)

    def read(self, action: Callable[[LedgerRows], T]) -> tuple[T, LedgerAudit]:
        """What ``action`` makes of all that counts, and what became of all rows of all inputs.

        ``action`` reads all trades by an action of Spark; see ``CleanSource.read``.
        """
        return self.clean.read(lambda trades: action(self._rows_with(trades)))

    def count(self) -> LedgerAudit:
        """What became of all rows, counted by jobs of their own."""
        return self.clean.count()

    def release(self) -> None:
        """Let go of what was kept in memory."""
        self.clean.release()

    def _rows_with(self, trades: DataFrame) -> LedgerRows:
        opening, profiles = self.clean.opening, self.clean.profiles
        state = None
        if opening is not None:
            accepted = opening.source.accepted
            state = opening_state(accepted, self.curves, opening.day, self.basis)
        return LedgerRows(trades, self.curves, state, profiles.accepted if profiles else None)


def open_priced_ledger(spark: SparkSession, settings: Settings) -> PricedLedger:
    """The inputs of the configuration, cleaned and priced. Raises ``InputRefusedError``."""
    clean = open_ledger(spark, settings)
    return price_ledger(spark, clean, settings.features, require_inputs(settings))


def validate_inputs(
    spark: SparkSession, settings: Settings, earlier: EarlierRows | None = None
) -> pd.DataFrame:
    """What a run would say of every row: the table ``reconciliation``, with nothing written.

    ``earlier`` are the rows that inputs are held against. Raises ``InputRefusedError`` and
    ``GateStoppedError`` where a run would be refused.
    """
    with open_priced_ledger(spark, settings) as ledger:
        require_arrived(ledger.clean, settings, earlier)
        audit = ledger.count()
        check_audit(audit, settings.quality, are_kept=False)
        return as_table(audit.outcomes)


def price_ledger(
    spark: SparkSession, ledger: CleanLedger, features: FeatureSettings, as_of: dt.date
) -> PricedLedger:
    """A clean ledger with its fee curves up to the business date.

    Raises ``InputRefusedError`` for NAVs, rates or incomes that no unit can have.
    """
    basis = basis_of(features)
    if ledger.values is None:
        return PricedLedger(ledger, None, basis)
    first_day = day_number(_earliest_day(ledger, as_of))
    values, rates = ledger.values, accrued_rates(ledger.values.products, basis.rates)
    curves = build_fee_curves(
        values.nav, rates, first_day, as_of, features.day_count, values.income
    )
    return PricedLedger(ledger, curves_in_spark(spark, curves), basis)


def _earliest_day(ledger: CleanLedger, as_of: dt.date) -> dt.date:
    """A day no later than the first on which a unit moves."""
    if ledger.opening is not None:
        return ledger.opening.day
    return min(ledger.trades.earliest or as_of, as_of)
