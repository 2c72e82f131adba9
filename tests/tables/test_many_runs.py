"""Thirty runs into one root by the embedded engine, whose checkpoints come every ten commits."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.schemas.tables import OUTPUT_TABLES
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import TableStore
from tests.tables.published import AUGUST, publish_run

pytestmark = pytest.mark.slow

RUNS = 30


@pytest.fixture(scope="module")
def root(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    store = TableStore(spark, str(tmp_path_factory.mktemp("many") / "root"))
    for number in range(RUNS):
        publish_run(spark, store, f"run{number:02}", [f"u{user}" for user in range(number + 1)])
    return store.root


def test_the_logs_have_checkpoints(root: str) -> None:
    logs = Path(root, "user_features", "_delta_log")
    assert len(list(logs.glob("*.checkpoint*.parquet"))) >= RUNS // 10


def test_spark_reads_every_table_and_the_current_run(
    root: str, classic_spark: SparkSession
) -> None:
    store = TableStore(classic_spark, root)
    tables = [table for table in OUTPUT_TABLES if Path(root, table).exists()]
    assert {"user_features", "user_segments", "runs"} <= set(tables)
    for table in ("user_features", "user_segments"):
        rows = store.read(table)
        assert rows.count() == RUNS * (RUNS + 1) // 2
        assert rows.select("run_id").distinct().count() == RUNS
    current = find_current_run(store, AUGUST)
    assert current is not None
    assert current.run_id == f"run{RUNS - 1:02}"
    assert store.read_run("user_segments", current).count() == RUNS


def test_duckdb_reads_the_same_rows(root: str) -> None:
    with duckdb.connect() as connection:
        for table in ("user_features", "user_segments"):
            query = f"SELECT count(*), count(DISTINCT run_id) FROM '{root}/{table}/*/*/*.parquet'"
            counted = connection.execute(query).fetchone()
            assert counted == (RUNS * (RUNS + 1) // 2, RUNS)


def test_spark_goes_on_where_the_embedded_engine_stopped(
    root: str, spark: SparkSession, jvm_spark: SparkSession, classic_spark: SparkSession
) -> None:
    by_spark = TableStore(classic_spark, root)
    publish_run(classic_spark, by_spark, "sparks", ["u1", "u2"])
    assert find_current_run(by_spark, AUGUST) is not None
    assert by_spark.read("user_features").count() == RUNS * (RUNS + 1) // 2 + 2
