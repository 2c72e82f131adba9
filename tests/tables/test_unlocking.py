"""An operator takes a lock away: recorded with who and why, and from no run that plainly lives."""

from __future__ import annotations

import getpass
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.errors import ConfigurationError, RunInProgressError
from rfmf_spark.tables.history import list_runs
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.lock_holder import LockHolder
from rfmf_spark.tables.runs import record_event
from rfmf_spark.tables.store import RunKey, TableStore
from rfmf_spark.tables.unlocking import unlock
from tests.tables.published import AUGUST, publish_run
from tests.whole_job.running import rfmf

FILE, TABLE = OutputSettings(), OutputSettings(lock="table")


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> TableStore:
    return TableStore(spark, str(tmp_path / "root"))


def events_of(store: TableStore) -> list[tuple[str, str | None, str | None]]:
    rows = store.read("runs").orderBy("event").collect()
    return [(row.status, row.run_id, row.reason) for row in rows]


def test_nobody_is_told_and_nothing_is_made_where_nobody_holds_a_lock(
    spark: SparkSession, tmp_path: Path
) -> None:
    root = tmp_path / "mistyped"
    ended = rfmf("unlock", "--reason", "gone", "--set", f"output.root={root}")
    told = f"Nobody holds the lock of {root}; nothing has changed.\n"
    assert (ended.code, ended.stdout, ended.stderr) == (0, told, "")
    assert not root.exists()


def test_a_run_that_lives_keeps_its_lock_unless_it_is_taken_by_force(
    spark: SparkSession, store: TableStore
) -> None:
    record_event(store, RunKey(AUGUST, "nightly"), "running", spark=spark)
    root = ("--set", f"output.root={store.root}")
    with run_lock(store, spark, "nightly") as still_held:
        ended = rfmf("unlock", "--reason", "in my way", *root)
        assert ended.code == 4
        (line,) = ended.stderr.splitlines()
        assert line.startswith(f"rfmf: the lock of {store.root} is held by nightly on ")
        assert line.endswith("by --force, and it will publish nothing")
        still_held()

        ended = rfmf("unlock", "--force", *root)
        assert (ended.code, "give --reason TEXT" in ended.stderr) == (2, True)
        still_held()

        ended = rfmf("unlock", "--force", "--reason", "in my way", *root)
        assert (ended.code, ended.stderr) == (0, "")
        assert "was taken from nightly on " in ended.stdout
        with pytest.raises(RunInProgressError, match="was taken from nightly"):
            still_held()
    (_, aborted, (status, run_id, reason)) = events_of(store)
    assert aborted[:2] == ("aborted", "nightly")
    assert (status, run_id) == ("unlocked", "nightly")
    who = f"lock taken by {getpass.getuser()} on {socket.gethostname()} from nightly on "
    assert reason is not None
    assert reason.startswith(who)
    assert reason.endswith(": in my way")
    (summary,) = list_runs(store, None, 5)
    assert summary.status == "aborted"
    with run_lock(store, spark, "next"):
        pass


def test_the_lock_of_a_lost_node_is_free_at_once_and_its_run_is_aborted(
    classic_spark: SparkSession, tmp_path: Path
) -> None:
    store = TableStore(classic_spark, str(tmp_path / "root"))
    assert unlock(classic_spark, store, TABLE, "lost") is None
    publish_run(classic_spark, store, "published", ["u1"])
    with run_lock(store, classic_spark, "before", kind="table"):
        pass
    for task in ("published", "stage clean of 2019-08-14"):
        lost = replace(LockHolder.here(task), host="lost-node")
        table = f"delta.`{store.location('_lock')}`"
        classic_spark.sql(f"UPDATE {table} SET owner = '{lost}', signed_at = current_timestamp()")
        with pytest.raises(ConfigurationError, match=rf"held by {task} on lost-node.*signed last"):
            unlock(classic_spark, store, TABLE, None)
        lock = unlock(classic_spark, store, TABLE, "the node is lost")
        assert lock is not None
        assert lock.holder == str(lost)
        with run_lock(store, classic_spark, "next", kind="table"):
            pass
    unlocked = [(run_id, reason) for status, run_id, reason in events_of(store)[2:]]
    assert [run_id for run_id, _ in unlocked] == ["published", None]
    assert all(str(reason).endswith(": the node is lost") for _, reason in unlocked)
    # The run itself stays what it was, and what belongs to none is none.
    assert [(run.run_id, run.status) for run in list_runs(store, None, 5)] == [
        ("published", "complete")
    ]
