"""What has become of every row of the inputs.

An audit is a value that reading the rows gives, never a question to rows that may not have been
read: see ``CleanSource.read``. How totals are held against each other is in ``reconciliation.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, DecimalType, StringType, StructField, StructType

from rfmf_spark.config.sections.quality import QualitySettings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.parsing import RAW
from rfmf_spark.ledger.reconciliation import OutcomeTotals, check_bad_share, check_balance
from rfmf_spark.ledger.rules import REASON
from rfmf_spark.ledger.text_files import CORRUPT_RECORD
from rfmf_spark.ledger.text_values import count_character
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.schemas.reasons import EXCLUDING_REASONS


@dataclass(frozen=True)
class Audit:
    """Totals of one input: of what came in, and by outcome, which together must be the same.

    ``version`` tells what was read (path, format, version), ``purchases`` are the rows that count
    and are purchases. ``rejected`` are the rows that do not count, with ``reason`` and ``raw`` (as
    they came); None where all count. ``line_quote`` is the quote of a CSV input in which every line
    is a row.
    """

    source: str
    version: Mapping[str, Any]
    input_totals: Totals
    outcomes: tuple[OutcomeTotals, ...]
    purchases: Totals
    rejected: DataFrame | None
    line_quote: str = ""

    def quarantine(self) -> DataFrame | None:
        """Bad rows as they came: ``source``, ``reason``, ``record`` (JSON); None without any."""
        if all(outcome.outcome != "quarantined" for outcome in self.outcomes):
            return None
        if self.rejected is None:
            raise ValueError(f"bad rows of {self.source} were counted, but not kept")
        bad = self.rejected.where(~F.col(REASON).isin(list(EXCLUDING_REASONS)))
        return bad.select(
            F.lit(self.source).alias("source"),
            F.col(REASON),
            F.to_json(_with_decimals_as_text(bad, RAW)).alias("record"),
        )

    def count_torn(self) -> int:
        """Bad rows that are lines of CSV with a quote that another line must close."""
        if self.rejected is None or not self.line_quote:
            return 0
        line = F.col(f"{RAW}.{CORRUPT_RECORD}")
        return self.rejected.where(count_character(line, self.line_quote) % 2 == 1).count()


@dataclass(frozen=True)
class Accounted:
    """What later stages are held against: accepted rows by input, and all purchases.

    ``purchases`` (as rows, with their cents) are those of trades and opening positions together.
    """

    accepted_rows: Mapping[str, int]
    purchases: Totals


@dataclass(frozen=True)
class LedgerAudit:
    """The audits of all inputs of a ledger, and the purchases of trades and opening together."""

    inputs: tuple[Audit, ...]
    purchases: Totals

    @property
    def outcomes(self) -> list[OutcomeTotals]:
        """Outcomes of all inputs."""
        return [outcome for audit in self.inputs for outcome in audit.outcomes]

    @property
    def versions(self) -> dict[str, Any]:
        """What was read: path, format and version by input."""
        return {audit.source: audit.version for audit in self.inputs}

    @property
    def accounted(self) -> Accounted:
        """The few totals that the features are held against."""
        accepted = {o.source: o.totals.rows for o in self.outcomes if o.outcome == "accepted"}
        return Accounted(accepted, self.purchases)

    def quarantine(self) -> DataFrame | None:
        """Bad rows of all inputs, as those of one; None without any."""
        frames = [rows for audit in self.inputs if (rows := audit.quarantine()) is not None]
        return reduce(DataFrame.unionByName, frames) if frames else None


def check_audit(audit: LedgerAudit, quality: QualitySettings, *, are_kept: bool = True) -> None:
    """Hold the totals of every input against what came in and against the limits.

    ``are_kept``: bad rows are in the table ``quarantine`` by then. Raises ``GateStoppedError`` and
    ``InputRefusedError``.
    """
    for each in audit.inputs:
        check_balance(each.source, each.input_totals, each.outcomes)
        try:
            check_bad_share(
                each.source,
                each.input_totals,
                each.outcomes,
                quality.max_bad_share,
                quality.max_bad_share_by_reason,
                are_kept=are_kept,
            )
        except InputRefusedError as refused:
            torn = each.count_torn()
            if torn == 0:
                raise
            raise InputRefusedError(
                f"{refused}; {torn:,} of them are lines on which a quote stays open: where values "
                f"hold line breaks, set input.csv.multiline=true"
            ) from refused


def _with_decimals_as_text(rows: DataFrame, name: str) -> Column:
    """A column whose decimals keep all their places, which not every engine writes as numbers."""

    def as_text(found: DataType) -> DataType:
        if isinstance(found, DecimalType):
            return StringType()
        if isinstance(found, ArrayType):
            return ArrayType(as_text(found.elementType), found.containsNull)
        if isinstance(found, StructType):
            fields = [
                StructField(field.name, as_text(field.dataType), field.nullable)
                for field in found.fields
            ]
            return StructType(fields)
        return found

    return F.col(name).cast(as_text(rows.schema[name].dataType))
