"""First stage: inputs opened and cleaned; and, when they have been read, every row accounted for.

A run hands the clean trades on as they are; a job of its own leaves them in tables for the next.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType, StructField

from rfmf_spark.ledger.clean_ledger import CleanLedger
from rfmf_spark.ledger.fee_curve import FeeCurves
from rfmf_spark.ledger.fixed_point import to_decimal
from rfmf_spark.ledger.inspection import check_ledger, open_ledger
from rfmf_spark.ledger.reconciliation import as_table
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.run.context import RunContext
from rfmf_spark.schemas.tables import own_fields


def clean(context: RunContext) -> CleanLedger:
    """Open the inputs, and clean those that trades are judged by; trades are judged when read."""
    with context.progress.stage("clean") as stage:
        ledger = open_ledger(context.spark, context.settings)
        stage.rows = ledger.sources[-1].rows
    return ledger


def reconcile(context: RunContext, ledger: CleanLedger) -> None:
    """Write what became of every row, once all have been read, and stop where it is too bad.

    A ledger that ``store_clean`` has left is accounted for already.
    """
    if not ledger.sources:
        return
    ledger.mark_read()
    result = context.result
    result.inputs |= ledger.versions
    result.reconciliation = as_table(ledger.outcomes)
    result.control_totals |= _totals_of(ledger)
    context.keep("reconciliation", result.reconciliation)
    if (quarantine := ledger.quarantine()) is not None:
        context.write("quarantine", quarantine)
    else:
        context.leave_empty("quarantine")
    check_ledger(ledger, context.settings)


def store_clean(context: RunContext, ledger: CleanLedger) -> None:
    """Write what the next stage needs, for a job of its own, and account for every row."""
    with context.progress.stage("store") as stage:
        tables = {
            _trades_table(context): ledger.trades,
            "fee_curves": ledger.curves.rows if ledger.curves else None,
            "clean_opening": ledger.opening,
            "clean_profiles": ledger.profiles,
        }
        for table, rows in tables.items():
            if rows is not None:
                context.write(table, _as_table(table, rows))
        reconcile(context, ledger)
        stage.note = ", ".join(table for table, rows in tables.items() if rows is not None)


def read_clean(context: RunContext) -> CleanLedger:
    """The clean ledger that ``store_clean`` has left; its sources are accounted for already."""
    totals = context.result.control_totals
    purchases = Totals(totals["accepted_purchases"], totals["accepted_purchase_cents"])

    def read(table: str) -> DataFrame | None:
        if table not in context.result.outputs:
            return None
        return _from_table(context.store.read_run(table, context.run))

    return CleanLedger(
        trades=_from_table(context.store.read_run(_trades_table(context), context.run)),
        curves=_with_growth_known(read("fee_curves")),
        sources=(),
        count_purchases=lambda: purchases,
        opening=read("clean_opening"),
        profiles=read("clean_profiles"),
    )


def _with_growth_known(curves: DataFrame | None) -> FeeCurves | None:
    if curves is None:
        return None
    return FeeCurves(curves, grows=not curves.where(F.col("growth").isNotNull()).isEmpty())


def _totals_of(ledger: CleanLedger) -> dict[str, Any]:
    """What later stages are held against."""
    accepted = {o.source: o.totals.rows for o in ledger.outcomes if o.outcome == "accepted"}
    return {
        "accepted_rows": accepted,
        "accepted_purchases": ledger.purchases.rows,
        "accepted_purchase_cents": ledger.purchases.cents,
    }


def _trades_table(context: RunContext) -> str:
    return "clean_trades" if context.settings.input.features is None else "clean_features"


def _as_table(table: str, rows: DataFrame) -> DataFrame:
    """Rows as the table holds them: whole numbers of a smallest unit become decimals."""
    return rows.select(*[_as_field(rows, field).alias(field.name) for field in own_fields(table)])


def _as_field(rows: DataFrame, field: StructField) -> Column:
    if isinstance(field.dataType, DecimalType):
        return to_decimal(F.col(field.name), field.dataType.scale, field.dataType)
    return F.col(field.name)


def _from_table(rows: DataFrame) -> DataFrame:
    """And back."""
    return rows.select(*[_as_integer(field).alias(field.name) for field in rows.schema.fields])


def _as_integer(field: StructField) -> Column:
    if isinstance(field.dataType, DecimalType):
        return (F.col(field.name) * F.lit(10**field.dataType.scale)).cast("bigint")
    return F.col(field.name)
