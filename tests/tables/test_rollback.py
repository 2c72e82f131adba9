"""Readers see an earlier run again, and only where it is whole."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.session.account import who
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.rollback import roll_back
from rfmf_spark.tables.runs import read_current, record_event
from rfmf_spark.tables.store import RunKey, TableStore
from tests.tables.published import AUGUST, publish_run
from tests.whole_job.running import rfmf

pytestmark = pytest.mark.slow


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> TableStore:
    return TableStore(spark, str(tmp_path / "root"))


def current_users(spark: SparkSession, store: TableStore) -> list[str]:
    rows = read_current(spark, store.root, "user_segments", AUGUST).collect()
    return sorted(row.user_id for row in rows)


def test_readers_see_the_earlier_run_until_the_next_one_completes(
    spark: SparkSession, store: TableStore
) -> None:
    publish_run(spark, store, "first", ["u1", "u2"])
    publish_run(spark, store, "second", ["u1", "u2", "u3"])
    assert current_users(spark, store) == ["u1", "u2", "u3"]
    arguments = ("rollback", "--to", "first", "--set", f"output.root={store.root}")
    ended = rfmf(*arguments)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout == "Run first is current for 2019-08-14, in place of second.\n"
    assert current_users(spark, store) == ["u1", "u2"]
    events = store.read("runs").count()
    ended = rfmf(*arguments, "--as-of", "2019-08-14")
    assert ended.stdout == ("Run first is already current for 2019-08-14; nothing has changed.\n")
    assert store.read("runs").count() == events == 5
    assert json.loads(rfmf(*arguments, "--json").stdout) == {
        "as_of": "2019-08-14",
        "run_id": "first",
        "before": "first",
        "changed": False,
    }
    publish_run(spark, store, "third", ["u4"])
    assert current_users(spark, store) == ["u4"]


def test_who_did_it_and_why_is_recorded(spark: SparkSession, store: TableStore) -> None:
    publish_run(spark, store, "first", ["u1"])
    publish_run(spark, store, "second", ["u1", "u2"])
    root = ("--set", f"output.root={store.root}")
    assert rfmf("rollback", "--to", "first", "--reason", "NAVs were wrong", *root).code == 0
    assert rfmf("rollback", "--to", "second", *root).code == 0
    rows = store.read("runs").where("status = 'current'").orderBy("event").collect()
    assert [row.reason for row in rows] == [
        f"brought back in place of second by {who()}: NAVs were wrong",
        f"brought back in place of first by {who()}",
    ]


def test_a_held_lock_ends_it_with_4(spark: SparkSession, store: TableStore) -> None:
    publish_run(spark, store, "first", ["u1"])
    publish_run(spark, store, "second", ["u2"])
    with run_lock(store, spark, "other"):
        ended = rfmf("rollback", "--to", "first", "--set", f"output.root={store.root}")
    assert ended.code == 4
    assert "another run holds the lock" in ended.stderr
    assert current_users(spark, store) == ["u2"]


def test_what_is_not_complete_is_refused(spark: SparkSession, store: TableStore) -> None:
    publish_run(spark, store, "first", ["u1"])
    record_event(store, RunKey(AUGUST, "broken"), "running", spark=spark)
    record_event(store, RunKey(AUGUST, "broken"), "failed", spark=spark)
    output = OutputSettings()
    for run_id, as_of in (("broken", None), ("nowhere", None), ("first", dt.date(2019, 7, 31))):
        with pytest.raises(ConfigurationError, match=f"--to {run_id}: no such run.*has completed"):
            roll_back(spark, store, run_id, as_of, output)


def test_a_run_whose_rows_are_gone_is_refused(classic_spark: SparkSession, tmp_path: Path) -> None:
    store = TableStore(classic_spark, str(tmp_path / "root"))
    publish_run(classic_spark, store, "first", ["u1", "u2"])
    publish_run(classic_spark, store, "second", ["u3"])
    classic_spark.sql(
        f"DELETE FROM delta.`{store.location('user_segments')}` "
        f"WHERE as_of = DATE'2019-08-14' AND run_id = 'first' AND user_id = 'u1'"
    )
    ended = rfmf("rollback", "--to", "first", "--set", f"output.root={store.root}")
    assert ended.code == 2
    assert f"--to first: 1 of 2 rows of it are left in {store.root}/user_segments" in ended.stderr
    shutil.rmtree(Path(store.root) / "user_features" / "as_of=2019-08-14" / "run_id=first")
    with pytest.raises(ConfigurationError, match=r"--to first: 0 of 2 rows .*/user_features"):
        roll_back(classic_spark, store, "first", None, OutputSettings())
    assert current_users(classic_spark, store) == ["u3"]
