"""First stage: inputs opened and cleaned; and, by whoever reads them, every row accounted for.

A run hands the clean trades on as they are; a job of its own leaves them in tables for the next.
How inputs are cleaned is in ``ledger/clean_ledger.py``, what is added to them for the features in
``features/priced_ledger.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType, StructField

from rfmf_spark.features.fee_curve import FeeCurves
from rfmf_spark.features.priced_ledger import LedgerRows, PricedLedger, open_priced_ledger
from rfmf_spark.ledger.arrival import find_earlier_rows, require_arrived
from rfmf_spark.ledger.audit import Accounted, LedgerAudit, check_audit
from rfmf_spark.ledger.fixed_point import to_decimal
from rfmf_spark.ledger.reconciliation import as_table
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.run.context import RunContext
from rfmf_spark.schemas.tables import own_fields
from rfmf_spark.schemas.types import smallest_unit_name

T = TypeVar("T")


@dataclass(frozen=True)
class StoredLedger:
    """A clean ledger that an earlier job has left in tables: every row is accounted for already."""

    rows: LedgerRows
    accounted: Accounted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Tables are nothing to let go of."""


def clean(context: RunContext) -> PricedLedger:
    """Open the inputs, and clean those that trades are judged by; trades are judged when read.

    Raises ``GateStoppedError`` for inputs that are too old, or too few.
    """
    with context.progress.stage("clean") as stage:
        earlier = find_earlier_rows(context.store, context.settings)
        ledger = open_priced_ledger(context.spark, context.settings)
        trades, result = ledger.clean.trades, context.result
        stage.rows = trades.rows
        if trades.newest is not None:
            newest = trades.newest.isoformat()
            result.control_totals = result.control_totals.counted(newest_trade_date=newest)
        require_arrived(ledger.clean, context.settings, earlier)
    return ledger


def read_ledger(
    context: RunContext, ledger: PricedLedger | StoredLedger, action: Callable[[LedgerRows], T]
) -> tuple[T, Accounted]:
    """What ``action`` makes of all rows of a ledger, and the totals of what counts.

    Rows that nobody has accounted for yet are reconciled on the way.
    """
    if isinstance(ledger, StoredLedger):
        return action(ledger.rows), ledger.accounted
    result, audit = ledger.read(action)
    reconcile(context, audit)
    return result, audit.accounted


def reconcile(context: RunContext, audit: LedgerAudit) -> None:
    """Write what became of every row, and stop where it is too bad."""
    result = context.result
    result.inputs |= audit.versions
    result.reconciliation = as_table(audit.outcomes)
    accounted = audit.accounted
    result.control_totals = result.control_totals.counted(
        accepted_rows=dict(accounted.accepted_rows),
        accepted_purchases=accounted.purchases.rows,
        accepted_purchase_cents=accounted.purchases.cents,
    )
    context.keep("reconciliation", result.reconciliation)
    if (quarantine := audit.quarantine()) is not None:
        context.write("quarantine", quarantine)
    else:
        context.leave_empty("quarantine")
    check_audit(audit, context.settings.quality)


def store_clean(context: RunContext, ledger: PricedLedger) -> None:
    """Write what the next stage needs, for a job of its own, and account for every row."""
    with context.progress.stage("store") as stage:
        written, _ = read_ledger(context, ledger, lambda rows: _write_rows(context, rows))
        stage.note = ", ".join(written)


def read_clean(context: RunContext) -> StoredLedger:
    """The clean ledger that ``store_clean`` has left."""

    def read(table: str) -> DataFrame | None:
        if table not in context.result.outputs:
            return None
        return _from_table(context.store.read_run(table, context.run))

    rows = LedgerRows(
        trades=_from_table(context.store.read_run(_trades_table(context), context.run)),
        curves=_with_growth_known(read("fee_curves")),
        opening=read("clean_opening"),
        profiles=read("clean_profiles"),
    )
    totals = context.result.control_totals
    purchases = Totals(totals.accepted_purchases or 0, totals.accepted_purchase_cents or 0)
    return StoredLedger(rows, Accounted(totals.accepted_rows, purchases))


def _write_rows(context: RunContext, rows: LedgerRows) -> list[str]:
    """Names of the tables that were written."""
    tables = {
        _trades_table(context): rows.trades,
        "fee_curves": rows.curves.rows if rows.curves else None,
        "clean_opening": rows.opening,
        "clean_profiles": rows.profiles,
    }
    there = {table: found for table, found in tables.items() if found is not None}
    for table, found in there.items():
        context.write(table, _as_table(table, found))
    return list(there)


def _with_growth_known(curves: DataFrame | None) -> FeeCurves | None:
    if curves is None:
        return None
    return FeeCurves(curves, grows=not curves.where(F.col("growth").isNotNull()).isEmpty())


def _trades_table(context: RunContext) -> str:
    return "clean_trades" if context.settings.input.features is None else "clean_features"


def _as_table(table: str, rows: DataFrame) -> DataFrame:
    """Rows as the table holds them: whole numbers of a smallest unit become decimals."""
    return rows.select(*[_as_field(rows, field).alias(field.name) for field in own_fields(table)])


def _as_field(rows: DataFrame, field: StructField) -> Column:
    if isinstance(field.dataType, DecimalType):
        scale = field.dataType.scale
        return to_decimal(F.col(smallest_unit_name(field.name, scale)), scale, field.dataType)
    return F.col(field.name)


def _from_table(rows: DataFrame) -> DataFrame:
    """And back."""
    return rows.select(*[_as_integer(field) for field in rows.schema.fields])


def _as_integer(field: StructField) -> Column:
    if isinstance(field.dataType, DecimalType):
        scale = field.dataType.scale
        whole = (F.col(field.name) * F.lit(10**scale)).cast("bigint")
        return whole.alias(smallest_unit_name(field.name, scale))
    return F.col(field.name)
