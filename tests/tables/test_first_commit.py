"""The first entry of a table's log: whole, once, and readable."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from rfmf_spark.tables.first_commit import create_table_here

SCHEMA = StructType([StructField("n", IntegerType(), False), StructField("run_id", StringType())])


def create(folder: Path, owner: str = "a") -> None:
    create_table_here(folder, SCHEMA, ["run_id"], {"owner": owner})


def owner_of(folder: Path) -> str:
    commit, checksum = sorted((folder / "_delta_log").iterdir(), reverse=True)
    assert (commit.name, checksum.name) == (f"{0:020}.json", f"{0:020}.crc")
    actions = map(json.loads, commit.read_text(encoding="utf-8").splitlines())
    (metadata,) = (action["metaData"] for action in actions if "metaData" in action)
    assert json.loads(checksum.read_text(encoding="utf-8"))["metadata"] == metadata
    return str(metadata["configuration"]["owner"])


def test_an_engine_finds_an_empty_table(spark: SparkSession, tmp_path: Path) -> None:
    create(tmp_path / "some_where")
    found = spark.read.format("delta").load(str(tmp_path / "some_where"))
    assert [(name, kind) for name, kind in found.dtypes] == [("n", "int"), ("run_id", "string")]
    assert found.count() == 0


def test_a_table_that_is_there_stays(tmp_path: Path) -> None:
    create(tmp_path)
    create(tmp_path, "b")
    assert owner_of(tmp_path) == "a"


def test_it_works_where_files_have_one_name_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*names: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    create(tmp_path)
    create(tmp_path, "b")
    assert owner_of(tmp_path) == "a"


def test_what_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        create(tmp_path)
    assert list((tmp_path / "_delta_log").iterdir()) == []
