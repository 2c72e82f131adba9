"""Tables of other releases: read as they are, completed when written to, refused where newer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.schemas.tables import OUTPUT_TABLES, SCHEMA_VERSION
from rfmf_spark.tables import releases
from rfmf_spark.tables import store as module
from rfmf_spark.tables.history import list_runs
from rfmf_spark.tables.ownership import SCHEMA_PROPERTY
from rfmf_spark.tables.rollback import roll_back
from rfmf_spark.tables.runs import read_current, record_event
from rfmf_spark.tables.small_tables import read_rows
from rfmf_spark.tables.store import RunKey, TableStore
from rfmf_spark.tables.table_log import TableState, commit_versions, read_state
from tests.tables.old_roots import ADDED, OLD_RUN, OLD_TABLES, OLD_USERS, content, unpack_old_root
from tests.tables.published import AUGUST, publish_run

NEW_RUN = RunKey(AUGUST, "new")

# A release that changes OUTPUT_TABLES raises the version, and adds its line.
DIGESTS = {2: "a22af22bd0e2c893"}


@pytest.fixture
def old_root(tmp_path: Path) -> Path:
    return unpack_old_root(tmp_path)


def columns_of(root: Path, table: str) -> list[str]:
    """The columns that the log of a table tells."""
    schema = json.loads(read_state(root / table).metadata["schemaString"])
    return [field["name"] for field in schema["fields"]]


def set_version(root: Path, table: str, version: str) -> None:
    """Let a table say that it is of another version."""
    state = read_state(root / table)
    changed = dict(state.metadata) | {"configuration": {SCHEMA_PROPERTY: version}}
    number = max(commit_versions(root / table)) + 1
    commit = root / table / "_delta_log" / f"{number:020}.json"
    commit.write_text(json.dumps({"metaData": changed}) + "\n")


def test_every_change_of_a_table_raises_the_version() -> None:
    told = json.dumps({name: schema.jsonValue() for name, schema in OUTPUT_TABLES.items()})
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == DIGESTS[SCHEMA_VERSION]
    assert max(DIGESTS) == SCHEMA_VERSION


def test_the_old_root_is_one(old_root: Path) -> None:
    for table in OLD_TABLES:
        assert read_state(old_root / table).properties[SCHEMA_PROPERTY] == "1"
        lacking = releases.missing_fields(OUTPUT_TABLES[table], columns_of(old_root, table))
        assert [field.name for field in lacking] == ADDED.get(table, [])


def test_readers_get_null_for_what_was_not_written(spark: SparkSession, old_root: Path) -> None:
    before = content(old_root)
    store = TableStore(spark, str(old_root))
    (summary,) = list_runs(store, None, 10)
    assert (summary.run_id, summary.users, summary.k) == (OLD_RUN, OLD_USERS, 5)
    assert summary.verdict is None

    for table in OLD_TABLES:
        schema, names = OUTPUT_TABLES[table], store.read(table).columns
        assert sorted(names) == sorted(schema.names)
    profile = read_current(spark, str(old_root), "segment_profile").toPandas()
    assert profile["users"].sum() == OLD_USERS
    assert profile["name_reason"].isna().all()
    assert content(old_root) == before


def test_so_do_those_who_read_without_an_engine(old_root: Path) -> None:
    rows = read_rows(old_root / "runs", ["event", "stage", "status"], OLD_RUN)
    assert sorted(map(tuple, rows)) == [(1, None, "running"), (2, None, "complete")]


def test_the_first_event_completes_the_table_of_runs(spark: SparkSession, old_root: Path) -> None:
    store = TableStore(spark, str(old_root))
    record_event(store, NEW_RUN, "running", spark=spark, details={"stage": "clean"})

    told = store.read("runs").select("event", "run_id", "stage").collect()
    assert sorted(map(tuple, told)) == [(1, OLD_RUN, None), (2, OLD_RUN, None), (3, "new", "clean")]
    state = read_state(old_root / "runs")
    assert state.properties == {
        SCHEMA_PROPERTY: str(SCHEMA_VERSION),
        "delta.dataSkippingNumIndexedCols": "0",
    }
    # One commit for the column, one for the row; what was not written to is as it was.
    assert store.version("runs") == 4
    assert store.version("k_selection") == 1


def test_a_run_into_an_old_root_and_back_to_the_old_run(
    spark: SparkSession, old_root: Path
) -> None:
    store = TableStore(spark, str(old_root))
    publish_run(spark, store, "new", ["u1", "u2", "u3"])
    listed = list_runs(TableStore(spark, str(old_root)), AUGUST, 10)
    assert [(run.run_id, run.verdict) for run in listed] == [("new", "clear"), (OLD_RUN, None)]
    assert read_current(spark, str(old_root), "user_features").count() == 3

    done = roll_back(spark, store, OLD_RUN, None, OutputSettings())

    assert (done.run.run_id, done.before) == (OLD_RUN, NEW_RUN)
    assert read_current(spark, str(old_root), "user_features").count() == OLD_USERS
    for table, added in ADDED.items():
        assert columns_of(old_root, table)[-len(added) :] == added


def test_spark_takes_what_was_completed_here_for_its_own(
    classic_spark: SparkSession, old_root: Path
) -> None:
    store = TableStore(classic_spark, str(old_root))
    publish_run(classic_spark, store, "new", ["u1"])
    history = classic_spark.sql(f"DESCRIBE HISTORY delta.`{store.location('runs')}`").collect()
    assert [row.operation for row in history] == [
        "WRITE",
        "WRITE",
        "ADD COLUMNS",
        "WRITE",
        "WRITE",
        "CREATE TABLE",
    ]
    assert [run.run_id for run in list_runs(store, None, 10)] == ["new", OLD_RUN]
    assert store.read_run("k_selection", NEW_RUN).where("verdict = 'clear'").count() == 1


@pytest.mark.parametrize("elsewhere", ["is_remote", "is_local"])
def test_where_the_log_is_not_at_hand_the_engine_adds_the_columns(
    elsewhere: str, classic_spark: SparkSession, old_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TableStore(classic_spark, str(old_root))
    answer = elsewhere == "is_remote"
    monkeypatch.setattr(module, elsewhere, lambda *root: answer)
    record_event(store, NEW_RUN, "running", spark=classic_spark, details={"stage": "clean"})

    assert columns_of(old_root, "runs")[-1] == "stage"
    assert read_state(old_root / "runs").properties[SCHEMA_PROPERTY] == str(SCHEMA_VERSION)
    assert store.read("runs").where("stage = 'clean'").count() == 1
    first = json.loads(
        (old_root / "runs" / "_delta_log" / f"{3:020}.json").read_text().splitlines()[0]
    )
    assert first["commitInfo"]["engineInfo"].startswith("Apache-Spark/")


def test_a_log_that_asks_more_of_writers_is_left_to_the_engine(
    spark: SparkSession, old_root: Path
) -> None:
    later = old_root / "runs" / "_delta_log" / f"{3:020}.json"
    later.write_text('{"protocol":{"minReaderVersion":1,"minWriterVersion":4}}\n')
    assert not releases.upgrade_here(old_root / "runs", OUTPUT_TABLES["runs"])
    assert max(commit_versions(old_root / "runs")) == 3

    store = TableStore(spark, str(old_root))
    record_event(store, NEW_RUN, "running", spark=spark, details={"stage": "clean"})
    assert store.read("runs").where("stage = 'clean'").count() == 1


def test_another_client_may_commit_in_between(
    old_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = old_root / "runs"
    looks: list[Path] = []

    def look(asked: Path) -> TableState:
        state = read_state(asked)
        if not looks:
            foreign = asked / "_delta_log" / f"{3:020}.json"
            foreign.write_text('{"commitInfo":{"operation":"OPTIMIZE"}}\n')
        looks.append(asked)
        return state

    monkeypatch.setattr(releases, "read_state", look)
    assert releases.upgrade_here(folder, OUTPUT_TABLES["runs"])
    assert max(commit_versions(folder)) == 4
    assert "stage" in columns_of(old_root, "runs")


def test_nothing_is_written_where_a_newer_release_has_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    store = TableStore(spark, str(root))
    publish_run(spark, store, "theirs", ["u1"])
    newer = SCHEMA_VERSION + 1
    set_version(root, "runs", str(newer))
    before = content(root)
    told = (
        f"output.root {root} was written by a newer release of rfmf (tables of version {newer}, "
        f"this one writes version {SCHEMA_VERSION}); use that release, or another output.root"
    )

    fresh = TableStore(spark, str(root))
    for write in (
        fresh.require_own_tables,
        lambda: record_event(fresh, NEW_RUN, "running", spark=spark),
        lambda: fresh.create("runs"),
    ):
        with pytest.raises(ConfigurationError) as refused:
            write()
        assert str(refused.value) == told
    assert content(root) == before
    # Columns are only ever added, so there is no harm in reading.
    assert [run.run_id for run in list_runs(fresh, None, 10)] == ["theirs"]


def test_one_newer_table_is_enough_and_a_version_that_is_no_number_counts_as_old(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = TableStore(spark, str(tmp_path))
    publish_run(spark, store, "ours", ["u1"])
    set_version(tmp_path, "k_selection", "99")
    with pytest.raises(ConfigurationError, match="tables of version 99"):
        TableStore(spark, str(tmp_path)).require_own_tables()

    set_version(tmp_path, "k_selection", "one")
    publish_run(spark, TableStore(spark, str(tmp_path)), "again", ["u1"])
    kept = read_state(tmp_path / "k_selection").properties[SCHEMA_PROPERTY]
    assert kept == str(SCHEMA_VERSION)


def test_spark_tells_the_version_of_a_root_elsewhere(
    classic_spark: SparkSession, old_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_version(old_root, "runs", "99")
    store = TableStore(classic_spark, str(old_root))
    monkeypatch.setattr(module, "is_local", lambda root: False)
    with pytest.raises(ConfigurationError, match="tables of version 99"):
        store.require_own_tables()


def test_the_state_is_that_of_the_newest_entries(tmp_path: Path) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    for number, owner in enumerate("abc"):
        action = {"metaData": {"id": "x", "configuration": {"owner": owner}}}
        (log / f"{number:020}.json").write_text(json.dumps(action) + "\n")
    assert read_state(tmp_path).properties == {"owner": "c"}
    (log / f"{3:020}.json").write_text('{"add":{"path":"\\"metaData\\""}}\n')
    assert read_state(tmp_path).properties == {"owner": "c"}


def test_the_state_of_a_long_history_is_in_its_checkpoint(tmp_path: Path) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    pairs = pa.map_(pa.string(), pa.string())
    layout = pa.struct({"provider": pa.string(), "options": pairs})
    kind = pa.struct({"name": pa.string(), "format": layout, "configuration": pairs})
    row = {
        "name": None,
        "format": {"provider": "parquet", "options": []},
        "configuration": [("owner", "b")],
    }
    protocol = {"minReaderVersion": 1, "minWriterVersion": 2, "readerFeatures": None}
    rows = pa.table({"metaData": pa.array([None, row], kind), "protocol": [protocol, None]})
    pq.write_table(rows, log / f"{10:020}.checkpoint.parquet")
    (log / f"{9:020}.json").write_text('{"metaData":{"configuration":{"owner":"a"}}}\n')
    (log / f"{11:020}.json").write_text('{"add":{"path":"part"}}\n')

    state = read_state(tmp_path)

    assert state.metadata == {
        "format": {"provider": "parquet", "options": {}},
        "configuration": {"owner": "b"},
    }
    assert state.protocol == {"minReaderVersion": 1, "minWriterVersion": 2}
