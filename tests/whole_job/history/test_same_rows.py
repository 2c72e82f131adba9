"""Same inputs, configuration and date give the same rows, whatever they were computed on."""

from __future__ import annotations

import pytest

from tests.whole_job.results import RESULT_TABLES, FinishedRun

pytestmark = pytest.mark.slow

# An empty quarantine is right for a clean ledger.
FILLED = [name for name in RESULT_TABLES if name != "quarantine"]


@pytest.mark.parametrize("table", RESULT_TABLES)
def test_shuffled_files_other_partitions_and_time_zone_give_the_same_rows(
    table: str, first_run: FinishedRun, second_run: FinishedRun
) -> None:
    assert second_run.rows[table] == first_run.rows[table]


@pytest.mark.parametrize("table", RESULT_TABLES)
def test_one_core_in_another_time_zone_gives_the_same_rows(
    table: str, first_run: FinishedRun, single_core_run: FinishedRun
) -> None:
    assert single_core_run.rows[table] == first_run.rows[table]


def test_the_compared_tables_have_rows(first_run: FinishedRun) -> None:
    assert [name for name in FILLED if not first_run.rows[name]] == []
