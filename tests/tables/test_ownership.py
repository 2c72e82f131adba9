"""A root is refused where the name of a table is taken by what no run has written."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.schemas.tables import OUTPUT_TABLES
from rfmf_spark.tables.ownership import SCHEMA_PROPERTY, require_own_folders
from rfmf_spark.tables.runs import record_event
from rfmf_spark.tables.store import RunKey, TableStore

OURS = {SCHEMA_PROPERTY: "1"}


def write_log(table: Path, properties: dict[str, str], *, checkpoint: bool = False) -> None:
    log = table / "_delta_log"
    log.mkdir(parents=True)
    metadata = {"id": "x", "configuration": properties}
    if checkpoint:
        kind = pa.struct({"id": pa.string(), "configuration": pa.map_(pa.string(), pa.string())})
        row = {"id": "x", "configuration": list(properties.items())}
        rows = pa.table({"metaData": pa.array([None, row], kind), "add": pa.array([1, None])})
        pq.write_table(rows, log / f"{10:020}.checkpoint.parquet")
        (log / f"{11:020}.json").write_text(json.dumps({"add": {"path": "part"}}) + "\n")
    else:
        lines = [json.dumps({"protocol": {}}), json.dumps({"metaData": metadata})]
        (log / f"{0:020}.json").write_text("\n".join(lines))


def content(root: Path) -> set[Path]:
    return set(root.rglob("*"))


@pytest.mark.parametrize("table", ["runs", "user_segments", "models", "holdings"])
def test_every_name_of_a_table_may_be_taken(tmp_path: Path, table: str) -> None:
    (tmp_path / table / "exp1").mkdir(parents=True)
    (tmp_path / table / "exp1" / "events.out").write_bytes(b"not a table")
    before = content(tmp_path)

    with pytest.raises(ConfigurationError) as refused:
        require_own_folders(tmp_path, OUTPUT_TABLES)

    assert str(refused.value) == (
        f"output.root {tmp_path} has a folder {table} that is no table of ours; choose another "
        f"folder"
    )
    assert content(tmp_path) == before


def test_a_file_with_the_name_of_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("gpt")
    with pytest.raises(ConfigurationError, match="has a file models that is no table of ours"):
        require_own_folders(tmp_path, OUTPUT_TABLES)


@pytest.mark.parametrize("checkpoint", [False, True])
def test_delta_tables_are_told_apart_by_a_property(tmp_path: Path, checkpoint: bool) -> None:
    write_log(tmp_path / "runs", OURS, checkpoint=checkpoint)
    require_own_folders(tmp_path, OUTPUT_TABLES)

    write_log(tmp_path / "models", {"delta.appendOnly": "true"}, checkpoint=checkpoint)
    with pytest.raises(ConfigurationError, match="has a Delta table models that is no table of"):
        require_own_folders(tmp_path, OUTPUT_TABLES)


def test_a_delta_table_is_no_root(tmp_path: Path) -> None:
    write_log(tmp_path, {})
    with pytest.raises(ConfigurationError, match=r"is a Delta table itself, .*; choose another"):
        require_own_folders(tmp_path, OUTPUT_TABLES)


def test_other_names_empty_folders_and_a_root_that_is_not_there_are_fine(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "models" / "_delta_log").mkdir(parents=True)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("x")

    require_own_folders(tmp_path, OUTPUT_TABLES)
    require_own_folders(tmp_path / "absent", OUTPUT_TABLES)


def test_tables_that_a_store_creates_are_its_own(spark: SparkSession, tmp_path: Path) -> None:
    store = TableStore(spark, str(tmp_path))
    store.create("runs")
    store.require_own_tables()
    assert store.exists("runs")


def test_who_only_reads_is_told_too(spark: SparkSession, tmp_path: Path) -> None:
    write_log(tmp_path / "runs", {})
    with pytest.raises(ConfigurationError, match="has a Delta table runs that is no table of ours"):
        TableStore(spark, str(tmp_path)).exists("runs")


def test_names_that_no_engine_changes_are_gone_to_directly(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = TableStore(spark, str(tmp_path / "a-b_c.d+e=f,g@h(1)&i;j'k"))
    store.create("runs")
    assert store.location("runs") == store.place("runs")
    record_event(store, RunKey(dt.date(2019, 8, 13), "first"), "running", spark=spark)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a-b_c.d+e=f,g@h(1)&i;j'k"]
