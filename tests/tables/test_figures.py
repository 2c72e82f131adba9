"""Figures of small roots, and the command that writes them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.tables.figures import RootFigures, read_figures
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.runs import record_event
from rfmf_spark.tables.store import RunKey, TableStore
from tests.tables.published import AUGUST, publish_run
from tests.whole_job.running import rfmf, settings

OUTPUT = OutputSettings()


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> TableStore:
    return TableStore(spark, str(tmp_path / "out"))


def test_a_root_without_runs_has_no_figures_and_stays_as_it_is(store: TableStore) -> None:
    assert read_figures(store, OUTPUT) == RootFigures()
    assert not Path(store.root).exists()


def test_figures_are_those_of_the_last_runs(spark: SparkSession, store: TableStore) -> None:
    before = dt.datetime.now() - dt.timedelta(seconds=1)
    first = publish_run(spark, store, "r1", ["u1", "u2"])
    earlier = publish_run(spark, store, "r2", ["u1"], dt.date(2019, 8, 13))
    failed = RunKey(AUGUST, "r3")
    record_event(store, failed, "running", spark=spark)
    record_event(store, failed, "failed", spark=spark, details={"exit_code": 5, "reason": "x"})
    record_event(store, first, "current", spark=spark)
    record_event(store, RunKey(AUGUST, "r4"), "waiting", spark=spark)
    record_event(store, RunKey(AUGUST, "r5"), "running", spark=spark)
    outcomes = [("trades", "accepted", "", 9), ("trades", "quarantined", "a", 2)]
    outcomes += [("trades", "quarantined", "b", 1)]
    rows = pd.DataFrame(outcomes, columns=["source", "outcome", "reason", "rows"])
    store.write_small("reconciliation", rows.assign(amount=None, units=None), earlier)

    figures = read_figures(store, OUTPUT)

    assert (figures.exit_code, figures.current_as_of) == (5, AUGUST)
    assert figures.by_status == {"complete": 2, "failed": 1, "waiting": 1, "running": 1}
    assert (figures.is_locked, figures.lock_since) == (False, None)
    assert figures.running_since is not None
    assert before < figures.running_since.replace(tzinfo=None) < dt.datetime.now()
    assert figures.complete is not None
    assert (figures.complete.users, sum(figures.complete.durations.values())) == (1, 3.5)
    assert figures.complete.rows == {("trades", "accepted"): 9, ("trades", "quarantined"): 3}
    assert figures.complete.bad_shares() == {"trades": 0.25}


def test_a_lock_is_seen_and_waited_for_by_nobody(spark: SparkSession, store: TableStore) -> None:
    publish_run(spark, store, "r1", ["u1"])
    with run_lock(store, spark, "r2"):
        figures = read_figures(store, OUTPUT)
    assert figures.is_locked
    assert figures.lock_since is not None
    age = dt.datetime.now(dt.UTC) - figures.lock_since
    assert dt.timedelta(0) <= age < dt.timedelta(minutes=10)


def test_the_command_prints_figures_or_writes_them_as_a_whole(
    spark: SparkSession, store: TableStore, tmp_path: Path
) -> None:
    publish_run(spark, store, "r1", ["u1", "u2"])
    root = settings({"output.root": store.root})
    printed = rfmf("metrics", *root)
    assert (printed.code, printed.stderr) == (0, "")
    assert f'rfmf_last_complete_run_users{{root="{store.root}"}} 2.0' in printed.stdout

    file = tmp_path / "rfmf.prom"
    written = rfmf("metrics", "--out", str(file), *root)
    assert (written.code, written.stdout) == (0, "")
    assert file.read_text() == printed.stdout
    assert not list(tmp_path.glob(".*"))

    nowhere = rfmf("metrics", "--out", str(tmp_path / "absent" / "x.prom"), *root)
    assert (nowhere.code, "--out " in nowhere.stderr) == (2, True)
