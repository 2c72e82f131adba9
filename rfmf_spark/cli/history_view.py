"""Runs as tables for people, and as plain data for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from rfmf_spark.cli.screen import Screen
from rfmf_spark.tables.history import RunDetail, RunSummary
from rfmf_spark.tables.rollback import Rollback
from rfmf_spark.tables.unlocking import Lock

_SECTIONS = {
    "inputs": "Inputs",
    "control_totals": "Control totals",
    "weights": "Weights",
    "durations": "Seconds by stage",
    "outputs": "Outputs, Delta version",
    "versions": "Versions, and by whom it was run",
    "settings": "Settings that differ from the defaults",
}


def describe_summary(summary: RunSummary) -> dict[str, Any]:
    """A run in a line, with times as ISO 8601."""
    fields = dataclasses.asdict(summary)
    times = ("as_of", "began_at", "ended_at")
    return fields | {name: fields[name].isoformat() for name in times}


def describe_detail(detail: RunDetail, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A run in full; of its settings those that are not as in ``defaults``."""
    facts = dict(detail.facts)
    configuration = facts.pop("configuration")
    changed = {n: value for n, value in configuration.items() if value != defaults.get(n)}
    about = {"model_id": detail.model_id, "events": detail.events}
    return describe_summary(detail.summary) | about | facts | {"settings": changed}


def describe_rollback(done: Rollback) -> dict[str, Any]:
    """What a rollback did."""
    return {
        "as_of": done.run.as_of.isoformat(),
        "run_id": done.run.run_id,
        "before": done.before.run_id if done.before else None,
        "changed": done.run != done.before,
    }


def tell_rollback(done: Rollback) -> str:
    """The same as a sentence."""
    date = done.run.as_of.isoformat()
    if done.run == done.before:
        return f"Run {done.run.run_id} is already current for {date}; nothing has changed."
    before = f", in place of {done.before.run_id}" if done.before else ""
    return f"Run {done.run.run_id} is current for {date}{before}."


def tell_unlock(lock: Lock | None, root: str) -> str:
    """From whom the lock of a root was taken."""
    if lock is None:
        return f"Nobody holds the lock of {root}; nothing has changed."
    return f"The lock of {root} was taken from {lock}; it is free, and the table runs tells of it."


def print_runs(runs: Sequence[RunSummary], root: str) -> None:
    """Print one line per run."""
    screen = Screen()
    if not runs:
        screen.print_text(f"{root} has no such runs.")
        return
    titles = ("date", "run", "status", "began", "seconds", "users", "K", "verdict")
    rows = (
        (
            run.as_of.isoformat(),
            run.run_id,
            f"{run.status}, current" if run.is_current else run.status,
            f"{run.began_at:%Y-%m-%d %H:%M:%S}",
            "" if run.seconds is None else f"{run.seconds:,.1f}",
            "" if run.users is None else f"{run.users:,}",
            "" if run.k is None else str(run.k),
            run.verdict or "",
        )
        for run in runs
    )
    screen.print_table(titles, rows, title="Runs")


def print_detail(detail: RunDetail, defaults: Mapping[str, Any]) -> None:
    """Print a run, a table per subject."""
    screen = Screen()
    print_runs([detail.summary], "")
    screen.print_text(f"Model: {detail.model_id or 'none'}\n")
    titles = ("event", "recorded_at", "status", "stage", "exit_code", "reason")
    events = (tuple(_cell(event[name]) for name in titles) for event in detail.events)
    screen.print_table(titles, events, title="Events")
    described = describe_detail(detail, defaults)
    for name, title in _SECTIONS.items():
        rows = ((key, _cell(value)) for key, value in described[name].items())
        screen.print_table(("name", "value"), rows, title=title)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
