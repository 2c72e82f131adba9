"""Bringing an earlier run back: one more event, after which readers see that run again."""

from __future__ import annotations

import datetime as dt
import json
from typing import NamedTuple

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.session.account import who
from rfmf_spark.tables.control_totals import ControlTotals
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.runs import find_current_run, record_event, require_complete_event
from rfmf_spark.tables.store import RunKey, TableStore

_OPTION = "--to"
# One row per user each; the control total says how many there must be.
_USER_TABLES = ("user_features", "user_segments")
_ROW_KEY = {"user_features": "user_id", "user_segments": "user_id", "segment_profile": "segment_id"}


class Rollback(NamedTuple):
    """Which run readers see now, and which they saw before; the same where nothing changed."""

    run: RunKey
    before: RunKey | None


def roll_back(
    spark: SparkSession,
    store: TableStore,
    run_id: str,
    as_of: dt.date | None,
    output: OutputSettings,
    why: str | None = None,
) -> Rollback:
    """Make a complete run current for its business date, while holding the lock of the store.

    Who did so is recorded, and ``why``, where that is told.

    Raises ``ConfigurationError`` where no such run is complete (of the date ``as_of``, where given)
    or its rows are gone, and ``RunInProgressError`` where another run holds the lock.
    """
    # A mistaken id must not make a folder with a lock in it.
    require_complete_event(store, run_id, as_of, option=_OPTION)
    lock, minutes = output.lock, output.lock_stale_minutes
    with run_lock(store, spark, f"rollback to {run_id}", kind=lock, stale_minutes=minutes) as held:
        event = require_complete_event(store, run_id, as_of, option=_OPTION)
        run = RunKey(event["as_of"], event["run_id"])
        before = find_current_run(store, run.as_of)
        if before != run:
            _require_rows(store, event)
            held()
            instead = f" in place of {before.run_id}" if before else ""
            # An argument may hold bytes that are no characters of the encoding around.
            told = f": {why.encode(errors='backslashreplace').decode()}" if why else ""
            reason = f"brought back{instead} by {who()}{told}"
            details = {"reason": reason, "model_id": event["model_id"]}
            record_event(store, run, "current", spark=spark, details=details)
    return Rollback(run, before)


def _require_rows(store: TableStore, event: Row) -> None:
    run = RunKey(event["as_of"], event["run_id"])
    users = ControlTotals.from_json(json.loads(event["control_totals"] or "{}")).users
    for table, key in _ROW_KEY.items():
        rows = _count_rows(store, table, run, key)
        is_whole = rows > 0 and (table not in _USER_TABLES or users in (None, rows))
        if not is_whole:
            expected = f" of {users}" if table in _USER_TABLES and users is not None else ""
            raise ConfigurationError(
                f"{_OPTION} {run.run_id}: {rows}{expected} rows of it are left in "
                f"{store.place(table)}, the others were deleted; choose another run, or run "
                f"rfmf run --as-of {run.as_of.isoformat()} again"
            )


def _count_rows(store: TableStore, table: str, run: RunKey, key: str) -> int:
    """Rows that can really be read: the log alone would still count files that are lost."""
    if not store.exists(table):
        return 0
    try:
        return int(store.read_run(table, run).agg(F.count(F.hash(key))).collect()[0][0])
    except Exception as cause:
        # What classic Spark raises for a lost file is no PySparkException.
        if "NOT_EXIST" not in str(cause) and "FileNotFound" not in str(cause):
            raise
        return 0
