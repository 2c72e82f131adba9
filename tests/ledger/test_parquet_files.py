"""Parquet as others write it: read, ignored, or refused by the name of the column."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.input import InputSettings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.parsing import parse_columns
from rfmf_spark.ledger.sources import open_source
from rfmf_spark.schemas.inputs import ColumnKind, InputColumn
from rfmf_spark.session.engines import engine_of

LATE = dt.datetime(2019, 1, 2, 20, 30)
DAY, NEXT = dt.date(2019, 1, 2), dt.date(2019, 1, 3)
HALF = decimal.Decimal("1.5")
ID = InputColumn("id", "text")

# What is stored, the kind that is asked for, and what it means at noon of Shanghai.
READ: list[tuple[pa.Array, ColumnKind, Any]] = [
    (pa.array([LATE], pa.timestamp("ns")), "date", DAY),
    (pa.array([LATE], pa.timestamp("us")), "date", DAY),
    (pa.array([LATE], pa.timestamp("ms")), "date", DAY),
    (pa.array([LATE], pa.timestamp("ns", "UTC")), "date", NEXT),
    (pa.array([LATE], pa.timestamp("us", "America/New_York")), "date", NEXT),
    (pa.array([dt.datetime(1969, 12, 31, 23)], pa.timestamp("ns")), "date", dt.date(1969, 12, 31)),
    (pa.array([DAY], pa.date32()), "date", DAY),
    (pa.nulls(1), "date", None),
    (pa.nulls(1), "money", None),
    (pa.nulls(1), "text", None),
    (pa.nulls(1), "timestamp", None),
    (pa.array([200], pa.uint8()), "money", 20_000),
    (pa.array([2**16 - 1], pa.uint16()), "count", 2**16 - 1),
    (pa.array([2**32 - 1], pa.uint32()), "text", str(2**32 - 1)),
    (pa.array([2**64 - 1], pa.uint64()), "text", str(2**64 - 1)),
    (pa.array(["u1"], pa.large_string()), "text", "u1"),
    (pa.array(["u1"], pa.string_view()), "text", "u1"),
    (pa.array([b"u1"], pa.binary()), "text", "u1"),
    (pa.array([b"1.50"], pa.large_binary()), "money", 150),
    (pa.array([HALF], pa.decimal128(9, 3)), "money", 150),
    (pa.array([HALF], pa.decimal128(38, 20)), "money", 150),
    (pa.array([1.5], pa.float32()), "money", 150),
]

UNREAD = [
    (pa.array([dt.time(1, 2)], pa.time64("us")), "write dates or timestamps"),
    (pa.array([dt.time(1, 2)], pa.time64("ns")), "write dates or timestamps"),
    (pa.array([dt.time(1, 2)], pa.time32("ms")), "write dates or timestamps"),
    (pa.array([dt.timedelta(1)], pa.duration("us")), "write whole numbers"),
    (pa.array([1.5], pa.float32()).cast(pa.float16()), "write it as decimal or double"),
    (pa.array([HALF], pa.decimal256(50, 10)), "write it with at most 38 digits"),
]


@pytest.fixture(params=["spark", "classic_spark"])
def engine(request: pytest.FixtureRequest) -> SparkSession:
    session: SparkSession = request.getfixturevalue(request.param)
    return session


def write(path: Path, **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pa.table(columns), path)
    return path


def rows_of(spark: SparkSession, path: Path, *columns: InputColumn) -> list[tuple[Any, ...]]:
    source = open_source(spark, "trades", str(path), columns, InputSettings())
    parsed = parse_columns(source.rows, columns)
    return sorted(
        map(tuple, parsed.select(*[column.typed_name for column in columns]).collect()), key=str
    )


def refusal(spark: SparkSession, path: Path, *columns: InputColumn) -> str:
    with pytest.raises(InputRefusedError) as refused:
        rows_of(spark, path, *columns)
    return str(refused.value)


def test_types_that_others_write_are_read(engine: SparkSession, tmp_path: Path) -> None:
    stored = {f"c{at}": values for at, (values, _, _) in enumerate(READ)}
    columns = [InputColumn(f"c{at}", kind) for at, (_, kind, _) in enumerate(READ)]
    path = write(tmp_path / "trades.parquet", **stored)
    before = engine.conf.get("spark.sql.session.timeZone") or "UTC"
    engine.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
    try:
        (row,) = rows_of(engine, path, *columns)
    finally:
        engine.conf.set("spark.sql.session.timeZone", before)

    for (values, _, expected), found in zip(READ, row, strict=True):
        assert found == expected, values.type


def test_an_int96_is_an_instant(engine: SparkSession, tmp_path: Path) -> None:
    table = pa.table({"day": pa.array([LATE], pa.timestamp("us"))})
    path = tmp_path / "trades.parquet"
    pyarrow.parquet.write_table(table, path, use_deprecated_int96_timestamps=True)
    before = engine.conf.get("spark.sql.session.timeZone") or "UTC"
    engine.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
    try:
        assert rows_of(engine, path, InputColumn("day", "date")) == [(NEXT,)]
    finally:
        engine.conf.set("spark.sql.session.timeZone", before)


def test_types_that_no_engine_reads_are_ignored_or_refused_by_name(
    engine: SparkSession, tmp_path: Path
) -> None:
    for at, (values, remedy) in enumerate(UNREAD):
        path = write(tmp_path / f"{at}.parquet", id=["u1"], it=values)

        assert rows_of(engine, path, ID) == [("u1",)]
        told = refusal(engine, path, ID, InputColumn("it", "money"))
        assert told.startswith(f"input.trades: column it of {path} is {values.type}, which")
        assert told.endswith(f"cannot be read; {remedy}")


def test_categories_and_date64_are_read_by_spark_and_refused_by_name_elsewhere(
    engine: SparkSession, tmp_path: Path
) -> None:
    arrow_types: list[tuple[pa.Array, ColumnKind, Any, str]] = [
        (pa.array(["a"]).dictionary_encode(), "text", "a", "write it as plain text or numbers"),
        (pa.array([7]).dictionary_encode(), "money", 700, "write it as plain text or numbers"),
        (pa.array([DAY], pa.date64()), "date", DAY, "write it as date32"),
    ]
    for at, (values, kind, expected, remedy) in enumerate(arrow_types):
        path = write(tmp_path / f"{at}.parquet", id=["u1"], it=values)
        column = InputColumn("it", kind)

        assert rows_of(engine, path, ID) == [("u1",)]
        if engine_of(engine).is_here:
            told = refusal(engine, path, column)
            assert told.startswith(f"input.trades: column it of {path} is {values.type}")
            assert told.endswith(remedy)
        else:
            assert rows_of(engine, path, column) == [(expected,)]

    dates = pa.array([[DAY]], pa.list_(pa.date64()))
    assert rows_of(engine, write(tmp_path / "nested.parquet", id=["u1"], it=dates), ID) == [("u1",)]


def test_all_files_at_any_depth_are_read_with_all_their_columns(
    engine: SparkSession, tmp_path: Path
) -> None:
    folder = tmp_path / "odd [name] of*trades"
    write(folder / "a.parquet", id=["1"])
    write(folder / "sub" / "b.parquet", id=["2"], status=["failed"])
    write(folder / "sub" / "sub" / "c", status=pa.nulls(1), id=["3"], extra=[1])
    write(folder / "z.parquet", id=["6"], extra=["text"])
    write(folder / "_hidden" / "d.parquet", id=["4"])
    write(folder / ".e.parquet", id=["5"])

    found = rows_of(engine, folder, ID, InputColumn("status", "text", False))

    assert found == [("1", None), ("2", "failed"), ("3", None), ("6", None)]


def test_partition_folders_are_text(engine: SparkSession, tmp_path: Path) -> None:
    for value in ("000001", "1", "a%20b", "__HIVE_DEFAULT_PARTITION__"):
        write(tmp_path / "trades" / f"product_id={value}" / "a.parquet", id=["x"])

    found = rows_of(engine, tmp_path / "trades", ID, InputColumn("product_id", "text"))

    assert found == sorted([("x", name) for name in ("000001", "1", "a b", None)], key=str)


def test_files_outside_the_partition_folders_are_refused(
    engine: SparkSession, tmp_path: Path
) -> None:
    write(tmp_path / "trades" / "year=2019" / "a.parquet", id=["x"])
    write(tmp_path / "trades" / "b.parquet", id=["y"])

    told = refusal(engine, tmp_path / "trades", ID)
    assert f"b.parquet under {tmp_path / 'trades'} is not in the same partition folders" in told


def test_a_column_of_several_types_is_refused_where_it_is_asked_for(
    engine: SparkSession, tmp_path: Path
) -> None:
    write(tmp_path / "trades" / "a.parquet", id=["x"], amount=[1])
    write(tmp_path / "trades" / "b.parquet", id=["y"], amount=[1.5])

    assert rows_of(engine, tmp_path / "trades", ID) == [("x",), ("y",)]
    told = refusal(engine, tmp_path / "trades", ID, InputColumn("amount", "money"))
    assert told == (
        "input.trades: column amount is double in b.parquet and int64 in a.parquet; write it with "
        "one type in all files"
    )


def test_in_partition_folders_it_is_refused_wherever_it_is(
    engine: SparkSession, tmp_path: Path
) -> None:
    write(tmp_path / "trades" / "year=2019" / "a.parquet", id=["x"], note=[1])
    write(tmp_path / "trades" / "year=2020" / "b.parquet", id=["y"], note=["text"])

    told = refusal(engine, tmp_path / "trades", ID)
    assert "column note is int64 in a.parquet and string in b.parquet; write it with" in told


def test_a_file_that_is_not_parquet_is_named(engine: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "trades" / "a.parquet", id=["x"])
    (tmp_path / "trades" / "notes.txt").write_text("not a table")

    assert "trades/notes.txt cannot be read" in refusal(engine, tmp_path / "trades", ID)
