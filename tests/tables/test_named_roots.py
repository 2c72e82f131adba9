"""Roots with blanks, letters beyond ASCII and the like, on an engine that would rename them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.session.engines import engine_of, register_engine
from rfmf_spark.tables.rollback import roll_back
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import RunKey, TableStore
from tests.tables.published import AUGUST, publish_run
from tests.whole_job.running import rfmf, settings

NAMES = ["客户 分层", "100%25 #1", "a[1]{b}*?~", 'it\'s "so"']


@pytest.mark.parametrize("name", NAMES)
def test_a_root_of_any_name_holds_its_tables_itself(
    name: str, spark: SparkSession, tmp_path: Path
) -> None:
    root = tmp_path / name / "results"
    store = TableStore(spark, str(root))
    publish_run(spark, store, "first", ["u1", "u2"])
    publish_run(spark, store, "second", ["u1"])

    again = TableStore(spark, str(root))
    assert find_current_run(again) == RunKey(AUGUST, "second")
    assert roll_back(spark, again, "first", None, OutputSettings()).run.run_id == "first"
    again.delete_run("user_segments", RunKey(AUGUST, "second"))
    assert [row.user_id for row in again.read("user_segments").sort("user_id").collect()] == [
        "u1",
        "u2",
    ]
    assert [folder.name for folder in tmp_path.iterdir()] == [name]
    assert not any(entry.is_symlink() for entry in root.rglob("*"))


def test_others_read_such_tables_by_their_own_path(spark: SparkSession, tmp_path: Path) -> None:
    store = TableStore(spark, str(tmp_path / "客户 分层"))
    publish_run(spark, store, "first", ["u1", "u2"])
    table = tmp_path / "客户 分层" / "user_segments"

    log = sorted((table / "_delta_log").glob("*.json"))
    actions = [json.loads(line) for commit in log for line in commit.read_text().splitlines()]
    files = [action["add"]["path"] for action in actions if "add" in action]
    assert all((table / file).is_file() for file in files)
    read = duckdb.read_parquet([str(table / file) for file in files]).aggregate("count(*)")
    assert read.fetchall() == [(2,)]
    assert str(tmp_path) not in "".join(commit.read_text() for commit in log)


def test_a_folder_for_temporary_files_with_such_a_name_is_no_way_to_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    engine = engine_of(spark)
    odd = tmp_path / "a b"
    odd.mkdir()
    try:
        register_engine(spark, dataclasses.replace(engine, scratch=odd))
        with pytest.raises(ConfigurationError, match=r"'客' for another name .* set TMPDIR to one"):
            TableStore(spark, str(tmp_path / "客户"))
    finally:
        register_engine(spark, engine)


def test_a_ledger_in_delta_tables_under_such_a_name_is_written_and_read(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = ("--users", "30", "--products", "15", "--seed", "1", "--format", "delta")
    assert rfmf("generate", *plan, "--out", "账 本").code == 0

    inputs = {f"input.{name}": f"账 本/{name}" for name in ("trades", "nav", "products")}
    ended = rfmf("validate", "--as-of", "2019-08-14", *settings(inputs))

    assert ended.code == 0, ended.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["账 本"]
