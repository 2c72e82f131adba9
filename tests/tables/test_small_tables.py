"""Small tables written without Spark are what Spark itself would have written."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from rfmf_spark.schemas.tables import OUTPUT_TABLES, own_fields
from rfmf_spark.session.small_data import to_spark
from rfmf_spark.tables.runs import record_event
from rfmf_spark.tables.small_tables import append_rows, read_rows
from rfmf_spark.tables.store import RunKey, TableStore

FIRST = RunKey(dt.date(2019, 8, 13), "first")
SECOND = RunKey(dt.date(2019, 8, 14), "second")
CUTS = pd.DataFrame(
    {
        "feature": ["recency_days", "monetary"],
        "cut_index": [1, 2],
        "cut_value": [3.0, 0.1],
        "tie_share": [0.5, None],
    }
)

OLD_RUNS = StructType().add("event", "long").add("run_id", "string")


@pytest.fixture
def store(classic_spark: SparkSession, tmp_path: Path) -> TableStore:
    return TableStore(classic_spark, str(tmp_path / "root"))


def _rows(table: str) -> pd.DataFrame:
    """A row with a value in every column that is a text, a number or a date."""
    values = {"string": "多", "long": 2**53 + 1, "integer": 7, "double": 0.1, "boolean": True}
    fields = own_fields(table)
    row = {field.name: values.get(field.dataType.typeName()) for field in fields}
    return pd.DataFrame([row], dtype=object)


@pytest.mark.parametrize("table", ["k_selection", "models", "score_cells", "segment_profile"])
def test_spark_reads_the_rows_that_it_would_have_written(
    classic_spark: SparkSession, store: TableStore, table: str
) -> None:
    rows = _rows(table)
    store.write_small(table, rows, FIRST)
    store.write(table, to_spark(classic_spark, rows, StructType(own_fields(table))), SECOND)
    here, by_spark = (store.read_run(table, run).collect() for run in (FIRST, SECOND))
    assert here == by_spark
    assert store.read(table).schema == OUTPUT_TABLES[table]


def test_a_repeated_stage_replaces_its_own_rows_only(store: TableStore) -> None:
    for run in (FIRST, SECOND):
        store.write_small("models", _rows("models"), run)
    store.write_small("models", _rows("models").assign(model="new"), FIRST, replace=True)
    assert [row["model"] for row in store.collect("models", of_run=FIRST.run_id)] == ["new"]
    assert [row["model"] for row in store.collect("models", of_run=SECOND.run_id)] == ["多"]
    assert store.read("models").count() == 2


def test_rows_come_back_as_spark_collects_them(
    classic_spark: SparkSession, store: TableStore
) -> None:
    record_event(store, FIRST, "running", spark=classic_spark, details={"inputs": {"a": 1}})
    record_event(store, FIRST, "complete", spark=classic_spark, details={"exit_code": 0})
    by_spark = store.read("runs").orderBy("event").collect()
    here = sorted(store.collect("runs"), key=lambda event: int(event["event"]))
    assert here == by_spark
    assert [event["event"] for event in here] == [1, 2]
    wanted = store.collect("runs", ["status", "exit_code"], of_run=FIRST.run_id)
    assert {tuple(row) for row in wanted} == {("running", None), ("complete", 0)}


def test_commits_of_both_follow_each_other_and_others_read_them(
    classic_spark: SparkSession, store: TableStore
) -> None:
    models = to_spark(classic_spark, _rows("models"), StructType(own_fields("models")))
    for number in range(13):
        run = RunKey(FIRST.as_of, f"run {number}")
        if number % 4 == 3:
            store.write("models", models, run)
        else:
            store.write_small("models", _rows("models"), run)
    assert store.version("models") == 13
    expected = sorted(f"run {number}" for number in range(13))
    assert sorted(row.run_id for row in store.read("models").collect()) == expected
    assert sorted(row.run_id for row in store.collect("models", ["run_id"])) == expected
    files = f"read_parquet('{store.place('models')}/**/*.parquet')"
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT count(*) FROM {files}").fetchall() == [(13,)]


def test_a_table_of_an_older_version_gets_the_columns_that_it_lacks(
    classic_spark: SparkSession, store: TableStore
) -> None:
    old = to_spark(classic_spark, pd.DataFrame({"event": [1], "run_id": ["old"]}), OLD_RUNS)
    old.write.format("delta").save(store.location("runs"))
    folder = Path(store.place("runs"))
    append_rows(folder, pa.table({"event": [2], "run_id": ["new"], "stage": ["fit"]}))
    rows = sorted(read_rows(folder), key=lambda row: int(row["event"]))
    assert [row["stage"] for row in rows] == [None, "fit"]


def test_the_log_tells_nothing_of_values(store: TableStore) -> None:
    store.write_small("models", _rows("models"), FIRST)
    commit = Path(store.place("models")) / "_delta_log" / f"{1:020}.json"
    actions = [json.loads(line) for line in commit.read_text(encoding="utf-8").splitlines()]
    added = [action["add"] for action in actions if "add" in action]
    assert [json.loads(add["stats"])["minValues"] for add in added] == [{}]
