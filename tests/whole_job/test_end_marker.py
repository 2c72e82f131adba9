"""The end of a run as a scheduler learns of it that gets no exit code of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.stages import STAGE_NAMES
from rfmf_spark.tables.end_markers import EndMarker, LocalMarkers
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.store import TableStore
from tests.wheel import CHECKOUT
from tests.whole_job.running import AS_OF, QUICK_JOB, Ended, rfmf, settings, write_features

pytestmark = pytest.mark.slow

# As YARN and Kubernetes do it in cluster mode: whatever the driver ends with, the answer is 0.
SPARK_SUBMIT = """#!/bin/sh
"$PYTHON" "$@"
exit 0
"""


class Scheduler:
    """Runs of twenty given users, and what the scheduler sees of them."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.folder = folder
        self.features = write_features(folder / "features.csv")
        self.store = TableStore(spark, str(folder / "results"))
        chosen = QUICK_JOB | {"input.features": self.features, "clustering.fixed_k": 3}
        self.root = settings({"output.root": self.store.root})
        self.arguments = ["--as-of", AS_OF, *settings(chosen), *self.root]

    def submit(self, *arguments: str) -> int:
        """The exit code of a spark-submit that has none of its own."""
        stub = self.folder / "spark-submit"
        stub.write_text(SPARK_SUBMIT)
        stub.chmod(0o755)
        job = [str(CHECKOUT / "jobs" / "run_pipeline.py"), "--profile", "local"]
        embedded = settings({"session.engine": "embedded"})
        around = {"PYTHONPATH": str(CHECKOUT), "PYTHON": sys.executable}
        submitted = subprocess.run(
            [stub, *job, *self.arguments, *embedded, *arguments],
            env=os.environ | around,
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        return submitted.returncode

    def judge(self, *arguments: str) -> Ended:
        return rfmf("ended", *arguments, *self.root)

    def marker(self, run_id: str) -> EndMarker:
        found = LocalMarkers(Path(self.store.root)).read(run_id)
        assert found is not None
        return found


@pytest.fixture
def scheduler(spark: SparkSession, tmp_path: Path) -> Scheduler:
    return Scheduler(spark, tmp_path)


def test_a_submit_that_says_0_after_code_3_does_not_deceive_the_task(scheduler: Scheduler) -> None:
    with scheduler.features.open("a") as file:
        file.write("\n,not,a,user" * 20)
    assert scheduler.submit("--run", "nightly") == 0
    ended = scheduler.judge("nightly")
    assert ended.code == 3
    assert json.loads(ended.stdout)["status"] == "failed"
    assert ended.stderr.startswith("rfmf: run nightly: failed: input.features: 20 of 40 rows ")

    write_features(scheduler.features)
    assert scheduler.submit("--run", "nightly") == 0
    again = scheduler.judge("nightly")
    assert (again.code, again.stderr) == (0, "")
    told = json.loads(again.stdout)
    assert (told["status"], told["users"], told["as_of"]) == ("complete", 20, AS_OF)
    assert told["freshness"]["current_run"] == "nightly"


def test_a_run_that_does_not_begin_is_told_too(spark: SparkSession, scheduler: Scheduler) -> None:
    assert rfmf("run", "--run", "r1", *scheduler.arguments).code == 0
    with run_lock(scheduler.store, spark, "another"):
        assert rfmf("run", "--run", "r2", *scheduler.arguments).code == 4
        assert scheduler.judge("r2").code == 4
        unnamed = rfmf("run", *scheduler.arguments)
    assert unnamed.code == 4
    assert scheduler.marker("r2").freshness["current_run"] == "r1"
    folder = Path(scheduler.store.root) / "_rfmf_ended"
    (of_unnamed,) = [file for file in folder.iterdir() if file.name.startswith(AS_OF)]
    assert json.loads(of_unnamed.read_text())["status"] == "refused"

    mistaken = settings({"clustering.kmax": 7})
    assert rfmf("run", "--run", "r1", *scheduler.arguments, *mistaken).code == 2
    assert scheduler.judge("r1").code == 2
    # It is complete all the same, and so says whoever asks for it as it was.
    assert rfmf("run", "--run", "r1", *scheduler.arguments).code == 0
    assert scheduler.judge("r1").code == 0


def test_every_job_of_a_stage_is_judged_by_itself(scheduler: Scheduler) -> None:
    for name in STAGE_NAMES[:2]:
        assert rfmf("stage", name, "--run", "r1", *scheduler.arguments).code == 0
        assert scheduler.judge("r1", "--stage", name).code == 0
        assert scheduler.marker("r1").status == "waiting"
    assert scheduler.judge("r1", "--stage", "clean").code == 1
    other = settings({"scoring.bins": 4})
    assert rfmf("stage", "score", "--run", "r1", *scheduler.arguments, *other).code == 2
    refused = scheduler.judge("r1", "--stage", "score")
    assert (refused.code, json.loads(refused.stdout)["status"]) == (2, "refused")
    for name in STAGE_NAMES[2:]:
        assert rfmf("stage", name, *scheduler.arguments).code == 0
    assert scheduler.judge("r1", "--stage", "assign").code == 0
    assert scheduler.marker("r1").status == "complete"
