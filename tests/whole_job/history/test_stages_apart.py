"""Stages as jobs of their own: the same rows as one run, in order, and repeatable until the end."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.stages import STAGE_NAMES
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import RunKey, TableStore
from tests.whole_job.history.conftest import WITH_HOLDINGS
from tests.whole_job.results import (
    FinishedRun,
    event_of,
    events_of,
    finished_run,
    last_event,
)
from tests.whole_job.running import (
    AS_OF,
    QUICK_JOB,
    Ended,
    LedgerFiles,
    rfmf,
    settings,
    write_features,
)

pytestmark = pytest.mark.slow

RUN_ID = "nightly__2019-08-14T00:00:00+08:00"


class Stages:
    """The stages of one run, each called like a job."""

    def __init__(self, store: TableStore, *arguments: str) -> None:
        self.store = store
        self.arguments = arguments
        self.current: dict[str, RunKey | None] = {}

    def run(self, name: str, *more: str) -> Ended:
        ended = rfmf("stage", name, *self.arguments, *more)
        self.current[name] = find_current_run(self.store)
        return ended

    def succeed(self, name: str, *more: str) -> str:
        ended = self.run(name, *more)
        assert ended.code == 0, ended.stderr
        return ended.stdout

    def refused(self, name: str, *more: str) -> str:
        """The one line that the stage ends with, and the exit code of a usage error."""
        before = len(events_of(self.store))
        ended = self.run(name, *more)
        assert ended.code == 2
        (line,) = ended.stderr.splitlines()
        assert len(events_of(self.store)) == before
        return line.removeprefix("rfmf: ")


@pytest.fixture(scope="module")
def stages(spark: SparkSession, ledger: LedgerFiles, job_folder: Path) -> Stages:
    """A run that has come to its end, with some mistakes and a repetition on the way."""
    store = TableStore(spark, str(job_folder / "stages-apart"))
    _, *arguments = ledger.arguments(Path(store.root))
    stages = Stages(store, *arguments, *WITH_HOLDINGS)
    stages.succeed("clean", "--run", RUN_ID)
    return stages


@pytest.fixture(scope="module")
def mistakes(stages: Stages) -> dict[str, str]:
    """What is said of mistakes while the run waits for its second stage."""
    return {
        "order": stages.refused("fit", "--run", RUN_ID),
        "settings": stages.refused("features", *settings({"features.frequency_unit": "day"})),
        "date": stages.refused("features", "--as-of", "2019-08-13"),
        "unknown": stages.refused("features", "--run", "other"),
        "id": stages.refused("clean", "--run", "../../etc"),
        "reserved": stages.refused("clean", "--run", "latest"),
        "taken": stages.refused("clean", "--run", RUN_ID, "--as-of", "2019-08-13"),
    }


@pytest.fixture(scope="module")
def staged_run(mistakes: dict[str, str], stages: Stages) -> FinishedRun:
    """The run after all its stages; features is repeated, with another way to run Spark."""
    stages.succeed("features")
    stages.succeed("features", *settings({"spark.sql.shuffle.partitions": 7}))
    stages.succeed("score", "--run", "latest")
    stages.succeed("fit", "--run", RUN_ID)
    last = stages.run("assign", "--run", RUN_ID)
    return finished_run(last, stages.store)


def test_stages_apart_leave_the_same_rows_as_the_whole(
    staged_run: FinishedRun, first_run: FinishedRun
) -> None:
    assert len(first_run.rows["user_segments"]) > 1_000
    for table, rows in first_run.rows.items():
        assert staged_run.rows[table] == rows, table


def test_nothing_is_current_before_the_last_stage(stages: Stages, staged_run: FinishedRun) -> None:
    assert [stages.current[name] for name in STAGE_NAMES[:-1]] == [None] * 4
    assert stages.current["assign"] == staged_run.run
    assert staged_run.run.run_id == RUN_ID


def test_the_run_waits_between_its_stages(stages: Stages, staged_run: FinishedRun) -> None:
    events = events_of(stages.store)
    assert list(zip(events["status"], events["stage"], strict=True)) == [
        ("running", "clean"),
        ("waiting", "clean"),
        ("running", "features"),
        ("waiting", "features"),
        ("running", "features"),
        ("waiting", "features"),
        ("running", "score"),
        ("waiting", "score"),
        ("running", "fit"),
        ("waiting", "fit"),
        ("running", "assign"),
        ("complete", "assign"),
    ]


def test_the_last_event_tells_of_all_stages(
    staged_run: FinishedRun, first_run: FinishedRun
) -> None:
    staged, whole = last_event(staged_run.store), event_of(first_run)
    assert staged["control_totals"] == whole["control_totals"]
    assert staged["inputs"] == whole["inputs"]
    assert staged["model_id"] == whole["model_id"]
    for name in ("clean", "features", "score", "fit", "assign"):
        assert f'"{name}"' in staged["durations"]


def test_mistakes_are_told_in_one_line(mistakes: dict[str, str], stages: Stages) -> None:
    root = stages.store.root
    assert mistakes == {
        "order": f"--run {RUN_ID}: stage fit needs stage score, but the run has only come to "
        "stage clean; run stage features next",
        "settings": f"--run {RUN_ID}: its earlier stages had other settings: "
        "features.frequency_unit was 'trade' and is 'day'; restore them, or begin a new run",
        "date": f"--run latest: no run of 2019-08-13 waits in {root}; begin one with stage clean, "
        "or correct as_of and output.root",
        "unknown": f"--run other: no such run of 2019-08-14 waits in {root}; give the id that "
        "stage clean has printed",
        "id": "--run '../../etc': not an id for a new run; give letters, digits and _ . : + - "
        "(at most 100, the first a letter or digit, and not 'latest'), or leave it out",
        "reserved": "--run 'latest': not an id for a new run; give letters, digits and _ . : + - "
        "(at most 100, the first a letter or digit, and not 'latest'), or leave it out",
        "taken": f"--run {RUN_ID}: that run is of 2019-08-14, not of as_of = 2019-08-13; give the "
        "run another id",
    }


def test_a_complete_run_stays_as_it_is(stages: Stages, staged_run: FinishedRun) -> None:
    before = len(events_of(stages.store))
    for repeated in (("assign", "--run", RUN_ID), ("clean", "--run", RUN_ID), ("assign",)):
        told = stages.succeed(*repeated)
        assert f"Run {RUN_ID} is complete since " in told
        assert "nothing was done again" in told
    assert len(events_of(stages.store)) == before
    other = settings({"features.frequency_unit": "day"})
    told = stages.refused("clean", "--run", RUN_ID, *other)
    assert told == (
        f"--run {RUN_ID}: that run is complete, and had other settings: features.frequency_unit "
        "was 'trade' and is 'day'; restore them, or give the new run another id"
    )
    waits = "--run latest: no run of 2019-08-14 waits in "
    assert stages.refused("assign", *other).startswith(waits)
    assert stages.refused("fit").startswith(waits)


def test_a_stage_that_failed_can_be_repeated_and_given_features_go_the_same_way(
    spark: SparkSession, tmp_path: Path
) -> None:
    given_file = write_features(tmp_path / "features.csv")
    given = QUICK_JOB | {"input.features": given_file, "clustering.fixed_k": 3}
    whole_root, root = tmp_path / "whole", tmp_path / "apart"
    arguments = ("--as-of", AS_OF, *settings(given))
    ended = rfmf("run", *arguments, *settings({"output.root": whole_root}))
    whole = finished_run(ended, TableStore(spark, str(whole_root)))

    stages = Stages(TableStore(spark, str(root)), *arguments, *settings({"output.root": root}))
    given_file.rename(tmp_path / "moved.csv")
    assert stages.run("clean", "--run", "a").code == 3
    (tmp_path / "moved.csv").rename(given_file)
    for name in STAGE_NAMES[:-1]:
        stages.succeed(name, "--run", "a")
    apart = finished_run(stages.run("assign", "--run", "a"), stages.store)
    for table, expected in whole.rows.items():
        assert apart.rows[table] == expected, table

    # A week later, by the model that is current when the first stage begins.
    later = Stages(stages.store, *stages.arguments, "--as-of", "2019-08-21", "--model", "latest")
    for name in STAGE_NAMES[:-1]:
        later.succeed(name, "--run", "b")
    frozen = finished_run(later.run("assign", "--run", "b"), stages.store)
    assert frozen.rows["models"] == whole.rows["models"]
    columns = ["user_id", "m_score", "f_score", "r_score", "segment_id"]
    before, after = (
        run.table("user_segments")[columns].sort_values("user_id", ignore_index=True)
        for run in (whole, frozen)
    )
    pd.testing.assert_frame_equal(before, after)
