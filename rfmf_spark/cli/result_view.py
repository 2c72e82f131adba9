"""What a run, or a stage of it, has found: totals, weights, the choice of K, the segments.

The line per stage is in ``progress_view.py``; runs that lie in the tables are in
``history_view.py``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import pandas as pd

from rfmf_spark.cli.figures import show_number, show_share
from rfmf_spark.cli.reconciliation_view import print_reconciliation
from rfmf_spark.cli.screen import Screen, print_line
from rfmf_spark.run.context import RunResult
from rfmf_spark.run.progress import Progress
from rfmf_spark.tables.control_totals import ControlTotals

_PROFILE_COLUMNS = {
    "segment_id": "#",
    "name_en": "segment",
    "name_zh": "",
    "users": "users",
    "user_share": "share",
    "monetary_share": "MF share",
    "recency_days_mean": "R mean",
    "recency_days_median": "R median",
    "frequency_mean": "F mean",
    "frequency_median": "F median",
    "monetary_mean": "MF mean",
    "monetary_median": "MF median",
    "cumulative_amount_mean": "bought",
    "holding_amount_mean": "holds",
    "rfmf_score_mean": "score",
    "retention_rate": "retained",
}
_SHARES = ("user_share", "monetary_share", "retention_rate")
# Criteria of a clustering: column of k_selection, title, decimal places.
_CRITERIA = (
    ("cost", "cost", 1),
    ("silhouette", "silhouette", 4),
    ("calinski_harabasz", "Calinski-Harabasz", 1),
    ("davies_bouldin", "Davies-Bouldin", 4),
    ("gap", "gap", 4),
    ("valley", "valley", 2),
    ("stability", "stability", 2),
)
# What a reader looks for first; rfmf show names the rest.
_FIRST_TABLES = ("segment_profile", "user_segments", "runs")


def print_result(result: RunResult, progress: Progress, report: str | None = None) -> None:
    """Print what a run found, where it lies, and last what became of its ``report``."""
    print_findings(result)
    seconds = sum(stage.seconds for stage in progress.stages)
    print_line(f"{_tell_end(result, seconds)} Tables:")
    for name in _FIRST_TABLES:
        print_line(f"  {result.root}/{name}")
    if result.changed_inputs:
        changed = "; ".join(result.changed_inputs)
        print_line(f"Changed since it has read them: {changed}. A run with another id reads anew.")
    root = shlex.quote(f"output.root={result.root}")
    print_line(f"All of them: rfmf show {result.run.run_id} --set {root}")
    if report is not None:
        print_line(report)


def _tell_end(result: RunResult, seconds: float) -> str:
    """That the run is current; or, of one that was complete before, that nothing was done."""
    run_id = result.run.run_id
    if result.complete_since is None:
        return f"Run {run_id} is current ({seconds:.1f} s)."
    date, current = result.run.as_of.isoformat(), (result.current or result.run).run_id
    seen = f"is current for {date}" if current == run_id else f"gave way to {current} for {date}"
    since = f"{result.complete_since:%Y-%m-%d %H:%M:%S}"
    return f"Run {run_id} is complete since {since}, and {seen}; nothing was done again."


def print_waiting(result: RunResult, following: str) -> None:
    """Print what a stage found, and how the run goes on."""
    print_findings(result)
    print_line(f"Run {result.run.run_id} waits for stage {following}.")


def print_findings(result: RunResult) -> None:
    """Print what has been found so far; a stage by itself finds a part of it."""
    screen = Screen()
    if not result.reconciliation.empty:
        print_reconciliation(result.reconciliation)
    if result.control_totals.users is not None:
        screen.print_text(_tell_totals(result.control_totals))
    if not result.k_selection.empty:
        screen.print_text(_tell_weights(result.weights))
        _print_choice_of_k(screen, result.k_selection)
    if not result.profile.empty:
        _print_profile(screen, result.profile)


def _tell_totals(totals: ControlTotals) -> str:
    return (
        f"{totals.users:,} users with {totals.purchases:,} purchases; "
        f"{totals.users_without_purchase:,} users of the ledger without a purchase; "
        f"{totals.overdrawn_positions:,} overdrawn positions\n"
    )


def _tell_weights(weights: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name} {value:.4f}" for name, value in weights["values"].items())
    source = ", ".join(
        part for part in (weights["judgments"], weights.get("objective", {}).get("method")) if part
    )
    ratio = weights["consistency_ratio"]
    consistency = "" if ratio is None else f"; consistency ratio {ratio:.4f}"
    return f"Weights ({source}): {values}{consistency}\n"


def _print_choice_of_k(screen: Screen, k_selection: pd.DataFrame) -> None:
    """Print the criteria of every K, the chosen one starred, and why it was chosen."""
    rows = (
        (
            f"{row['k']} *" if row["chosen"] else f"{row['k']}  ",
            *(show_number(row[column], digits) for column, _, digits in _CRITERIA),
            str(row["votes"]),
        )
        for row in k_selection.to_dict("records")
    )
    titles = ("K", *(title for _, title, _ in _CRITERIA), "voted for by")
    screen.print_table(titles, rows, title="Choice of K", text_columns=0)
    chosen = k_selection[k_selection["chosen"]]
    screen.print_text(f"{chosen['reason'].iloc[0]}\n")


def _print_profile(screen: Screen, profile: pd.DataFrame) -> None:
    rows = (
        tuple(_profile_value(name, record[name]) for name in _PROFILE_COLUMNS)
        for record in profile.to_dict("records")
    )
    titles = tuple(_PROFILE_COLUMNS.values())
    screen.print_table(titles, rows, title="Segments", text_columns=3)


def _profile_value(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if name in _SHARES:
        return show_share(value, 1)
    if name in ("segment_id", "users"):
        return f"{value:,}"
    return show_number(value, 1 if name == "recency_days_mean" else 2)
