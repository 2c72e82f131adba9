"""Tables of a store: filed under run keys, without statistics, at paths of several forms."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.schemas.tables import SCHEMA_VERSION
from rfmf_spark.session.paths import is_local, local_path
from rfmf_spark.tables import store as module
from rfmf_spark.tables.store import RunKey, TableStore

RUN = RunKey(dt.date(2019, 8, 14), "first")
OTHER = RunKey(dt.date(2019, 8, 14), "second")

CELL = "r_score int, f_score int, m_score int, users int, rfmf_score double, segment_id int"


@pytest.fixture
def store(classic_spark: SparkSession, tmp_path: Path) -> TableStore:
    return TableStore(classic_spark, str(tmp_path / "root"))


def cells(spark: SparkSession, *users: int) -> DataFrame:
    """One cell per number of users."""
    rows = [(1, 1, number, count, 1.0, 1) for number, count in enumerate(users, start=1)]
    return spark.createDataFrame(rows, CELL)


def counted(store: TableStore, run: RunKey) -> list[int]:
    return sorted(row.users for row in store.read_run("score_cells", run).collect())


def test_rows_are_filed_under_their_run(classic_spark: SparkSession, store: TableStore) -> None:
    store.write("score_cells", cells(classic_spark, 5, 7), RUN)
    store.write("score_cells", cells(classic_spark, 9), OTHER)
    assert counted(store, RUN) == [5, 7]
    assert counted(store, OTHER) == [9]
    assert {(row.as_of, row.run_id) for row in store.read("score_cells").collect()} == {
        (RUN.as_of, "first"),
        (OTHER.as_of, "second"),
    }
    assert "run_id" not in store.read_run("score_cells", RUN).columns


def test_a_repeated_stage_replaces_its_own_rows_only(
    classic_spark: SparkSession, store: TableStore
) -> None:
    store.write("score_cells", cells(classic_spark, 5, 7), RUN)
    store.write("score_cells", cells(classic_spark, 9), OTHER)
    store.write("score_cells", cells(classic_spark, 6), RUN, replace=True)
    assert counted(store, RUN) == [6]
    assert counted(store, OTHER) == [9]


def test_a_table_of_an_older_version_gets_the_columns_added_since(
    classic_spark: SparkSession, store: TableStore
) -> None:
    store.write("score_cells", cells(classic_spark, 5), RUN)
    location = f"delta.`{store.location('score_cells')}`"
    classic_spark.sql(
        f"ALTER TABLE {location} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', "
        f"'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5')"
    )
    classic_spark.sql(f"ALTER TABLE {location} DROP COLUMN segment_id")

    store.write("score_cells", cells(classic_spark, 7), OTHER)

    found = store.read("score_cells").select("run_id", "users", "segment_id").collect()
    assert sorted(tuple(row) for row in found) == [("first", 5, None), ("second", 7, 1)]


def test_columns_get_the_types_of_the_contract(
    classic_spark: SparkSession, store: TableStore
) -> None:
    store.write("score_cells", cells(classic_spark, 5), RUN)
    assert dict(store.read("score_cells").dtypes)["users"] == "bigint"


def test_a_key_column_may_not_be_null(classic_spark: SparkSession, store: TableStore) -> None:
    store.create("holdings")
    columns = {field.name: field.nullable for field in store.read("holdings").schema}
    assert (columns["user_id"], columns["units"]) == (False, True)


def test_what_a_filter_has_dropped_is_not_held_against_the_table(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = [("u1", 3, 1, None), (None, 4, 1, None)]
    columns = "user_id string, recency_days bigint, frequency bigint, monetary decimal(28,8)"
    path = str(tmp_path / "rows")
    spark.createDataFrame(rows, columns).write.parquet(path)
    given = spark.read.parquet(path)
    store, run = TableStore(spark, str(tmp_path / "root")), RunKey(dt.date(2019, 8, 14), "r1")

    store.write("clean_features", given.where("user_id IS NOT NULL"), run)

    assert [row["user_id"] for row in store.read_run("clean_features", run).collect()] == ["u1"]
    with pytest.raises(Exception, match=r"(?i)not null"):
        store.write("clean_features", given, run)


def test_the_log_of_a_table_keeps_no_values_of_its_rows(
    classic_spark: SparkSession, store: TableStore, tmp_path: Path
) -> None:
    rows = classic_spark.createDataFrame(
        [("trades", "no_nav", "user-4711")], "source string, reason string, record string"
    )
    store.write("quarantine", rows, RUN)
    logs = list((tmp_path / "root" / "quarantine" / "_delta_log").glob("*.json"))
    assert len(logs) == 2
    assert [log for log in logs if "4711" in log.read_text()] == []


def test_tables_know_the_version_of_their_schema(
    classic_spark: SparkSession, store: TableStore
) -> None:
    store.create("models")
    properties = classic_spark.sql(
        f"SHOW TBLPROPERTIES delta.`{store.location('models')}`"
    ).collect()
    assert dict(map(tuple, properties))["rfmf.schemaVersion"] == str(SCHEMA_VERSION)


def test_creating_a_table_twice_keeps_its_rows(
    classic_spark: SparkSession, store: TableStore
) -> None:
    store.write("score_cells", cells(classic_spark, 5), RUN)
    store.create("score_cells")
    assert counted(store, RUN) == [5]


@pytest.mark.parametrize("table", ["runs", "user_features", "models"])
def test_a_table_made_here_is_the_one_that_spark_makes(
    table: str, classic_spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    TableStore(classic_spark, str(tmp_path / "here")).create(table)
    monkeypatch.setattr(module, "is_remote", lambda: True)
    TableStore(classic_spark, str(tmp_path / "by-spark")).create(table)
    here, by_spark = (
        log_entry(tmp_path / place / table / "_delta_log") for place in ("here", "by-spark")
    )
    assert here["commitInfo"]["engineInfo"].startswith("rfmf_spark/")
    assert by_spark["commitInfo"]["engineInfo"].startswith("Apache-Spark/")
    assert here["protocol"] == by_spark["protocol"]
    for name in ("format", "partitionColumns", "configuration"):
        assert here["metaData"][name] == by_spark["metaData"][name], name
    schemas = [json.loads(made["metaData"]["schemaString"]) for made in (here, by_spark)]
    assert schemas[0] == schemas[1]
    for name in ("tableSizeBytes", "numFiles", "numMetadata", "numProtocol", "protocol"):
        assert here["checksum"][name] == by_spark["checksum"][name], name


def log_entry(log: Path) -> dict[str, dict[str, Any]]:
    """The actions of a table's first commit, which is all that its log holds, and its checksum."""
    (commit,) = (file for file in log.iterdir() if file.suffix == ".json")
    assert not list(log.glob("*.tmp"))
    actions = [json.loads(line) for line in commit.read_text(encoding="utf-8").splitlines()]
    found = {name: action[name] for action in actions for name in action}
    return found | {"checksum": json.loads(commit.with_suffix(".crc").read_text())}


