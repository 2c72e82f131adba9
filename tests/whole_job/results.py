"""What runs have left in their tables, as the tests compare it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from rfmf_spark.schemas.tables import INTERMEDIATE_TABLES, OUTPUT_TABLES
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import RunKey, TableStore
from tests.whole_job.running import Ended

# A run measures sensitivity only where it is told to; test_sensitivity.py looks at that.
RESULT_TABLES = tuple(sorted(set(OUTPUT_TABLES) - INTERMEDIATE_TABLES - {"runs", "sensitivity"}))


@dataclass(frozen=True)
class FinishedRun:
    """A run that has ended: what it printed, and its rows."""

    ended: Ended
    store: TableStore
    run: RunKey

    def table(self, name: str) -> pd.DataFrame:
        """The run's rows of a table, without the run key."""
        return self.store.read_run(name, self.run).toPandas()

    @cached_property
    def rows(self) -> dict[str, list[str]]:
        """Every row of every table there is, exact to the last digit, in an order of its own."""
        tables = [name for name in RESULT_TABLES if self.store.exists(name)]
        return {name: self._rows_of(name) for name in tables}

    def rows_on_any_engine(self, name: str) -> list[str]:
        """Rows as ``rows`` has them, without what MLlib proposes, which only Spark has."""
        return self._rows_of(name, "cost_mllib") if name == "k_selection" else self.rows[name]

    def _rows_of(self, name: str, *left_out: str) -> list[str]:
        rows = self.store.read_run(name, self.run).drop(*left_out).collect()
        return sorted(repr(tuple(row)) for row in rows)


def events_of(store: TableStore) -> pd.DataFrame:
    """The table ``runs`` in the order in which it was written."""
    return store.read("runs").toPandas().sort_values("event", ignore_index=True)


def last_event(store: TableStore) -> pd.Series:
    """The latest row of ``runs``."""
    return events_of(store).iloc[-1]


def event_of(run: FinishedRun) -> pd.Series:
    """The event that completed a run, whatever was done to it later."""
    events = events_of(run.store)
    is_end = (events["run_id"] == run.run.run_id) & (events["status"] == "complete")
    return events[is_end].iloc[0]


def finished_run(ended: Ended, store: TableStore) -> FinishedRun:
    """The run that has just become current for its date; raises where there is none."""
    if ended.code != 0:
        raise RuntimeError(f"exit code {ended.code}\n{ended.stdout}\n{ended.stderr}")
    latest = last_event(store)
    run = find_current_run(store, latest["as_of"])
    if run is None:
        raise RuntimeError(f"no current run in {store.root}")
    return FinishedRun(ended, store, run)
