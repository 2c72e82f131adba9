"""Runs as append-only events, and which run readers should see.

A run is ``running`` until its last event says ``complete``, ``failed`` or ``aborted``; between
jobs of single stages it is ``waiting`` for the next. For one business date the current run is the
one that the last ``complete`` or ``current`` event names; that single row, written last, is what
publishes a result or takes it back. ``measured`` tells of rows that a complete run got later, and
``unlocked`` of an operator who took the lock from a run.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd
from pyspark.sql import DataFrame, Row, SparkSession

from rfmf_spark.config.redaction import redact
from rfmf_spark.errors import ConfigurationError, InputRefusedError
from rfmf_spark.schemas.tables import OUTPUT_TABLES
from rfmf_spark.tables.store import RunKey, TableStore

Status = Literal[
    "running", "waiting", "complete", "failed", "aborted", "current", "measured", "unlocked"
]

# What users may give in place of a run id: the current run of the latest business date. A run that
# is not complete is never current, so two commands say in their help which one they mean instead:
# a stage goes on with the one that waits since last, and what was refused is that of the one that
# began last.
LATEST = "latest"

# The events that decide what readers see.
PUBLISHING = ("complete", "current")

# What others did to a run: it was brought back, its sensitivity was measured, or an operator took
# the lock from it.
LATER = ("current", "measured", "unlocked")


def record_event(
    store: TableStore,
    run: RunKey | None,
    status: Status,
    *,
    spark: SparkSession,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append one event of a run, or of none; call it only while holding the lock of the store.

    ``details`` are columns of ``runs``; mappings and lists are stored as JSON, secrets hidden.
    """
    schema = OUTPUT_TABLES["runs"]
    values = {name: _plain(redact(value)) for name, value in (details or {}).items()}
    values |= {
        "event": _next_event(store),
        "recorded_at": _now(),
        "status": status,
        "as_of": run.as_of if run else None,
        "run_id": run.run_id if run else None,
    }
    row = pd.DataFrame([{field.name: values.get(field.name) for field in schema.fields}])
    store.append("runs", row.astype(object))


def close_abandoned_runs(store: TableStore, *, spark: SparkSession) -> list[str]:
    """Mark runs that never ended as aborted, and return their ids.

    Whoever holds the lock knows that nobody else is running.
    """
    if not store.exists("runs"):
        return []
    events = store.collect("runs", ["event", "as_of", "run_id", "status"])
    own = [event for event in events if event.status not in LATER]
    last = {event.run_id: event for event in sorted(own, key=lambda event: event.event)}
    abandoned = {run: event.as_of for run, event in last.items() if event.status == "running"}
    for run_id, as_of in sorted(abandoned.items()):
        reason = "ended without a word (killed, its machine lost, or its disk full)"
        details = {"exit_code": 1, "reason": reason}
        record_event(store, RunKey(as_of, run_id), "aborted", spark=spark, details=details)
    return sorted(abandoned)


def group_events(store: TableStore) -> list[list[Row]]:
    """The events of each run, in the order in which they were recorded."""
    if not store.exists("runs"):
        return []
    runs: dict[str, list[Row]] = {}
    for event in sorted(store.collect("runs"), key=lambda event: int(event["event"])):
        if event["run_id"] is not None:
            runs.setdefault(event["run_id"], []).append(event)
    return list(runs.values())


def events_of(store: TableStore, run_id: str) -> list[Row]:
    """The events of one run, in the order in which they were recorded."""
    if not store.exists("runs"):
        return []
    return sorted(store.collect("runs", of_run=run_id), key=lambda event: int(event["event"]))


def find_current_run(
    store: TableStore, as_of: dt.date | None = None, *, before: dt.date | None = None
) -> RunKey | None:
    """The run that readers see, for one business date or for the latest that has one.

    With ``before`` only earlier dates count.
    """
    if not store.exists("runs"):
        return None
    events = store.collect("runs", ["event", "as_of", "run_id", "status"])
    published = [
        event
        for event in events
        if event["status"] in PUBLISHING
        and as_of in (None, event["as_of"])
        and (before is None or event["as_of"] < before)
    ]
    newest = max(published, key=lambda event: (event["as_of"], event["event"]), default=None)
    return RunKey(newest["as_of"], newest["run_id"]) if newest else None


def find_complete_event(store: TableStore, run_id: str) -> Row | None:
    """The event by which a run completed; ``latest`` is the current run of the latest date."""
    if run_id == LATEST:
        current = find_current_run(store)
        if current is None:
            return None
        run_id = current.run_id
    if not store.exists("runs"):
        return None
    found = store.collect("runs", of_run=run_id)
    return next((event for event in found if event["status"] == "complete"), None)


def require_complete_event(
    store: TableStore, run_id: str, as_of: dt.date | None = None, *, option: str = "--run"
) -> Row:
    """The event by which a run completed: an id, or ``latest`` for the current run.

    ``as_of`` is the date that the run must have; it then decides which run is the latest.
    ``option`` is where the id was given. Raises ``ConfigurationError`` where there is no such run.
    """
    wanted: str | None = run_id
    if run_id == LATEST and as_of is not None:
        current = find_current_run(store, as_of)
        wanted = current.run_id if current else None
    event = find_complete_event(store, wanted) if wanted else None
    if event is None or (as_of is not None and event["as_of"] != as_of):
        of_date = f" of {as_of.isoformat()}" if as_of else ""
        raise ConfigurationError(
            f"{option} {run_id}: no such run{of_date} has completed in {store.root}; give latest "
            f"or the id of a complete run, or correct {'--as-of or ' if as_of else ''}output.root"
        )
    return event


def read_current(
    spark: SparkSession, root: str, table: str, as_of: dt.date | None = None
) -> DataFrame:
    """The rows of a table that are current: of one business date, or of the latest.

    This is how to read results by path. Raises ``InputRefusedError`` when nothing is published.
    """
    store = TableStore(spark, root)
    run = find_current_run(store, as_of)
    if run is None:
        date = f" for {as_of.isoformat()}" if as_of else ""
        raise InputRefusedError(
            f"{store.root} has no published run{date}; run 'rfmf run' first, or correct the root"
        )
    return store.read(table).where(run.predicate())


def _next_event(store: TableStore) -> int:
    if not store.exists("runs"):
        return 1
    events = store.collect("runs", ["event"])
    return max((int(event["event"]) for event in events), default=0) + 1


def _now() -> dt.datetime:
    """For people only: clocks jump, and the order of events is that of their numbers."""
    return dt.datetime.now(dt.UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return value
