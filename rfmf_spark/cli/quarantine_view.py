"""What a run has refused, on the console; found, and masked, in ``ledger/inspection.py``."""

from __future__ import annotations

from rfmf_spark.cli.screen import Screen, print_line
from rfmf_spark.ledger.inspection import QuarantineReport


def print_quarantine(report: QuarantineReport) -> None:
    """Print counts by input and reason as a table, then a line per masked sample."""
    screen, run_id = Screen(), report.run.run_id
    if report.counts.empty:
        screen.print_text(f"Run {run_id} has refused no row.")
        return
    counts = ((str(r.source), str(r.reason), f"{r.rows:,}") for r in report.counts.itertuples())
    titles = ("input", "reason", "rows")
    screen.print_table(titles, counts, title=f"Refused by run {run_id}", text_columns=2)
    for sample in report.samples.itertuples():
        print_line(f"{sample.source} {sample.reason}: {sample.record}")
