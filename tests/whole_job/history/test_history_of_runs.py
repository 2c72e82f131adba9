"""Runs on one root after another: which is current, and what becomes of those that break off."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.runs import find_current_run, read_current
from rfmf_spark.tables.store import TableStore
from tests.whole_job.history.conftest import InterruptedRun
from tests.whole_job.results import FinishedRun, events_of
from tests.whole_job.running import LedgerFiles, rfmf

pytestmark = pytest.mark.slow

HOLD_LOCK = """
import fcntl, sys
lock = open(sys.argv[1], "a+")
fcntl.flock(lock, fcntl.LOCK_EX)
lock.truncate(0)
lock.write("the run of somebody else")
lock.flush()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_complete_run_is_recorded_with_all_that_made_it(first_run: FinishedRun) -> None:
    events = events_of(first_run.store)
    own = events[events["run_id"] == first_run.run.run_id]
    assert own["status"].tolist() == ["running", "complete"]
    end = own.iloc[-1]
    assert end["exit_code"] == 0
    assert json.loads(end["control_totals"])["users"] == len(first_run.rows["user_features"])
    assert set(json.loads(end["inputs"])) == {"trades", "nav", "products"}
    assert json.loads(end["configuration"])["clustering.k_max"] == 6
    assert {"user_features", "user_segments"} <= set(json.loads(end["outputs"]))
    assert {"clean", "features", "score", "fit"} <= set(json.loads(end["durations"]))
    assert first_run.table("models")["model_id"].tolist() == [end["model_id"]]


def test_a_killed_run_leaves_readers_on_the_previous_one(
    killed_run: InterruptedRun, first_run: FinishedRun
) -> None:
    assert killed_run.current == first_run.run
    assert killed_run.events["status"].tolist() == ["running", "complete", "running"]
    assert killed_run.ended.code < 0


def test_the_next_run_records_a_killed_one_as_aborted(
    second_run: FinishedRun, killed_run: InterruptedRun
) -> None:
    killed = killed_run.events["run_id"].iloc[-1]
    events = events_of(second_run.store)
    own = events[events["run_id"] == killed]
    assert own["status"].tolist() == ["running", "aborted"]
    assert own["exit_code"].tolist()[-1] == 1
    assert "killed" in own["reason"].tolist()[-1]


def test_a_date_run_twice_has_one_current_run_the_later(
    spark: SparkSession, first_run: FinishedRun, second_run: FinishedRun
) -> None:
    as_of, root = second_run.run.as_of, second_run.store.root
    assert first_run.run.run_id != second_run.run.run_id
    assert find_current_run(second_run.store, as_of) == second_run.run
    users = read_current(spark, root, "user_segments", as_of).select("run_id").distinct().collect()
    assert [row.run_id for row in users] == [second_run.run.run_id]


def test_a_later_run_leaves_the_rows_of_an_earlier_one(
    first_run: FinishedRun, second_run: FinishedRun, earlier_date_run: FinishedRun
) -> None:
    again = FinishedRun(first_run.ended, first_run.store, first_run.run)
    assert again.rows == first_run.rows


def test_another_date_leaves_the_first_current_and_readable(
    spark: SparkSession, second_run: FinishedRun, earlier_date_run: FinishedRun
) -> None:
    store, root = second_run.store, second_run.store.root
    assert find_current_run(store, second_run.run.as_of) == second_run.run
    assert find_current_run(store, earlier_date_run.run.as_of) == earlier_date_run.run
    assert find_current_run(store) == second_run.run
    latest = read_current(spark, root, "score_cells")
    assert latest.count() == len(second_run.rows["score_cells"])
    of_earlier = read_current(spark, root, "score_cells", earlier_date_run.run.as_of)
    assert of_earlier.count() == len(earlier_date_run.rows["score_cells"])


def test_a_terminated_run_is_recorded_as_aborted_and_changes_nothing_for_readers(
    stopped_run: InterruptedRun, second_run: FinishedRun
) -> None:
    assert stopped_run.ended.code == 1
    assert stopped_run.current == second_run.run
    last = stopped_run.events.iloc[-1]
    assert (last["status"], last["exit_code"]) == ("aborted", 1)
    assert "told to stop" in last["reason"]


def test_a_terminated_run_says_so_in_one_line(stopped_run: InterruptedRun) -> None:
    (line,) = stopped_run.ended.stderr.splitlines()
    assert line.startswith("rfmf: run ")
    assert "the previous result stays current" in line


def test_a_terminated_run_releases_its_lock(stopped_run: InterruptedRun, store: TableStore) -> None:
    assert [row.owner for row in store.read("_lock").collect()] == [None]


def test_of_two_runs_at_once_one_gets_exit_code_4(
    second_run: FinishedRun, ledger: LedgerFiles, store: TableStore
) -> None:
    before = events_of(store)
    lock = f"{store.root}/_rfmf.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        ended = rfmf(*ledger.arguments(Path(store.root)))
        holder.communicate()
    assert ended.code == 4
    assert "another run holds the lock" in ended.stderr
    assert "the run of somebody else" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert events_of(store).equals(before)
