"""The job from the built wheel on a standalone cluster, against a run on the embedded engine.

The ledger is a dirty one, of which amounts by days are scored with high ties.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.cluster.standalone import WORKERS, Submitter
from tests.quick_spark import quick_java, quick_spark
from tests.wheel import CHECKOUT
from tests.whole_job.results import FinishedRun, event_of, finished_run
from tests.whole_job.running import (
    Ended,
    LedgerFiles,
    generate_ledger,
    rfmf,
    run_job,
    settings,
)

pytestmark = pytest.mark.slow

USERS = 1_500
_CHOSEN = {
    "features.basis": "amount",
    "scoring.ties": "high",
    "features.frequency_unit": "day",
    "quality.max_bad_share": 0.9,
    "clustering.k_max": 4,
}
# Spark goes on without an extension that it does not find, but says that it has looked for it.
_EXTENSION = "org.example.Authorisation"
_PLATFORM = {
    "spark.sql.extensions": _EXTENSION,
    "spark.driver.extraJavaOptions": f"{quick_java()} -Dx=1",
    "spark.executor.extraJavaOptions": f"{quick_java()} -Dx=1",
}


@pytest.fixture(scope="module")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LedgerFiles:
    folder = tmp_path_factory.mktemp("dirty") / "ledger"
    return generate_ledger(folder, USERS, "--dirty", "0.05", seed=3)


def arguments_of(ledger: LedgerFiles, root: Path) -> list[str]:
    """``run`` on the ledger into ``root``, with the settings of all tests here."""
    return [*ledger.arguments(root), *settings(_CHOSEN)]


@pytest.fixture(scope="module")
def cluster_run(
    spark: SparkSession,
    submit: Submitter,
    ledger: LedgerFiles,
    cluster_folder: Path,
) -> FinishedRun:
    """The run as spark-submit makes it, on a platform with options of its own."""
    store = TableStore(spark, str(cluster_folder / "on-cluster"))
    _, *arguments = arguments_of(ledger, Path(store.root))
    ended = submit(CHECKOUT / "jobs" / "run_pipeline.py", *arguments, conf=_PLATFORM)
    return finished_run(Ended(ended.returncode, ended.stdout, ended.stderr), store)


@pytest.fixture(scope="module")
def local_run(spark: SparkSession, ledger: LedgerFiles, cluster_folder: Path) -> FinishedRun:
    """The run as the command line makes it on the embedded engine."""
    store = TableStore(spark, str(cluster_folder / "local"))
    return finished_run(rfmf(*arguments_of(ledger, Path(store.root))), store)


def test_the_cluster_gives_the_same_rows_as_the_embedded_engine(
    cluster_run: FinishedRun, local_run: FinishedRun
) -> None:
    assert len(local_run.rows["user_segments"]) > 1_000
    assert local_run.rows["quarantine"]
    for table in local_run.rows:
        found = cluster_run.rows_on_any_engine(table)
        assert found == local_run.rows_on_any_engine(table), table


def test_the_log_of_the_job_ends_with_its_exit_code_and_reason(cluster_run: FinishedRun) -> None:
    # spark-submit passes both outputs of the driver on as its own standard output.
    last = cluster_run.ended.stdout.splitlines()[-1]
    run_id = cluster_run.run.run_id
    assert json.loads(last) == {"exit_code": 0, "reason": "done", "run_id": run_id}


def test_the_extension_and_the_options_of_java_of_the_platform_are_there(
    cluster_run: FinishedRun, cluster_folder: Path
) -> None:
    printed = cluster_run.ended.stderr
    assert f"Cannot use {_EXTENSION} to configure session extensions" in printed
    (driver,) = [line for line in printed.splitlines() if line.startswith("Spark Command: ")]
    assert "-Dx=1" in driver
    logs = [log.read_text() for log in cluster_folder.glob("work-*/app-*/*/stderr")]
    started = [line for log in logs for line in log.splitlines() if "Executor Command" in line]
    # Ours are there too, and come first.
    ours_first = re.compile("-XX:-DontCompileHugeMethods.* .*-Dx=1")
    assert len([line for line in started if ours_first.search(line)]) == WORKERS


def test_what_spark_submit_has_decided_is_told_and_recorded(cluster_run: FinishedRun) -> None:
    decided = "spark.databricks.delta.snapshotPartitions"
    (start,) = [line for line in cluster_run.ended.stdout.splitlines() if line[:6] == "start "]
    assert start.endswith(f"; spark-submit decides {decided}")
    recorded = json.loads(event_of(cluster_run)["configuration"])
    assert recorded[decided] == quick_spark()[decided]
    assert recorded["spark.sql.extensions"].split(",")[1:] == [_EXTENSION]
    assert recorded["spark.sql.adaptive.enabled"] == "true"


def test_jobs_of_single_stages_give_the_same_rows_too(
    spark: SparkSession,
    submit: Submitter,
    ledger: LedgerFiles,
    local_run: FinishedRun,
    cluster_folder: Path,
) -> None:
    """The last on the cluster; those before, to save time, in this process."""
    store = TableStore(spark, str(cluster_folder / "stages-apart"))
    _, *arguments = arguments_of(ledger, Path(store.root))
    begun = run_job(CHECKOUT / "jobs" / "clean_trades.py", *arguments)
    assert begun.code == 0, begun.stderr
    end = json.loads(begun.stderr.splitlines()[-1])
    assert (end["exit_code"], end["reason"]) == (0, "done")
    run = ("--run", end["run_id"])
    for job in ("build_features", "score_users", "fit_segments"):
        ended = run_job(CHECKOUT / "jobs" / f"{job}.py", *arguments, *run)
        assert json.loads(ended.stderr.splitlines()[-1]) == end
    script = CHECKOUT / "jobs" / "assign_segments.py"
    last = submit(script, *arguments, *run)
    apart = finished_run(Ended(last.returncode, last.stdout, last.stderr), store)
    for table, rows in local_run.rows.items():
        assert apart.rows[table] == rows, table


def test_the_log_of_the_job_names_no_user(cluster_run: FinishedRun) -> None:
    printed = cluster_run.ended.stdout + cluster_run.ended.stderr
    users = cluster_run.table("user_features")["user_id"]
    assert [user for user in users if user in printed] == []


def test_a_job_that_is_refused_ends_with_the_same_code_under_spark_submit(
    submit: Submitter, ledger: LedgerFiles, cluster_folder: Path
) -> None:
    _, *arguments = arguments_of(ledger, cluster_folder / "refused")
    given = ["--set", f"input.trades={cluster_folder / 'none'}"]
    # The code is the driver's: it needs no executors, which take longest to start.
    alone = {"spark.master": "local[1]"}
    ended = submit(CHECKOUT / "jobs" / "run_pipeline.py", *arguments, *given, conf=alone)
    assert ended.returncode == 3
    message, last = ended.stdout.splitlines()[-2:]
    end = json.loads(last)
    assert end["exit_code"] == 3
    assert end["reason"].startswith("input.trades: ")
    assert message == f"rfmf: {end['reason']}"
    assert "Traceback" not in ended.stdout
