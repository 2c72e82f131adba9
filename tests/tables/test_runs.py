"""Events of runs, and which run they make current."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.tables.runs import (
    Status,
    close_abandoned_runs,
    find_current_run,
    read_current,
    record_event,
)
from rfmf_spark.tables.store import RunKey, TableStore

JULY, AUGUST = dt.date(2019, 7, 31), dt.date(2019, 8, 14)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> TableStore:
    return TableStore(spark, str(tmp_path / "root"))


def record(spark: SparkSession, store: TableStore, *events: tuple[RunKey, Status]) -> None:
    for run, status in events:
        record_event(store, run, status, spark=spark)


def test_events_are_numbered_in_the_order_in_which_they_are_recorded(
    spark: SparkSession, store: TableStore
) -> None:
    run = RunKey(AUGUST, "a")
    record_event(store, run, "running", spark=spark, details={"inputs": {"trades": {"files": 3}}})
    record_event(store, run, "failed", spark=spark, details={"exit_code": 3, "reason": "bad"})
    first, second = store.read("runs").orderBy("event").collect()
    assert [(row.event, row.status, row.run_id) for row in (first, second)] == [
        (1, "running", "a"),
        (2, "failed", "a"),
    ]
    assert json.loads(first.inputs) == {"trades": {"files": 3}}
    assert (second.exit_code, second.reason, second.inputs) == (3, "bad", None)
    assert first.recorded_at <= second.recorded_at


def test_nothing_is_current_before_a_run_completes(spark: SparkSession, store: TableStore) -> None:
    assert find_current_run(store) is None
    record(spark, store, (RunKey(AUGUST, "a"), "running"), (RunKey(AUGUST, "a"), "failed"))
    assert find_current_run(store) is None
    with pytest.raises(InputRefusedError, match=r"has no published run; run 'rfmf run' first"):
        read_current(spark, store.root, "k_selection")


def test_the_latest_complete_run_of_a_date_is_current(
    spark: SparkSession, store: TableStore
) -> None:
    july, first, second = RunKey(JULY, "j"), RunKey(AUGUST, "a"), RunKey(AUGUST, "b")
    record(spark, store, (first, "complete"), (july, "complete"))
    # An earlier date that is computed later does not become the latest date.
    assert find_current_run(store) == first
    record(spark, store, (second, "running"))
    assert find_current_run(store, AUGUST) == first
    record(spark, store, (second, "complete"))
    assert find_current_run(store, AUGUST) == second
    assert find_current_run(store, JULY) == july


def test_one_event_takes_a_result_back(spark: SparkSession, store: TableStore) -> None:
    first, second = RunKey(AUGUST, "a"), RunKey(AUGUST, "b")
    record(spark, store, (first, "complete"), (second, "complete"), (first, "current"))
    assert find_current_run(store, AUGUST) == first


def test_runs_without_an_end_are_closed_once(spark: SparkSession, store: TableStore) -> None:
    assert close_abandoned_runs(store, spark=spark) == []
    dead, done = RunKey(JULY, "dead"), RunKey(AUGUST, "done")
    record(spark, store, (dead, "running"), (done, "running"), (done, "complete"))
    assert close_abandoned_runs(store, spark=spark) == ["dead"]
    assert close_abandoned_runs(store, spark=spark) == []
    last = store.read("runs").orderBy("event").collect()[-1]
    assert (last.run_id, last.as_of, last.status, last.exit_code) == ("dead", JULY, "aborted", 1)
    assert find_current_run(store) == done


def test_readers_get_the_rows_of_the_current_run(spark: SparkSession, store: TableStore) -> None:
    july, first, second = RunKey(JULY, "j"), RunKey(AUGUST, "a"), RunKey(AUGUST, "b")
    for name, run in (("of july", july), ("of the first", first), ("of the second", second)):
        rows = spark.createDataFrame([(name, "{}")], "model_id string, model string")
        store.write("models", rows, run)
    record(spark, store, (july, "complete"), (first, "complete"), (second, "running"))
    current = read_current(spark, store.root, "models").collect()
    assert [row.model_id for row in current] == ["of the first"]
    of_july = read_current(spark, store.root, "models", JULY).collect()
    assert [(row.model_id, row.as_of, row.run_id) for row in of_july] == [("of july", JULY, "j")]
    with pytest.raises(InputRefusedError, match="no published run for 2019-06-30"):
        read_current(spark, store.root, "k_selection", dt.date(2019, 6, 30))


def test_a_run_that_waits_for_its_next_stage_is_not_abandoned(
    spark: SparkSession, store: TableStore
) -> None:
    waiting, dead = RunKey(JULY, "waiting"), RunKey(AUGUST, "dead")
    record(spark, store, (waiting, "running"), (waiting, "waiting"), (dead, "running"))
    assert close_abandoned_runs(store, spark=spark) == ["dead"]
    # Its next stage was killed.
    record(spark, store, (waiting, "running"))
    assert close_abandoned_runs(store, spark=spark) == ["waiting"]
