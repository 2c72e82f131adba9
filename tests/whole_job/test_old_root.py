"""A root that an early release has written: the next run goes on in it, and the old one is there.

Readers, versions and columns of single tables are tested in ``tests/tables/test_releases.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.tables.old_roots import OLD_RUN, OLD_USERS, unpack_old_root
from tests.whole_job.results import FinishedRun, finished_run
from tests.whole_job.running import LedgerFiles, rfmf, settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_old_root(tmp_path_factory.mktemp("upgraded"))


@pytest.fixture(scope="module")
def in_root(root: Path) -> list[str]:
    return settings({"output.root": root})


@pytest.fixture(scope="module")
def new_run(spark: SparkSession, ledger: LedgerFiles, root: Path) -> FinishedRun:
    with_all = settings({"sensitivity.in_run": "true", "output.write_holdings": "true"})
    ended = rfmf(*ledger.arguments(root), *with_all)
    return finished_run(ended, TableStore(spark, str(root)))


def current_run(in_root: list[str]) -> str:
    listed = json.loads(rfmf("runs", "--json", *in_root).stdout)
    (current,) = [run["run_id"] for run in listed if run["is_current"]]
    return str(current)


def test_an_old_root_gets_a_run_of_today(new_run: FinishedRun, in_root: list[str]) -> None:
    listed = json.loads(rfmf("runs", "--json", *in_root).stdout)
    assert [(run["run_id"], run["status"], run["is_current"]) for run in listed] == [
        (new_run.run.run_id, "complete", True),
        (OLD_RUN, "complete", False),
    ]
    assert [(run["users"] == OLD_USERS, run["verdict"] is None) for run in listed] == [
        (False, False),
        (True, True),
    ]


def test_one_goes_back_to_the_old_run_and_forward_again(
    new_run: FinishedRun, in_root: list[str], tmp_path: Path
) -> None:
    ended = rfmf("rollback", "--to", OLD_RUN, *in_root)
    assert (ended.code, ended.stderr) == (0, "")
    assert current_run(in_root) == OLD_RUN

    page = tmp_path / "old.html"
    assert rfmf("report", "--out", str(page), *in_root).code == 0
    assert OLD_RUN in page.read_text(encoding="utf-8")
    assert OLD_RUN in rfmf("show", "latest", *in_root).stdout
    model = rfmf("model", "export", "--run", "latest", "--out", "-", *in_root)
    assert json.loads(model.stdout)["as_of"] == "2019-08-14"

    assert rfmf("rollback", "--to", new_run.run.run_id, *in_root).code == 0
    assert current_run(in_root) == new_run.run.run_id


def test_the_rows_are_those_of_a_new_root(
    new_run: FinishedRun, ledger: LedgerFiles, spark: SparkSession, tmp_path: Path
) -> None:
    with_all = settings({"output.write_holdings": "true"})
    ended = rfmf(*ledger.arguments(tmp_path / "new"), *with_all)
    anew = finished_run(ended, TableStore(spark, str(tmp_path / "new")))
    assert set(anew.rows) <= set(new_run.rows)
    for table in anew.rows:
        before, now = anew.table(table), new_run.table(table)
        pd.testing.assert_frame_equal(_in_order(now, before), _in_order(before, before))


def _in_order(table: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    return table[list(like.columns)].sort_values(list(like.columns), ignore_index=True)
