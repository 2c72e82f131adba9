"""The runs of a root, each put together from its events: what operators watch."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Row
from pyspark.sql import functions as F

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.tables.control_totals import ControlTotals
from rfmf_spark.tables.runs import (
    LATER,
    LATEST,
    find_current_run,
    group_events,
    require_complete_event,
)
from rfmf_spark.tables.store import RunKey, TableStore


@dataclass(frozen=True)
class RunSummary:
    """One run in a line; ``seconds`` are those of its stages, ``status`` that of its own end."""

    run_id: str
    as_of: dt.date
    status: str
    is_current: bool
    began_at: dt.datetime
    ended_at: dt.datetime
    seconds: float | None
    users: int | None
    k: int | None
    verdict: str | None
    exit_code: int | None
    reason: str | None


@dataclass(frozen=True)
class RunDetail:
    """One run in full; ``facts`` are the JSON columns of its last own event, read."""

    summary: RunSummary
    model_id: str | None
    events: list[dict[str, Any]]
    facts: dict[str, dict[str, Any]]


_EVENT_COLUMNS = ("event", "recorded_at", "status", "stage", "exit_code", "reason")
_FACTS = (
    "inputs",
    "control_totals",
    "weights",
    "configuration",
    "durations",
    "outputs",
    "versions",
)


def list_runs(store: TableStore, as_of: dt.date | None, limit: int) -> list[RunSummary]:
    """The newest ``limit`` runs, the newest first, of one business date or of all."""
    found = [events for events in group_events(store) if as_of in (None, events[0]["as_of"])]
    newest = sorted(found, key=lambda events: events[0]["event"], reverse=True)[:limit]
    return _summarise(store, newest)


def describe_run(store: TableStore, run_id: str) -> RunDetail:
    """One run, complete or not: an id, or ``latest`` for the current run of the latest date.

    Raises ``ConfigurationError`` where there is no such run.
    """
    if run_id == LATEST:
        run_id = require_complete_event(store, run_id, option="RUN")["run_id"]
    found = [events for events in group_events(store) if events[0]["run_id"] == run_id]
    if not found:
        raise ConfigurationError(
            f"RUN {run_id}: {store.root} has no such run; rfmf runs lists their ids, or correct "
            f"output.root"
        )
    end = _own_end(found[0])
    return RunDetail(
        summary=_summarise(store, found)[0],
        model_id=end["model_id"],
        events=[{name: event[name] for name in _EVENT_COLUMNS} for event in found[0]],
        facts={name: json.loads(end[name] or "{}") for name in _FACTS},
    )


def _summarise(store: TableStore, runs: Sequence[Sequence[Row]]) -> list[RunSummary]:
    dates = {events[0]["as_of"] for events in runs}
    current = {find_current_run(store, date) for date in dates}
    choices = _read_choices(store, [events[0]["run_id"] for events in runs])
    return [_summarise_one(events, current, choices) for events in runs]


def _summarise_one(
    events: Sequence[Row], current: set[RunKey | None], choices: dict[str, Row]
) -> RunSummary:
    end = _own_end(events)
    durations = json.loads(end["durations"] or "{}")
    choice = choices.get(end["run_id"])
    return RunSummary(
        run_id=end["run_id"],
        as_of=end["as_of"],
        status=end["status"],
        is_current=RunKey(end["as_of"], end["run_id"]) in current,
        began_at=events[0]["recorded_at"],
        ended_at=end["recorded_at"],
        seconds=sum(durations.values()) if durations else None,
        users=ControlTotals.from_json(json.loads(end["control_totals"] or "{}")).users,
        k=choice["k"] if choice else None,
        verdict=choice["verdict"] if choice else None,
        exit_code=end["exit_code"],
        reason=end["reason"],
    )


def _own_end(events: Sequence[Row]) -> Row:
    """The last event of the run itself: what was done to it later is not its own doing."""
    own = [event for event in events if event["status"] not in LATER]
    return (own or list(events))[-1]


def _read_choices(store: TableStore, run_ids: Sequence[str]) -> dict[str, Row]:
    if not run_ids or not store.exists("k_selection"):
        return {}
    chosen = store.read("k_selection").where(F.col("chosen") & F.col("run_id").isin(*run_ids))
    return {row["run_id"]: row for row in chosen.select("run_id", "k", "verdict").collect()}
