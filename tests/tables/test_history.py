"""Runs put together from their events, as commands tell them."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.history import list_runs
from rfmf_spark.tables.runs import close_abandoned_runs, find_current_run, record_event
from rfmf_spark.tables.store import RunKey, TableStore
from tests.tables.published import AUGUST, publish_run
from tests.whole_job.running import rfmf

JULY = dt.date(2019, 7, 31)


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> TableStore:
    """Of August two complete runs, the first brought back, and one that failed; one of July."""
    store = TableStore(spark, str(tmp_path_factory.mktemp("history") / "root"))
    first = publish_run(spark, store, "first", ["u1", "u2"])
    publish_run(spark, store, "second", ["u1"])
    record_event(store, first, "current", spark=spark, details={"reason": "brought back"})
    record_event(store, first, "measured", spark=spark, details={"reason": "sensitivity"})
    broken = RunKey(AUGUST, "broken")
    record_event(store, broken, "running", spark=spark)
    record_event(store, broken, "failed", spark=spark, details={"exit_code": 3, "reason": "[bad]"})
    publish_run(spark, store, "july", ["u1"], JULY)
    return store


def test_runs_are_listed_newest_first_with_the_current_one_of_each_date(store: TableStore) -> None:
    told = [(run.run_id, run.status, run.is_current) for run in list_runs(store, None, 20)]
    assert told == [
        ("july", "complete", True),
        ("broken", "failed", False),
        ("second", "complete", False),
        ("first", "complete", True),
    ]
    assert [run.run_id for run in list_runs(store, AUGUST, 2)] == ["broken", "second"]
    assert find_current_run(store, before=AUGUST) == RunKey(JULY, "july")


def test_the_list_is_a_table_or_json(store: TableStore) -> None:
    root = ("--set", f"output.root={store.root}")
    runs = json.loads(rfmf("runs", "--json", "--as-of", "2019-08-14", *root).stdout)
    first = {name: runs[-1][name] for name in ("run_id", "users", "k", "verdict", "seconds")}
    assert first == {"run_id": "first", "users": 2, "k": 1, "verdict": "clear", "seconds": 3.5}
    assert (runs[0]["exit_code"], runs[0]["reason"], runs[0]["users"]) == (3, "[bad]", None)
    shown = rfmf("runs", "--limit", "4", *root).stdout
    assert shown.count("complete, current") == 2


def test_a_run_is_shown_with_its_events_and_changed_settings(store: TableStore) -> None:
    root = ("--set", f"output.root={store.root}")
    told = json.loads(rfmf("show", "first", "--json", *root).stdout)
    assert [event["status"] for event in told["events"]] == [
        *("running", "complete"),
        *("current", "measured"),
    ]
    # By default k_max is 10 and there are 10 bins.
    assert told["settings"] == {"clustering.k_max": 8, "scoring.bins": 5}
    assert (told["model_id"], told["outputs"]) == ("model of first", {"user_segments": 3})
    latest = rfmf("show", "latest", *root)
    assert latest.code == 0
    assert "model of first" in latest.stdout
    assert "[bad]" in rfmf("show", "broken", *root).stdout


def test_an_unknown_run_is_refused(store: TableStore, tmp_path: Path) -> None:
    ended = rfmf("show", "nowhere", "--set", f"output.root={store.root}")
    assert ended.code == 2
    assert "RUN nowhere:" in ended.stderr
    assert "has no such run; rfmf runs lists their ids" in ended.stderr
    empty = f"output.root={tmp_path}"
    assert json.loads(rfmf("runs", "--json", "--set", empty).stdout) == []
    assert "RUN latest: no such run has completed" in rfmf("show", "latest", "--set", empty).stderr


def test_a_clock_that_runs_backwards_changes_neither_order_nor_seconds(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TableStore(spark, str(tmp_path / "root"))
    hours = itertools.count(23, -1)
    monkeypatch.setattr(
        "rfmf_spark.tables.runs._now", lambda: dt.datetime(2019, 8, 15, next(hours), tzinfo=dt.UTC)
    )
    for name in ("first", "second"):
        publish_run(spark, store, name, ["u1"])

    newest, oldest = list_runs(store, None, 20)

    assert newest.began_at < oldest.began_at
    assert newest.ended_at < newest.began_at
    assert (newest.run_id, newest.is_current, newest.seconds) == ("second", True, 3.5)
    assert (oldest.run_id, oldest.status) == ("first", "complete")
    assert close_abandoned_runs(store, spark=spark) == []
    assert find_current_run(store) == RunKey(AUGUST, "second")
