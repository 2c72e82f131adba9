"""CSV files as Parquet: what is a row, what is a value, and which files are refused."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pyarrow.parquet
import pytest

from rfmf_spark.config.sections.input import CsvSettings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.text_files import CORRUPT_RECORD, rewrite_csv

Rows = list[dict[str, str | None]]


def rewritten(path: Path, folder: Path, **how: object) -> Rows:
    """The rows of a file or folder after it was written anew."""
    target = folder / "rows.parquet"
    rewrite_csv("trades", path, CsvSettings.model_validate(how), target)
    rows: Rows = pyarrow.parquet.read_table(target).to_pylist()
    return rows


def rows_of(text: str, folder: Path, **how: object) -> Rows:
    (folder / "file.csv").write_text(text, encoding=str(how.get("encoding", "utf-8")), newline="")
    return rewritten(folder / "file.csv", folder, **how)


def refusal(path: Path, folder: Path, **how: object) -> str:
    with pytest.raises(InputRefusedError) as refused:
        rewritten(path, folder, **how)
    return str(refused.value)


def test_a_line_that_does_not_fit_is_kept_whole_beside_what_it_has(tmp_path: Path) -> None:
    rows = rows_of("a,b\n1,2\n3\n4,5,6\n\n   \n7,\n", tmp_path)
    assert sorted(map(str, rows)) == sorted(
        map(
            str,
            [
                {"a": "1", "b": "2", CORRUPT_RECORD: None},
                {"a": "3", "b": None, CORRUPT_RECORD: "3"},
                {"a": "4", "b": "5", CORRUPT_RECORD: "4,5,6"},
                {"a": "7", "b": None, CORRUPT_RECORD: None},
            ],
        )
    )


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t", "，"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_values_in_quotes_are_those_of_pythons_csv_module(
    delimiter: str, end: str, tmp_path: Path
) -> None:
    values = [["1", f"x{delimiter}y"], ['say "hi"', "\\"], ["张三", " 2 "], ["é", "\u2028"]]
    told = io.StringIO(newline="")
    csv.writer(told, delimiter=delimiter, lineterminator=end).writerows([["a", "b"], *values])
    rows = rows_of(told.getvalue(), tmp_path, delimiter=delimiter)
    assert sorted([row["a"], row["b"]] for row in rows) == sorted(values)
    assert {row[CORRUPT_RECORD] for row in rows} == {None}


def test_a_quote_that_never_closes_takes_no_other_line_along(tmp_path: Path) -> None:
    rows = rows_of('a,b\n"1,2\n3,4\n', tmp_path)
    assert {row["a"]: row[CORRUPT_RECORD] for row in rows} == {"1,2": '"1,2', "3": None}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-32-le", "utf-8-sig"])
def test_encodings_are_read_and_a_byte_order_mark_is_no_text(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("名,b\n张三,2\n", encoding=encoding)
    read_as = "utf-8" if encoding == "utf-8-sig" else encoding
    (row,) = rewritten(tmp_path / "file.csv", tmp_path, encoding=read_as)
    assert row == {"名": "张三", "b": "2", CORRUPT_RECORD: None}


def test_lines_and_values_may_be_long(tmp_path: Path) -> None:
    long = "x" * 3_000_000
    rows = rows_of(f'a,b\n{long},1\n{long}\n"{long}",2\n', tmp_path)
    assert sorted(str(row["b"]) for row in rows) == ["1", "2", "None"]
    assert {row["a"] for row in rows} == {long}


def test_files_without_a_line_hold_no_rows_and_names_may_differ_in_case(tmp_path: Path) -> None:
    folder = tmp_path / "trades"
    folder.mkdir()
    for name, text in (("1", ""), ("2", "a,b\n1,2\n"), ("3", ""), ("4", "A,b\n3,4\n")):
        (folder / f"{name}.csv").write_text(text)
    assert sorted(str(row["a"]) for row in rewritten(folder, tmp_path)) == ["1", "3"]


def test_wide_lines_of_nothing_but_separators_are_rows(tmp_path: Path) -> None:
    assert len(rows_of("a\tb\n1\t2\n\t\n\n", tmp_path, encoding="utf-16", delimiter="\t")) == 2


def test_where_line_ends_are_wide_a_value_may_span_lines(tmp_path: Path) -> None:
    (row,) = rows_of('a,b\n"1\n2",3\n', tmp_path, encoding="utf-16")
    assert (row["a"], row["b"]) == ("1\n2", "3")


def test_names_are_made_as_spark_makes_them(tmp_path: Path) -> None:
    (row,) = rows_of("a,A,,b\n1,2,3,4\n", tmp_path)
    assert list(row) == ["a0", "A1", "_c2", "b", CORRUPT_RECORD]


def test_all_files_of_a_folder_are_read_but_hidden_ones(tmp_path: Path) -> None:
    folder = tmp_path / "trades"
    folder.mkdir()
    (folder / "1.csv").write_text("a,b\n1,2\n")
    (folder / "2.csv.gz").write_bytes(gzip.compress(b"a,b\n3,4\n"))
    (folder / "_SUCCESS").write_text("")
    (folder / ".2.csv.crc").write_bytes(b"\x00")
    assert sorted(str(row["a"]) for row in rewritten(folder, tmp_path)) == ["1", "3"]


def test_partition_folders_are_columns_of_text(tmp_path: Path) -> None:
    for day in ("01", "__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / "trades" / f"day={day}").mkdir(parents=True)
        (tmp_path / "trades" / f"day={day}" / "1.csv").write_text("a\n1\n2\n3,4\n")
    rows = rewritten(tmp_path / "trades", tmp_path)
    assert [row["day"] for row in rows] == ["01"] * 3 + [None] * 3
    assert [row["a"] for row in rows] == ["1", "2", "3"] * 2
    assert list(rows[0]) == ["a", CORRUPT_RECORD, "day"]

    (tmp_path / "trades" / "day=01" / "1.csv").write_text("Day,a\n1,2\n")
    told = refusal(tmp_path / "trades", tmp_path)
    assert "column day of" in told
    assert told.endswith("rename the folders, or leave the column out of the files")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "trades"
    assert "cannot be read (no data is there)" in refusal(folder, tmp_path)
    folder.mkdir()
    assert "cannot be read (no data is there)" in refusal(folder, tmp_path)
    (folder / "1.csv").write_text("a,b\n1,2\n")
    (folder / "2.csv").write_text("b\n1\n")
    told = refusal(folder, tmp_path)
    assert f"{folder}/2.csv cannot be read (its header lacks 1 columns of 1.csv and has 0 o" in told
    (folder / "2.csv").unlink()
    (folder / "3.csv.gz").write_bytes(gzip.compress(b"a,b\n3,4\n" * 99)[:20])
    assert f"{folder}/3.csv.gz cannot be read (" in refusal(folder, tmp_path)
    (folder / "3.csv.gz").unlink()
    (folder / "1.csv").write_bytes(b"PAR1")
    assert f"{folder}/1.csv cannot be read (it is Parquet, but" in refusal(folder, tmp_path)
    (folder / "1.csv").write_text("a,b\n1,2\n")
    for encoding in ("klingon", "hex", "rot13"):
        assert f"got {encoding}" in refusal(folder, tmp_path, encoding=encoding)
    (tmp_path / "own.csv").write_text(f"a,{CORRUPT_RECORD}\n1,2\n")
    assert f"a column is named {CORRUPT_RECORD}" in refusal(tmp_path / "own.csv", tmp_path)


def test_one_delimiter_at_the_end_of_lines_or_of_all_is_no_value(tmp_path: Path) -> None:
    assert rows_of("a,b\n1,2,\n", tmp_path) == [{"a": "1", "b": "2", CORRUPT_RECORD: None}]
    rows = rows_of('a,b\n1,2,""\n', tmp_path)
    assert rows == [{"a": "1", "b": "2", CORRUPT_RECORD: '1,2,""'}]
    (row,) = rows_of("a,b,\n1,2,\n", tmp_path)
    assert (row["a"], row["b"], row[CORRUPT_RECORD]) == ("1", "2", None)
