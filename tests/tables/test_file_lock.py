"""The lock file where its disk or its file system does not play along."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.errors import ConfigurationError, RunInProgressError
from rfmf_spark.tables.file_lock import find_file_holder, remove_lock_file
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.store import TableStore
from tests.limits import largest_file


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> TableStore:
    return TableStore(spark, str(tmp_path / "root"))


def refuse_flock(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: object, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused_and_not_taken_for_another_run(
    number: int, spark: SparkSession, store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_flock(number, monkeypatch)
    refused = rf"{store.root}: its file system keeps no locks \({os.strerror(number)}\).*NFS 4"
    with pytest.raises(ConfigurationError, match=refused), run_lock(store, spark, "first"):
        pass


def test_a_lock_that_another_holds_is_told_as_such(
    spark: SparkSession, store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_flock(errno.EWOULDBLOCK, monkeypatch)
    with pytest.raises(RunInProgressError), run_lock(store, spark, "first"):
        pass


def test_a_lock_on_a_full_disk_is_no_lock_and_is_free_again(
    spark: SparkSession, store: TableStore
) -> None:
    with (
        largest_file(0),
        pytest.raises(OSError, match="File too large"),
        run_lock(store, spark, "first"),
    ):
        pass
    with run_lock(store, spark, "second"):
        pass


def test_a_disk_that_fails_at_the_end_does_not_hide_what_the_run_has_come_to(
    spark: SparkSession, store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int, length: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    outcomes = iter([os.ftruncate, fail])
    monkeypatch.setattr("os.ftruncate", lambda handle, length: next(outcomes)(handle, length))
    with pytest.raises(ZeroDivisionError), run_lock(store, spark, "first"):
        _ = 1 / 0


def test_a_lock_whose_file_was_removed_is_lost_and_its_holder_told(
    spark: SparkSession, store: TableStore
) -> None:
    with run_lock(store, spark, "first") as still_held:
        still_held()
        remove_lock_file(Path(store.root))
        with run_lock(store, spark, "second") as second_holds:
            second_holds()
            with pytest.raises(RunInProgressError, match=r"taken from first on .*rfmf unlock"):
                still_held()
            assert str(find_file_holder(Path(store.root))).startswith("second on ")
    assert find_file_holder(Path(store.root)) is None
