"""Attempts at one run, by its id: killed on the way, killed after publication, and repeated."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.stages import STAGE_NAMES
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import RunKey, TableStore
from tests.wheel import CHECKOUT
from tests.whole_job.results import FinishedRun, events_of, finished_run
from tests.whole_job.running import AS_OF, QUICK_JOB, rfmf, run_job, settings, write_features

pytestmark = pytest.mark.slow

ID = "scheduled__2019-08-14T00:00:00+08:00"
# A command that is killed where it calls the function named first: all rows are written by then.
KILLED = """
import os, signal, sys
from unittest import mock
from rfmf_spark.cli import launching, main

def die(context, *others):
    if hasattr(context, "write_kept"):
        context.write_kept()
    os.kill(os.getpid(), signal.SIGKILL)

with mock.patch(sys.argv[1], die):
    main(sys.argv[2:])
"""


class Attempts:
    """Attempts at one run of twenty given users, on the embedded engine."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.folder = folder
        self.features = write_features(folder / "features.csv")
        self.store = TableStore(spark, str(folder / "results"))
        chosen = QUICK_JOB | {"input.features": self.features, "clustering.fixed_k": 3}
        self.arguments = ["--as-of", AS_OF, *settings(chosen | {"output.root": self.store.root})]

    def killed_in(self, function: str, *command: str) -> None:
        """The command in a process of its own, until it comes to a function."""
        words = [*command, *self.arguments, *settings({"session.engine": "embedded"})]
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, function, *words],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr

    def statuses(self) -> list[str]:
        return [str(status) for status in events_of(self.store)["status"]]


@pytest.fixture
def attempts(spark: SparkSession, tmp_path: Path) -> Attempts:
    return Attempts(spark, tmp_path)


@pytest.fixture(scope="module")
def undisturbed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """The same run in a root of its own, at the first attempt."""
    alone = Attempts(spark, tmp_path_factory.mktemp("undisturbed"))
    return finished_run(rfmf("run", *alone.arguments), alone.store)


def test_a_run_killed_on_the_way_is_made_again_under_its_id_and_nothing_counts_twice(
    attempts: Attempts, undisturbed: FinishedRun
) -> None:
    more = settings({"sensitivity.in_run": "true"})
    attempts.killed_in("rfmf_spark.pipeline.publish", "run", "--run", ID, *more)
    assert find_current_run(attempts.store) is None
    killed = RunKey(undisturbed.run.as_of, ID)
    assert attempts.store.read_run("user_segments", killed).count() == 20
    assert attempts.store.read_run("sensitivity", killed).count() > 0

    again = finished_run(rfmf("run", "--run", ID, *attempts.arguments), attempts.store)

    assert again.run == killed
    for table, rows in undisturbed.rows.items():
        assert again.rows[table] == rows, table
    # What only the killed attempt was to measure is none of the run's.
    assert attempts.store.read_run("sensitivity", killed).count() == 0
    assert attempts.statuses() == ["running", "aborted", "running", "complete"]


def test_a_run_killed_after_publication_is_complete_at_once_and_only_as_it_was(
    spark: SparkSession, attempts: Attempts
) -> None:
    with_report = settings({"report.enabled": "true"})
    attempts.arguments += with_report
    attempts.killed_in("rfmf_spark.cli.launching.report_after_run", "run", "--run", ID)
    assert attempts.statuses() == ["running", "complete"]
    published = find_current_run(attempts.store)

    # Even while another run is at work.
    with run_lock(attempts.store, spark, "another"):
        again = rfmf("run", "--run", ID, *attempts.arguments)
        assert rfmf("run", "--run", "new", *attempts.arguments).code == 4

    assert (again.code, again.stderr) == (0, "")
    assert f"Run {ID} is complete since " in again.stdout
    assert "is current for 2019-08-14; nothing was done again." in again.stdout
    assert "20 users with " in again.stdout
    assert "Changed since" not in again.stdout
    assert (Path(attempts.store.root) / "reports" / f"{ID.replace(':', '_')}.html").exists()

    other = rfmf("run", "--run", ID, *attempts.arguments, *settings({"clustering.k_max": 7}))
    assert other.code == 2
    assert other.stderr == (
        f"rfmf: --run {ID}: that run is complete, and had other settings: clustering.k_max was 6 "
        f"and is 7; restore them, or give the new run another id\n"
    )
    other_date = rfmf("run", "--run", ID, *attempts.arguments, "--as-of", "2019-08-13")
    assert (other_date.code, "as_of was '2019-08-14'" in other_date.stderr) == (2, True)

    with attempts.features.open("a") as file:
        file.write("\nu21,10,1,1.25")
    script = CHECKOUT / "jobs" / "run_pipeline.py"
    submitted = run_job(script, "--profile", "local", "--run", ID, *attempts.arguments)
    assert submitted.code == 0
    assert "Changed since it has read them: input.features (1 files of " in submitted.stdout
    assert f'"exit_code": 0, "reason": "done", "run_id": "{ID}"' in submitted.stderr

    assert rfmf("run", "--run", "tomorrow", *attempts.arguments).code == 0
    gone = rfmf("run", "--run", ID, *attempts.arguments)
    assert (gone.code, "and gave way to tomorrow for 2019-08-14" in gone.stdout) == (0, True)
    assert attempts.statuses() == ["running", "complete"] * 2
    assert find_current_run(attempts.store) != published


def test_the_last_stage_killed_or_repeated_leaves_one_result(
    attempts: Attempts, undisturbed: FinishedRun
) -> None:
    for name in STAGE_NAMES[:-1]:
        ended = rfmf("stage", name, "--run", ID, *attempts.arguments)
        assert ended.code == 0, ended.stderr
    attempts.killed_in("rfmf_spark.stage_jobs.publish", "stage", "assign", "--run", ID)
    last = finished_run(rfmf("stage", "assign", "--run", ID, *attempts.arguments), attempts.store)
    for table, rows in undisturbed.rows.items():
        assert last.rows[table] == rows, table
    events = attempts.statuses()
    assert events[-4:] == ["running", "aborted", "running", "complete"]

    for given in (("assign", "--run", ID), ("assign",), ("fit", "--run", ID)):
        again = rfmf("stage", *given, *attempts.arguments)
        assert (again.code, again.stderr) == (0, ""), given
        assert f"Run {ID} is complete since " in again.stdout
    assert attempts.statuses() == events
    other = rfmf("stage", "assign", *attempts.arguments, *settings({"scoring.bins": 4}))
    assert (other.code, "no run of 2019-08-14 waits" in other.stderr) == (2, True)


@pytest.mark.parametrize("run_id", ["latest", "../x", "a b", "", "x" * 101])
def test_an_id_that_cannot_be_one_is_refused_before_anything_begins(
    run_id: str, attempts: Attempts
) -> None:
    ended = rfmf("run", "--run", run_id, *attempts.arguments)
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"rfmf: --run {run_id!r:.120}: not an id for a new run; give ")
    assert not Path(attempts.store.root).exists()
