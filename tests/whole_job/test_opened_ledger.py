"""Whole runs on a ledger that starts in the middle, with profiles of its users beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.whole_job.results import FinishedRun, finished_run, last_event
from tests.whole_job.running import LedgerFiles, generate_ledger, generated_ledger, rfmf, settings

pytestmark = pytest.mark.slow

USERS = 400
OPENING = "2019-04-30"
TABLES = ("user_features", "user_segments", "segment_profile", "k_selection", "score_cells")


def run_on(spark: SparkSession, ledger: LedgerFiles, root: Path, **inputs: Path) -> FinishedRun:
    given = {f"input.{name}": path for name, path in inputs.items()}
    store = TableStore(spark, str(root))
    return finished_run(rfmf(*ledger.arguments(root), *settings(given)), store)


def test_a_run_on_an_opened_ledger_publishes_what_the_whole_ledger_gives(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    whole = generated_ledger(tmp_path_factory.getbasetemp(), USERS)
    folder = tmp_path / "opened"
    opened = generate_ledger(folder, USERS, "--opening", OPENING, seed=11)
    profiles = whole.trades.parent / "profiles"

    expected = run_on(spark, whole, tmp_path / "from-whole")
    found = run_on(
        spark,
        opened,
        tmp_path / "from-opened",
        opening_positions=folder / "opening_positions",
        profiles=profiles,
    )

    for table in TABLES:
        assert found.rows[table] == expected.rows[table], table
    event = last_event(found.store)
    assert {"opening_positions", "profiles"} <= set(json.loads(event["inputs"]))
    totals = json.loads(event["control_totals"])
    everyone = {row["user_id"] for row in spark.read.parquet(str(profiles)).collect()}
    bought = set(expected.table("user_features")["user_id"])
    assert totals["profiles"] == len(everyone)
    assert totals["profiles_without_purchase"] == len(everyone - bought) > 0
    sources = set(found.table("reconciliation")["source"])
    assert sources == {"products", "nav", "opening_positions", "profiles", "trades"}


def test_what_cannot_be_continued_ends_with_exit_code_2(tmp_path: Path) -> None:
    given = {
        **{f"input.{name}": "x" for name in ("trades", "nav", "products", "opening_positions")},
        "output.root": tmp_path / "out",
        "features.window_days": 365,
    }

    ended = rfmf("run", "--as-of", "2019-08-14", *settings(given))

    assert ended.code == 2
    assert "features.window_days is 365, but input.opening_positions carries" in ended.stderr
    assert not (tmp_path / "out").exists()
