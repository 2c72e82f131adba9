"""Files are identified by name, size and time of change; those of a store in test_sources.py."""

from __future__ import annotations

import os
from pathlib import Path

from pyspark.sql import SparkSession

from rfmf_spark.ledger.file_identity import describe_files


def write(file: Path, text: str, at: int) -> None:
    file.write_text(text)
    os.utime(file, (at, at))


def test_what_is_written_in_the_place_of_a_file_is_another(
    spark: SparkSession, tmp_path: Path
) -> None:
    files = [tmp_path / "a%20b 1.csv", tmp_path / "2.csv"]
    for file in files:
        write(file, "1234", at=1_000)
    names = [file.as_uri() for file in files]

    first = describe_files(spark, names)
    assert (first["files"], first["bytes"]) == (2, 8)
    assert describe_files(spark, names[::-1]) == first

    write(files[0], "12345", at=1_000)
    longer = describe_files(spark, names)
    assert longer["bytes"] == 9

    write(files[0], "4321", at=2_000)
    later = describe_files(spark, names)
    assert later["bytes"] == 8
    assert len({told["digest"] for told in (first, longer, later)}) == 3


def test_files_that_nobody_lists_are_identified_by_name(spark: SparkSession) -> None:
    told = describe_files(spark, ["klingon://bucket/1.parquet"], "klingon://bucket")

    assert (told["files"], told["bytes"]) == (1, 0)
