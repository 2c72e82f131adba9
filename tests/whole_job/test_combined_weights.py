"""Runs whose weights come from several experts and from the scores of the users."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.stages import STAGE_NAMES
from rfmf_spark.tables.store import TableStore
from tests.whole_job.results import FinishedRun, event_of, events_of, finished_run
from tests.whole_job.running import QUICK_JOB, rfmf, settings

pytestmark = pytest.mark.slow

AS_OF = "2019-08-14"
JUDGMENTS = Path(__file__).parents[2] / "conf" / "judgments" / "huang2019.yaml"
EXPERTS = "[experts/finance.yaml, experts/product.yaml, experts/service.yaml]"
SCORES = ["r_score", "f_score", "m_score"]


def arguments(folder: Path, **more: object) -> list[str]:
    file = folder / "features.csv"
    if not file.exists():
        random = np.random.default_rng(2)
        users = [
            f"u{n},{random.integers(1, 300)},{random.integers(1, 9)},{random.integers(1, 999)}.5"
            for n in range(200)
        ]
        file.write_text("\n".join(["user_id,recency_days,frequency,monetary", *users]))
    given = {"input.features": file, "clustering.fixed_k": 3}
    return ["--as-of", AS_OF, *settings(QUICK_JOB | given | more)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("combined")


COMBINED = {
    "weights.method": "combined",
    "weights.experts": EXPERTS,
    "weights.objective": "standard_deviation",
}


@pytest.fixture(scope="module")
def combined_run(spark: SparkSession, folder: Path) -> FinishedRun:
    root = folder / "out"
    ended = rfmf("run", *arguments(folder, **COMBINED, **{"output.root": root}))
    return finished_run(ended, TableStore(spark, str(root)))


def recorded_weights(run: FinishedRun) -> dict[str, float]:
    return dict(json.loads(event_of(run)["weights"])["values"])


def test_the_weights_are_half_of_the_experts_and_half_of_the_scores(
    combined_run: FinishedRun,
) -> None:
    cells = combined_run.table("score_cells")
    everybody = np.repeat(cells[SCORES].to_numpy(dtype=np.float64), cells["users"], axis=0)
    scatter = everybody.std(axis=0) / everybody.std(axis=0).sum()
    event = json.loads(event_of(combined_run)["weights"])

    # The group of the shipped examples: 0.0940, 0.1979, 0.7082.
    expected = 0.5 * np.array([0.0940, 0.1979, 0.7082]) + 0.5 * scatter
    found = np.array([event["values"][name] for name in FEATURE_NAMES])
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(cells["rfmf_score"], cells[SCORES].to_numpy() @ found, rtol=1e-12)


def test_runs_say_which_matrices_by_whom_when_and_with_a_hash(combined_run: FinishedRun) -> None:
    event = json.loads(event_of(combined_run)["weights"])

    assert [(one["expert"], one["judged_on"], one["weight"]) for one in event["experts"]] == [
        ("Finance", "2024-05-07", 1.0),
        ("Product management", "2024-05-06", 2.0),
        ("Customer service", "2024-05-08", 1.0),
    ]
    assert all(len(one["sha256"]) == 64 for one in event["experts"])
    (model,) = combined_run.table("models")["model"]
    assert json.loads(model)["weights"] == event
    assert "Weights (3 judgment matrices, standard_deviation): " in combined_run.ended.stdout


def test_stages_apart_settle_the_same_weights(
    spark: SparkSession, folder: Path, combined_run: FinishedRun
) -> None:
    store = TableStore(spark, str(folder / "apart"))
    given = arguments(folder, **COMBINED, **{"output.root": folder / "apart"})
    for name in STAGE_NAMES:
        ended = rfmf("stage", name, *given)
        assert ended.code == 0, ended.stderr
    staged = finished_run(ended, store)

    assert recorded_weights(staged) == recorded_weights(combined_run)
    assert staged.rows["user_segments"] == combined_run.rows["user_segments"]
    first = json.loads(events_of(store).iloc[0]["weights"] or "{}")
    assert first.get("values") is None


def test_a_model_keeps_its_weights_and_sensitivity_starts_from_them(
    folder: Path, combined_run: FinishedRun
) -> None:
    root = {"output.root": folder / "out"}
    measured = rfmf("sensitivity", *settings({**root, "sensitivity.bins": "[10]"}))
    assert measured.code == 0, measured.stderr
    rows = combined_run.table("sensitivity").set_index("choice")
    before = f"{recorded_weights(combined_run)['monetary']:.4f}"
    assert set(rows.loc[["weight of monetary"], "value_before"]) == {before}
    control = rows.loc["nothing"]
    assert (control["moved_share"], control["renamed_share"]) == (0, 0)

    ended = rfmf("run", *arguments(folder, **root), "--model", combined_run.run.run_id)
    again = finished_run(ended, combined_run.store)
    assert recorded_weights(again) == recorded_weights(combined_run)


def test_edited_judgments_neither_mix_into_a_run_nor_into_its_sensitivity(
    spark: SparkSession, folder: Path
) -> None:
    judgments, root = folder / "judgments.yaml", folder / "edited"
    original = JUDGMENTS.read_text(encoding="utf-8")
    edited = original.replace("[7, 5, 1]", "[7, 1, 1]").replace("1/5]", "1]")
    judgments.write_text(original, encoding="utf-8")
    given = arguments(folder, **{"weights.judgments": judgments, "output.root": root})
    for name in STAGE_NAMES[:3]:
        assert rfmf("stage", name, *given).code == 0

    judgments.write_text(edited, encoding="utf-8")
    refused = rfmf("stage", "fit", *given)
    assert refused.code == 2
    assert refused.stderr == (
        "rfmf: RFMF (Huang 2019) by Huang Xianlin: not the judgments any more that the run's "
        "earlier stages have read; restore the file, or begin a new run\n"
    )

    judgments.write_text(original, encoding="utf-8")
    for name in STAGE_NAMES[3:]:
        ended = rfmf("stage", name, *given)
        assert ended.code == 0, ended.stderr
    staged = finished_run(ended, TableStore(spark, str(root)))
    judgments.write_text(edited, encoding="utf-8")
    more = {"output.root": root, "sensitivity.bins": "[10]"}
    measured = rfmf("sensitivity", *settings(more))
    assert measured.code == 0, measured.stderr
    rows = staged.table("sensitivity").set_index("choice")
    before = rows.loc[["weight of monetary"], "value_before"]
    # 0.7306 by the judgments of the run; the edited ones say less.
    assert set(before) == {f"{recorded_weights(staged)['monetary']:.4f}"} == {"0.7306"}
    assert rows.loc["nothing", "moved_share"] == 0


def test_the_command_line_finds_the_same_weights_in_the_cells(
    folder: Path, combined_run: FinishedRun
) -> None:
    cells = folder / "out" / "score_cells"
    of_run = cells / f"as_of={AS_OF}" / f"run_id={combined_run.run.run_id}"

    ended = rfmf("weights", "--cells", str(of_run), "--json", *settings(COMBINED))

    assert ended.code == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["weights"] == pytest.approx(recorded_weights(combined_run), rel=1e-12)


def test_users_who_are_all_alike_end_a_run_that_weighs_by_scores(folder: Path) -> None:
    file = folder / "alike.csv"
    rows = pd.DataFrame({"user_id": ["a", "b"], "recency_days": 5, "frequency": 1, "monetary": 2})
    rows.to_csv(file, index=False)
    given = {"input.features": file, "output.root": folder / "alike", "weights.method": "critic"}

    ended = rfmf("run", "--as-of", AS_OF, *settings(given))

    assert ended.code == 3
    assert "weights by critic: the scores of all 2 users are the same" in ended.stderr
