"""No user id, and no amount of a single user, leaves the user tables."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from rfmf_spark.schemas.tables import OUTPUT_TABLES
from rfmf_spark.tables.store import TableStore
from tests.whole_job.history.conftest import InterruptedRun
from tests.whole_job.results import FinishedRun, events_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def secrets(first_run: FinishedRun) -> set[str]:
    """User ids, and values so long that they point to one user."""
    users = first_run.table("user_features")
    assert users["user_id"].str.len().min() >= 8
    amounts = {f"{value:f}" for name in ("monetary", "holding_amount") for value in users[name]}
    return set(users["user_id"]) | {amount for amount in amounts if len(amount.strip("0.")) >= 7}


def leaks(text: str, secrets: set[str]) -> set[str]:
    plain = text.replace(",", "")
    return secrets & set(re.findall(r"[0-9A-Za-z_]+(?:\.[0-9]+)?", plain))


def test_what_is_searched_for_would_be_found(secrets: set[str]) -> None:
    some = next(iter(secrets))
    assert leaks(f'user "{some}": refused', secrets) == {some}


def test_the_output_of_runs_names_no_user(
    first_run: FinishedRun, stopped_run: InterruptedRun, secrets: set[str]
) -> None:
    for ended in (first_run.ended, stopped_run.ended):
        assert leaks(ended.stdout + ended.stderr, secrets) == set()


def test_the_record_of_runs_names_no_user(
    stopped_run: InterruptedRun, store: TableStore, secrets: set[str]
) -> None:
    assert leaks(events_of(store).to_csv(), secrets) == set()


def test_the_logs_of_the_tables_name_no_user_and_keep_no_statistics(
    second_run: FinishedRun, store: TableStore, secrets: set[str]
) -> None:
    tables = [name for name in OUTPUT_TABLES if name in os.listdir(store.root)]
    logs = [log for name in tables for log in Path(store.root, name, "_delta_log").glob("*.json")]
    assert {"user_features", "user_segments", "quarantine", "runs"} <= set(tables)
    for log in logs:
        text = log.read_text()
        assert leaks(text, secrets) == set(), log
        assert "minValues" not in text.replace(r"\"minValues\":{}", ""), log


def test_small_tables_name_no_user(first_run: FinishedRun) -> None:
    # Values of single users are right here: medians and cut points are some user's value.
    users = set(first_run.table("user_features")["user_id"])
    for name in ("segment_profile", "score_cells", "score_cut_points", "k_selection", "models"):
        assert leaks(" ".join(first_run.rows[name]), users) == set(), name
