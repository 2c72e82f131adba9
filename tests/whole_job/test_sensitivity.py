"""rfmf sensitivity on a run, held against second runs that have the other value."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import TableStore
from tests.whole_job.results import FinishedRun, finished_run, last_event
from tests.whole_job.running import Ended, LedgerFiles, rfmf, settings

pytestmark = pytest.mark.slow

VARIED = settings(
    {
        "sensitivity.resamples": 4,
        "sensitivity.ties": "[high]",
        "sensitivity.bins": "[]",
        "sensitivity.bases": "[principal_days]",
        "sensitivity.scale_by_weights": "false",
    }
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sensitivity")


@pytest.fixture(scope="module")
def baseline(spark: SparkSession, ledger: LedgerFiles, root: Path) -> FinishedRun:
    return finished_run(
        rfmf(*ledger.arguments(root / "base")), TableStore(spark, str(root / "base"))
    )


@pytest.fixture(scope="module")
def measured(baseline: FinishedRun) -> Ended:
    return rfmf("sensitivity", *VARIED, *settings({"output.root": baseline.store.root}))


@pytest.fixture(scope="module")
def figures(baseline: FinishedRun, measured: Ended) -> pd.DataFrame:
    assert measured.code == 0, measured.stderr
    return baseline.table("sensitivity").set_index("choice")


def test_varying_nothing_moves_nobody(figures: pd.DataFrame) -> None:
    control = figures.loc["nothing"]

    assert (control["moved"], control["renamed"], control["rand_index"]) == (0, 0, 1)
    assert control["k_before"] == control["k_after"]


def test_weights_rank_segments_and_move_nobody(figures: pd.DataFrame) -> None:
    weights = figures[figures.index.str.startswith("weight of")]

    assert len(weights) == 6
    assert weights["moved"].tolist() == [0] * 6


@pytest.mark.parametrize(
    ("choice", "value"), [("scoring.ties", "high"), ("features.basis", "principal_days")]
)
def test_users_who_move_are_those_of_a_run_with_the_other_value(
    spark: SparkSession,
    ledger: LedgerFiles,
    root: Path,
    baseline: FinishedRun,
    figures: pd.DataFrame,
    choice: str,
    value: str,
) -> None:
    folder = root / value
    other = finished_run(
        rfmf(*ledger.arguments(folder), *settings({choice: value})),
        TableStore(spark, str(folder)),
    )

    both = baseline.table("user_segments").merge(other.table("user_segments"), on="user_id")
    shared = pd.crosstab(both["segment_id_x"], both["segment_id_y"]).to_numpy()
    rows, columns = linear_sum_assignment(-shared)
    found = figures.loc[choice]
    assert found["value_after"] == value
    assert found["users"] == len(both) == len(baseline.table("user_segments"))
    assert found["moved"] == len(both) - shared[rows, columns].sum() > 0
    assert found["renamed"] == (both["segment_key_x"] != both["segment_key_y"]).sum()
    index = adjusted_rand_score(both["segment_id_x"], both["segment_id_y"])
    assert found["rand_index"] == pytest.approx(index)
    assert found["k_after"] == len(other.table("segment_profile"))


def test_the_command_prints_a_line_for_each_choice(measured: Ended) -> None:
    assert "Sensitivity of run 2019-08-14-" in measured.stdout
    for word in ("nothing", "mid → high", "management_fee → principal_days", "weight of recency"):
        assert word in measured.stdout


def test_measuring_is_an_event_of_the_run_which_stays_current(
    baseline: FinishedRun, measured: Ended
) -> None:
    last = last_event(baseline.store)

    assert measured.code == 0
    assert (last["status"], last["run_id"]) == ("measured", baseline.run.run_id)
    assert last["reason"].startswith("sensitivity to ")
    assert '"sensitivity.resamples": 4' in last["configuration"]
    assert '"sensitivity"' in last["outputs"]
    assert find_current_run(baseline.store) == baseline.run


def test_measuring_again_replaces_what_was_measured(
    baseline: FinishedRun, figures: pd.DataFrame
) -> None:
    only_control = settings(
        {
            "sensitivity.ties": "[]",
            "sensitivity.bases": "[]",
            "sensitivity.weight_steps": "[]",
            "input.trades": "nowhere",
        }
    )
    again = rfmf(
        "sensitivity", *VARIED, *only_control, *settings({"output.root": baseline.store.root})
    )

    assert again.code == 0, again.stderr
    assert baseline.table("sensitivity")["choice"].tolist() == ["nothing"]
    assert len(figures) > 1


def test_a_setting_that_was_another_one_in_the_run_is_refused(baseline: FinishedRun) -> None:
    given = settings({"output.root": baseline.store.root, "scoring.bins": 5})

    ended = rfmf("sensitivity", *given)

    assert ended.code == 2
    assert "scoring.bins was 10 and is 5; leave that out, or make a run with it" in ended.stderr


def test_a_file_in_a_folder_conf_counts_as_any_other(
    baseline: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "production.yaml").write_text("scoring:\n  bins: 5\n")
    given = settings({"output.root": baseline.store.root})

    ended = rfmf("sensitivity", "--config", "conf/production.yaml", *given)

    assert ended.code == 2
    assert "scoring.bins was 10 and is 5; leave that out, or make a run with it" in ended.stderr


def test_a_file_that_has_broken_since_is_a_refused_input(
    baseline: FinishedRun, ledger: LedgerFiles, figures: pd.DataFrame, tmp_path: Path
) -> None:
    trades = tmp_path / "trades"
    shutil.copytree(ledger.trades, trades)
    longest = max(trades.glob("*.parquet"), key=lambda file: file.stat().st_size)
    whole = longest.read_bytes()
    # Its footer tells what it should hold; what it holds is something else.
    longest.write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :])
    given = settings({"output.root": baseline.store.root, "input.trades": trades})
    before = baseline.table("sensitivity")

    ended = rfmf("sensitivity", *VARIED, *given)

    assert ended.code == 3
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"rfmf: input.trades: file:{longest} cannot be read")
    assert baseline.table("sensitivity").equals(before)


def test_it_waits_for_nobody_who_writes_into_the_same_results(
    spark: SparkSession, baseline: FinishedRun, figures: pd.DataFrame
) -> None:
    before = baseline.table("sensitivity")
    given = settings({"output.root": baseline.store.root})

    with run_lock(baseline.store, spark, "another run"):
        ended = rfmf("sensitivity", *given)

    assert ended.code == 4
    assert "another run" in ended.stderr
    assert baseline.table("sensitivity").equals(before)


def test_a_run_that_is_not_there_is_told(baseline: FinishedRun) -> None:
    given = settings({"output.root": baseline.store.root})

    ended = rfmf("sensitivity", "--run", "yesterday", *given)

    assert ended.code == 2
    assert "--run yesterday: no such run has completed in " in ended.stderr
