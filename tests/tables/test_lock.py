"""The run lock: one holder at a time, as a file and as a row of a table."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from rfmf_spark.errors import ConfigurationError, RunInProgressError
from rfmf_spark.tables import lock
from rfmf_spark.tables.lock import release_killed, run_lock
from rfmf_spark.tables.lock_holder import LockHolder
from rfmf_spark.tables.store import TableStore


@pytest.fixture
def store(classic_spark: SparkSession, tmp_path: Path) -> TableStore:
    return TableStore(classic_spark, str(tmp_path / "root"))


def holder_of(store: TableStore) -> str | None:
    (row,) = store.read("_lock").collect()
    return str(row.owner) if row.owner is not None else None


def let_signature_expire(spark: SparkSession, store: TableStore) -> None:
    table = f"delta.`{store.location('_lock')}`"
    spark.sql(f"UPDATE {table} SET signed_at = signed_at - INTERVAL 31 MINUTES")


def test_a_file_lock_is_held_by_one(classic_spark: SparkSession, store: TableStore) -> None:
    with (
        run_lock(store, classic_spark, "first"),
        pytest.raises(RunInProgressError, match=r"first on .*another output\.root"),
        run_lock(store, classic_spark, "second"),
    ):
        pass
    with run_lock(store, classic_spark, "third"):
        pass


def test_an_error_releases_a_file_lock(classic_spark: SparkSession, store: TableStore) -> None:
    with pytest.raises(ZeroDivisionError), run_lock(store, classic_spark, "first"):
        _ = 1 / 0
    with run_lock(store, classic_spark, "second"):
        pass


def test_a_root_that_cannot_be_written_is_refused(
    classic_spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    store = TableStore(classic_spark, str(tmp_path / "file" / "root"))
    with (
        pytest.raises(ConfigurationError, match=r"output\.root .* cannot be written"),
        run_lock(store, classic_spark, "first"),
    ):
        pass


def test_a_folder_that_a_connect_server_sees_too_is_locked(
    classic_spark: SparkSession, store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "is_remote", lambda: True)
    with run_lock(store, classic_spark, "first") as still_held:
        still_held()


def test_a_folder_that_a_connect_server_does_not_see_is_refused(
    classic_spark: SparkSession, store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "is_remote", lambda: True)
    elsewhere = Mock()
    elsewhere.read.text.side_effect = AnalysisException("[PATH_NOT_FOUND]")
    refused = rf"output\.root is {store.root}, a folder of this computer .* give a folder that both"
    with (
        pytest.raises(ConfigurationError, match=refused),
        run_lock(store, elsewhere, "first"),
    ):
        pass


def test_a_table_lock_is_held_by_one_and_released(
    classic_spark: SparkSession, store: TableStore
) -> None:
    with run_lock(store, classic_spark, "first", kind="table"):
        assert str(holder_of(store)).startswith("first on ")
        with (
            pytest.raises(RunInProgressError, match="first on "),
            run_lock(store, classic_spark, "second", kind="table"),
        ):
            pass
        assert str(holder_of(store)).startswith("first on ")
    assert holder_of(store) is None
    with run_lock(store, classic_spark, "third", kind="table"):
        assert str(holder_of(store)).startswith("third on ")


def test_an_error_releases_a_table_lock(classic_spark: SparkSession, store: TableStore) -> None:
    with pytest.raises(ZeroDivisionError), run_lock(store, classic_spark, "first", kind="table"):
        _ = 1 / 0
    assert holder_of(store) is None


def test_a_table_lock_that_cannot_be_let_go_of_hides_nothing(
    classic_spark: SparkSession, store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Mock(side_effect=RuntimeError("Cannot call methods on a stopped SparkContext"))
    monkeypatch.setattr("rfmf_spark.tables.table_lock.release_row", broken)
    with pytest.raises(ZeroDivisionError), run_lock(store, classic_spark, "first", kind="table"):
        _ = 1 / 0
    broken.assert_called_once()


def test_a_table_lock_that_nobody_signs_is_taken_over_and_not_released_by_its_old_owner(
    classic_spark: SparkSession, store: TableStore
) -> None:
    with run_lock(store, classic_spark, "lost", kind="table", stale_minutes=30):
        let_signature_expire(classic_spark, store)
        heir = run_lock(store, classic_spark, "heir", kind="table", stale_minutes=30)
        heir.__enter__()
    assert str(holder_of(store)).startswith("heir on ")
    heir.__exit__(None, None, None)
    assert holder_of(store) is None


def test_of_two_that_want_a_table_lock_at_the_same_moment_one_gets_it(
    classic_spark: SparkSession, store: TableStore
) -> None:
    with run_lock(store, classic_spark, "before", kind="table"):
        pass
    start, both_tried = threading.Barrier(2, timeout=300), threading.Barrier(2, timeout=300)
    outcomes: dict[str, str] = {}

    def try_lock(name: str) -> None:
        start.wait()
        try:
            with run_lock(store, classic_spark, name, kind="table"):
                both_tried.wait()
            outcomes[name] = "held"
        except RunInProgressError:
            both_tried.wait()
            outcomes[name] = "refused"

    threads = [threading.Thread(target=try_lock, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes.values()) == ["held", "refused"]


def test_a_file_lock_in_an_object_store_is_refused(classic_spark: SparkSession) -> None:
    store = TableStore(classic_spark, "hdfs://name/out")
    with (
        pytest.raises(ConfigurationError, match=r"output\.lock is 'file', but hdfs://name/out"),
        run_lock(store, classic_spark, "first", kind="file"),
    ):
        pass


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n"])
def test_s3_without_a_log_store_that_arbitrates_is_refused(
    classic_spark: SparkSession, scheme: str
) -> None:
    store = TableStore(classic_spark, f"{scheme}://bucket/out")
    with (
        pytest.raises(ConfigurationError, match=rf"spark\.delta\.logStore\.{scheme}\.impl"),
        run_lock(store, classic_spark, "first"),
    ):
        pass


def left_by(spark: SparkSession, store: TableStore, holder: LockHolder) -> None:
    """The row of a lock whose holder was killed."""
    with run_lock(store, spark, "before", kind="table"):
        pass
    spark.sql(
        f"UPDATE delta.`{store.location('_lock')}` "
        f"SET owner = '{holder}', signed_at = current_timestamp()"
    )


def test_a_killed_run_takes_its_table_lock_back_at_once_and_no_other_run_does(
    classic_spark: SparkSession, store: TableStore
) -> None:
    killed = replace(LockHolder.here("stage fit of nightly"), host="lost-node")
    left_by(classic_spark, store, killed)
    for other in (None, "another", "night"):
        with (
            pytest.raises(RunInProgressError, match="stage fit of nightly on lost-node, process"),
            run_lock(store, classic_spark, str(other), run_id=other, kind="table"),
        ):
            pass
    with run_lock(store, classic_spark, "nightly", run_id="nightly", kind="table") as still_held:
        still_held()
    assert holder_of(store) is None


def test_an_attempt_that_lives_on_this_computer_keeps_its_table_lock(
    classic_spark: SparkSession, store: TableStore
) -> None:
    with (
        run_lock(store, classic_spark, "nightly", run_id="nightly", kind="table"),
        pytest.raises(RunInProgressError, match="nightly on "),
        run_lock(store, classic_spark, "nightly", run_id="nightly", kind="table"),
    ):
        pass


def test_who_has_lost_a_table_lock_is_told_by_whom_before_it_writes(
    classic_spark: SparkSession, store: TableStore
) -> None:
    with run_lock(store, classic_spark, "nightly", kind="table") as still_held:
        heir = replace(LockHolder.here("nightly"), host="other-node")
        table = f"delta.`{store.location('_lock')}`"
        classic_spark.sql(f"UPDATE {table} SET owner = '{heir}'")
        with pytest.raises(RunInProgressError, match=r"taken from nightly on .*; nightly on other"):
            still_held()
    assert holder_of(store) == str(heir)


def test_what_a_complete_run_still_held_is_let_go_of(
    classic_spark: SparkSession, store: TableStore
) -> None:
    left_by(classic_spark, store, replace(LockHolder.here("nightly"), host="lost-node"))
    release_killed(store, classic_spark, "another", "table")
    assert str(holder_of(store)).startswith("nightly on lost-node")
    release_killed(store, classic_spark, "nightly", "table")
    assert holder_of(store) is None
