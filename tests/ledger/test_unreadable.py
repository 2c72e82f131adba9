"""Files that turn out to be unreadable late: told by input, file and reason, whichever engine."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow.parquet
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.ledger.unreadable import refuse_unreadable_files, unreadable_input
from tests.builders import TRADE_TYPES, trade, typed


def spark_failed(
    file: str, kind: str = "NO_HINT", cause: str = "is not a Parquet file"
) -> Exception:
    """What Spark raises for a file."""
    return RuntimeError(
        f"[FAILED_READ_FILE.{kind}] Encountered error while reading file {file}.  SQLSTATE: KD001\n"
        f"Caused by: java.lang.RuntimeException: {cause}\n"
    )


def told(failure: Exception, root: str | None = None, **inputs: str) -> str | None:
    settings = Settings.model_validate({"input": inputs, "output": {"root": root}})
    error = unreadable_input(failure, settings)
    return None if error is None else str(error)


def test_other_errors_pass_through() -> None:
    assert told(KeyError("ours"), trades="t") is None
    with pytest.raises(KeyError), refuse_unreadable_files("trades"):
        raise KeyError("ours")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("s3a://lake/in/trades/part%201.parquet", "trades"),
        ("s3a://lake/in/trades_opened/part-1.parquet", "opening_positions"),
        ("hdfs://cluster/nav/2019/part-1.parquet", "nav"),
        ("file:/in/products-2.csv", "products"),
        ("file:///warehouse/bank.db/profiles/part-1.parquet", "profiles"),
    ],
)
def test_the_input_is_known_by_where_the_file_lies(file: str, name: str) -> None:
    message = told(
        spark_failed(file),
        "file:///out",
        trades="s3a://lake/in/trades/",
        opening_positions="s3a://lake/in/trades_opened",
        nav="/nav",
        products="file:/in/products-*.csv",
        profiles="bank.profiles",
    )

    assert message is not None
    assert message.startswith(f"input.{name}: {file} cannot be read (is not a Parquet file); all ")


def test_files_of_our_own_tables_are_no_input() -> None:
    failure = spark_failed("file:/out/user_features/part-1.parquet")

    assert told(failure, "/out", trades="/in/trades", profiles="bank.profiles") is None
    assert told(failure, None, trades="/in/trades") is None


def test_a_missing_file_is_to_be_restored() -> None:
    failure = spark_failed("file:/in/nav/1.parquet", "FILE_NOT_EXIST", "File 1 does not exist")

    assert told(failure, nav="/in/nav") == (
        "input.nav: file:/in/nav/1.parquet cannot be read (the file does not exist any more); "
        "restore it, or run again where the input was being written; for a Delta table, "
        "input.versions.nav can name a version that does without it"
    )


@pytest.mark.parametrize(
    ("file_format", "damage", "reason"),
    [
        ("delta", "missing", "the file does not exist any more"),
        ("delta", "cut", "Requested range was invalid"),
        ("delta", "broken", "Couldn't deserialize thrift"),
        ("parquet", "broken", "Couldn't deserialize thrift"),
    ],
)
def test_the_embedded_engine_does_not_always_name_the_file_but_it_is_found(
    spark: SparkSession, tmp_path: Path, file_format: str, damage: str, reason: str
) -> None:
    place = tmp_path / "trades"
    rows = typed(spark, TRADE_TYPES, [trade(), trade(amount=Decimal(7))]).coalesce(1)
    rows.write.format(file_format).save(str(place))
    (file,) = place.glob("*.parquet")
    opened = spark.read.format(file_format).load(str(place))
    assert opened.columns[0] == "trade_id"
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:50])
    else:
        break_column(file, "amount")

    with pytest.raises(Exception) as failure:  # noqa: PT011
        opened.select("amount").collect()
    message = told(failure.value, trades=str(place), nav=str(tmp_path / "nav"))

    assert message is not None
    assert message.startswith(f"input.trades: file:{file} cannot be read ({reason}")
    assert len(message.splitlines()) == 1


def break_column(file: Path, name: str) -> None:
    """Overwrite the data of a column in a Parquet file whose footer stays as it is."""
    with pyarrow.parquet.ParquetFile(file) as opened:
        columns = opened.metadata.row_group(0)
    found = [columns.column(at) for at in range(columns.num_columns)]
    (column,) = [one for one in found if one.path_in_schema == name]
    start = column.dictionary_page_offset or column.data_page_offset
    content = bytearray(file.read_bytes())
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    file.write_bytes(content)