def test_a_table_exists_once_it_is_created(store: TableStore) -> None:
    assert not store.exists("models")
    store.create("models")
    assert store.exists("models")
    assert not store.exists("runs")


def test_the_version_of_a_table_grows_with_every_write(
    classic_spark: SparkSession, store: TableStore
) -> None:
    store.write("score_cells", cells(classic_spark, 5), RUN)
    first = store.version("score_cells")
    store.write("score_cells", cells(classic_spark, 7), OTHER)
    assert store.version("score_cells") == first + 1
    told = classic_spark.sql(f"DESCRIBE HISTORY delta.`{store.location('score_cells')}`").collect()
    assert store.version("score_cells") == max(row.version for row in told)


def test_a_root_elsewhere_is_asked_by_spark(
    classic_spark: SparkSession, store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write("score_cells", cells(classic_spark, 5), RUN)
    monkeypatch.setattr(module, "is_local", lambda root: False)
    assert store.exists("score_cells")
    assert not store.exists("models")
    assert store.version("score_cells") == 1
    store.write("score_cells", cells(classic_spark, 7), OTHER)
    assert counted(store, OTHER) == [7]


def test_files_and_tables_of_others_elsewhere_are_left_alone(
    classic_spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_local", lambda root: False)
    store = TableStore(classic_spark, f"file:{tmp_path}")
    cells(classic_spark, 5).write.parquet(str(tmp_path / "score_cells"))
    cells(classic_spark, 5).write.format("delta").save(str(tmp_path / "models"))

    for table in ("score_cells", "models"):
        told = f"{table} that is no table of ours; choose another folder"
        with pytest.raises(ConfigurationError, match=told):
            store.create(table)
        with pytest.raises(ConfigurationError, match="that is no table of ours"):
            store.require_own_tables()


def test_a_root_may_hold_blanks_quotes_and_chinese(
    classic_spark: SparkSession, tmp_path: Path
) -> None:
    store = TableStore(classic_spark, str(tmp_path / "Huang's 结果 folder"))
    store.write("score_cells", cells(classic_spark, 5), RUN)
    assert counted(store, RUN) == [5]
    assert store.version("score_cells") == 1


def test_a_back_quote_in_the_root_is_refused(classic_spark: SparkSession) -> None:
    with pytest.raises(ConfigurationError, match=r"output\.root is .*back quotes"):
        TableStore(classic_spark, "a`b")


def test_a_local_root_is_absolute_whatever_its_form(classic_spark: SparkSession) -> None:
    assert TableStore(classic_spark, "file:///data/out").root == "/data/out"
    assert TableStore(classic_spark, "file:/data/out").root == "/data/out"
    assert TableStore(classic_spark, "results").root == str(Path.cwd() / "results")
    assert TableStore(classic_spark, "s3a://bucket/out/").root == "s3a://bucket/out"


@pytest.mark.parametrize(
    ("root", "local"),
    [
        ("/data/out", True),
        ("out", True),
        ("file:/data/out", True),
        ("hdfs://name/out", False),
        ("s3a://bucket/out", False),
        ("abfss://box@account/out", False),
    ],
)
def test_roots_are_told_apart_by_their_scheme(root: str, local: bool) -> None:
    assert is_local(root) is local


def test_the_local_path_of_a_uri_is_what_follows_the_scheme() -> None:
    assert local_path("file:///data/out") == local_path("/data/out") == Path("/data/out")


def test_a_run_key_selects_its_rows_by_date_and_id() -> None:
    assert RUN.predicate() == "as_of = DATE'2019-08-14' AND run_id = 'first'"
