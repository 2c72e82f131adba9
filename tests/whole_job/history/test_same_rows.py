"""Same inputs, configuration and date give the same rows, whatever they were computed on."""

from __future__ import annotations

import pytest

from tests.whole_job.results import RESULT_TABLES, FinishedRun

pytestmark = pytest.mark.slow

# An empty quarantine is right for a clean ledger.
FILLED = [name for name in RESULT_TABLES if name != "quarantine"]


@pytest.mark.parametrize("table", RESULT_TABLES)
def test_another_engine_shuffled_files_and_another_time_zone_give_the_same_rows(
    table: str, first_run: FinishedRun, second_run: FinishedRun
) -> None:
    assert second_run.rows_on_any_engine(table) == first_run.rows_on_any_engine(table)


def test_only_spark_has_the_cost_of_mllib(first_run: FinishedRun, second_run: FinishedRun) -> None:
    assert first_run.table("k_selection")["cost_mllib"].isna().all()
    assert second_run.table("k_selection")["cost_mllib"].notna().any()


def test_the_compared_tables_have_rows(first_run: FinishedRun, second_run: FinishedRun) -> None:
    for run in (first_run, second_run):
        assert [name for name in FILLED if not run.rows[name]] == []
