"""Figures of a root for monitoring: its last runs, what readers see, the lock. No user is in them.

How they are shown is in ``cli/metrics_view.py``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Row

from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.tables.control_totals import ControlTotals
from rfmf_spark.tables.lock_holder import LockHolder
from rfmf_spark.tables.runs import LATER, find_current_run, group_events
from rfmf_spark.tables.store import RunKey, TableStore
from rfmf_spark.tables.unlocking import find_lock

# How a run can end, and where it can be while it has not.
ENDED = ("complete", "failed", "aborted")
OPEN = ("running", "waiting")


@dataclass(frozen=True)
class CompleteRun:
    """The run that has completed last, of whatever date.

    ``rows`` are those of each input by outcome, ``bad_limit`` is the share of quarantined rows that
    it would have been refused above.
    """

    at: dt.datetime
    durations: Mapping[str, float]
    users: int | None
    rows: Mapping[tuple[str, str], int]
    bad_limit: float | None

    def bad_shares(self) -> dict[str, float]:
        """Share of quarantined rows by input."""
        totals: Counter[str] = Counter()
        for (source, _), rows in self.rows.items():
            totals[source] += rows
        bad = {source: self.rows.get((source, "quarantined"), 0) for source in totals}
        return {source: bad[source] / total for source, total in totals.items() if total}


@dataclass(frozen=True)
class RootFigures:
    """What there is to be watched in a root; None where there is no such thing.

    ``exit_code`` and ``ended_at`` are of the run that has ended last, ``running_since`` of the
    oldest that has not ended and waits for nothing, ``lock_since`` is when its holder took the
    lock (None also where the lock does not tell).
    """

    complete: CompleteRun | None = None
    current_as_of: dt.date | None = None
    exit_code: int | None = None
    ended_at: dt.datetime | None = None
    running_since: dt.datetime | None = None
    by_status: Mapping[str, int] = field(default_factory=dict)
    is_locked: bool = False
    lock_since: dt.datetime | None = None


def read_figures(store: TableStore, output: OutputSettings) -> RootFigures:
    """The figures of a root as it is now; it is only read, and nobody waits for its lock."""
    ends = [_own(events)[-1] for events in group_events(store) if _own(events)]
    last = max((end for end in ends if end["status"] in ENDED), key=_number, default=None)
    done = max((end for end in ends if end["status"] == "complete"), key=_number, default=None)
    current = find_current_run(store)
    lock = find_lock(store, output)
    holder = LockHolder.parse(lock.holder) if lock else None
    return RootFigures(
        complete=_describe(store, done) if done else None,
        current_as_of=current.as_of if current else None,
        exit_code=last["exit_code"] if last else None,
        ended_at=last["recorded_at"] if last else None,
        running_since=min(
            (end["recorded_at"] for end in ends if end["status"] == "running"), default=None
        ),
        by_status=Counter(end["status"] for end in ends),
        is_locked=lock is not None,
        lock_since=dt.datetime.fromisoformat(holder.since) if holder and holder.since else None,
    )


def _describe(store: TableStore, event: Row) -> CompleteRun:
    configuration = json.loads(event["configuration"] or "{}")
    return CompleteRun(
        at=event["recorded_at"],
        durations=json.loads(event["durations"] or "{}"),
        users=ControlTotals.from_json(json.loads(event["control_totals"] or "{}")).users,
        rows=count_input_rows(store, RunKey(event["as_of"], event["run_id"])),
        bad_limit=configuration.get("quality.max_bad_share"),
    )


def count_input_rows(store: TableStore, run: RunKey) -> dict[tuple[str, str], int]:
    """Rows of each input of a run by outcome, as its table ``reconciliation`` has them."""
    if not store.exists("reconciliation"):
        return {}
    rows: Counter[tuple[str, str]] = Counter()
    for row in store.collect("reconciliation", ["source", "outcome", "rows"], of_run=run.run_id):
        rows[row["source"], row["outcome"]] += row["rows"]
    return dict(rows)


def _own(events: Sequence[Row]) -> list[Row]:
    """What a run did itself."""
    return [event for event in events if event["status"] not in LATER]


def _number(event: Row) -> int:
    return int(event["event"])
