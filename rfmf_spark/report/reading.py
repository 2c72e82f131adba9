"""The small tables of a run, fetched from the store; no table with a row per user is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
from pyspark.sql import Row

from rfmf_spark.config.redaction import redact
from rfmf_spark.report.contents import PreviousRun, RunTables
from rfmf_spark.schemas.tables import own_fields
from rfmf_spark.tables.control_totals import ControlTotals
from rfmf_spark.tables.runs import PUBLISHING, find_complete_event, find_current_run
from rfmf_spark.tables.store import RunKey, TableStore

_TABLES = (
    "segment_profile",
    "segment_rule_match",
    "k_selection",
    "segment_stability",
    "score_cut_points",
    "score_cells",
    "feature_distribution",
    "reconciliation",
    "sensitivity",
)
_FACTS = ("inputs", "configuration", "weights", "versions")
_PARALLEL_READS = 4


def read_report_tables(
    store: TableStore, event: Row, at_hand: Mapping[str, pd.DataFrame]
) -> RunTables:
    """Everything that a report needs of the run that ``event`` has completed.

    Tables ``at_hand`` are not read.
    """
    run, previous = RunKey(event["as_of"], event["run_id"]), find_previous_run(store, event)
    missing = [table for table in _TABLES if table not in at_hand]
    with ThreadPoolExecutor(_PARALLEL_READS) as pool:
        tables = pool.map(lambda table: _read(store, table, run), missing)
        read = dict(zip(missing, tables, strict=True))
    found: dict[str, Any] = {table: read.get(table, at_hand.get(table)) for table in _TABLES}
    # Older releases have recorded some secrets.
    facts = {name: redact(json.loads(event[name] or "{}")) for name in _FACTS}
    return RunTables(
        run_id=run.run_id,
        as_of=run.as_of,
        recorded_at=event["recorded_at"],
        control_totals=ControlTotals.from_json(json.loads(event["control_totals"] or "{}")),
        model_id=event["model_id"],
        previous=None if previous is None else _read_previous(store, previous),
        **facts,
        **found,
    )


def find_previous_run(store: TableStore, event: Row) -> RunKey | None:
    """The run to compare with: of the latest earlier date, else the one before of the same date."""
    earlier = find_current_run(store, before=event["as_of"])
    if earlier is not None:
        return earlier
    same_date = [
        other
        for other in store.collect("runs", ["event", "as_of", "run_id", "status"])
        if other["status"] in PUBLISHING
        and other["as_of"] == event["as_of"]
        and other["event"] < event["event"]
        and other["run_id"] != event["run_id"]
    ]
    found = max(same_date, key=lambda other: int(other["event"]), default=None)
    return RunKey(found["as_of"], found["run_id"]) if found else None


def _read_previous(store: TableStore, run: RunKey) -> PreviousRun:
    event = find_complete_event(store, run.run_id)
    configuration = json.loads(event["configuration"]) if event else {}
    return PreviousRun(run.run_id, run.as_of, configuration, _read(store, "segment_profile", run))


def _read(store: TableStore, table: str, run: RunKey) -> pd.DataFrame:
    """The run's rows; a table that no run has written yet is empty."""
    if not store.exists(table):
        return pd.DataFrame(columns=[field.name for field in own_fields(table)])
    return store.read_run(table, run).toPandas()
