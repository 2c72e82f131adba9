"""Progress of a run, or of any other work, on the console: a line per stage that has ended."""

from __future__ import annotations

from rfmf_spark.cli.screen import print_line
from rfmf_spark.run.progress import Stage


def show_stage(stage: Stage) -> None:
    """Print one finished stage: name, rows, seconds."""
    rows = "" if stage.rows is None else f"{stage.rows:,} rows"
    note = f"  {stage.note}" if stage.note else ""
    print_line(f"{stage.name:<10}{rows:>18}{stage.seconds:>9.1f} s{note}")
