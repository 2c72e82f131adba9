"""What became of every input row, as a table: of a run, or as ``rfmf validate`` foretells it."""

from __future__ import annotations

import pandas as pd

from rfmf_spark.cli.screen import Screen


def print_reconciliation(reconciliation: pd.DataFrame) -> None:
    """Print rows, amount and units by input, outcome and reason: the table ``reconciliation``."""
    rows = (
        (
            str(row.source),
            str(row.outcome),
            str(row.reason),
            f"{row.rows:,}",
            f"{row.amount:,}",
            f"{row.units:,}",
        )
        for row in reconciliation.itertuples()
    )
    titles = ("input", "outcome", "reason", "rows", "amount", "units")
    Screen().print_table(titles, rows, title="Reconciliation", text_columns=3)
