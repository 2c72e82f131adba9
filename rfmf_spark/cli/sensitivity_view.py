"""How much the segments of a run depend on single choices, as a table."""

from __future__ import annotations

import pandas as pd

from rfmf_spark.cli.figures import show_number, show_share
from rfmf_spark.cli.screen import Screen
from rfmf_spark.tables.store import RunKey


def print_sensitivity(run: RunKey, sensitivity: pd.DataFrame) -> None:
    """Print a row per choice that was moved: the table ``sensitivity`` of a run."""
    rows = (
        (
            row["choice"],
            f"{row['value_before']} → {row['value_after']}".strip(" →"),
            show_number(row["k_after"], 0),
            show_share(row["moved_share"]),
            show_share(row["renamed_share"]),
            show_number(row["rand_index"], 3),
            row["names_new"] if pd.isna(row["note"]) else row["note"],
        )
        for row in sensitivity.to_dict("records")
    )
    titles = ("choice", "from → to", "K", "moved", "renamed", "Rand index", "new names, or why not")
    title = f"Sensitivity of run {run.run_id} (K = {sensitivity['k_before'].iloc[0]})"
    Screen().print_table(titles, rows, title=title, text_columns=2)
