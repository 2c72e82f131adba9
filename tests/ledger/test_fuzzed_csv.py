"""Whatever a CSV file holds: every row is accounted for, or the input is refused in one line."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, RfmfError
from rfmf_spark.ledger.audit import check_audit
from rfmf_spark.ledger.clean_ledger import open_ledger
from rfmf_spark.session.spark_session import spark_session

AS_OF = dt.date(2019, 8, 14)
TRADE_HEADER = ("trade_id", "user_id", "trade_date", "trade_type", "amount")

Table = Sequence[Sequence[str]]

# Texts that no valid row of the tables below has in any column.
ODD_TEXTS = (
    *("", " ", "\t", "NULL", "null", "nan", "NaN", "inf", "-Infinity", "none", "#N/A", "#REF!"),
    *("=1+1", "@SUM(A1:A9)", "+cmd|' /C calc'!A0", "-2+3", "{}", "[]", "true", "0x1F", "1_000"),
    *("1e400", "-1e400", "1e-400", "1e99999999999", "1e-99999999", "9" * 60, "1e18", "-0", "0"),
    *("9223372036854775807", "99999999999999999.99", "0.00000000000000000001", "1,234.5", "١٢٣"),
    *("0000-01-01", "-0001-01-01", "9999-12-31", "10000-01-01", "1582-10-10", "1969-12-31"),
    *("2019-02-30", "2019-1-2", "14/08/2019", "today", "epoch", "infinity", "2100-01-01"),
    *(
        "张三",
        "Ren\u00e9",
        "\u200b",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ),
    *("a\x00b", "\x00", "\x1b[31m", "\ufeff", "\ufffd", "''", "\\", "\\n", '"', '""', '"x', 'x"y'),
    *(",", ";", "a,b", "`", "$1", "a.b", "x" * 5000, "申购", "gift", "cancelled", "split"),
)
LINE_BREAKS = ("two\nlines", "\n", "a\r\nb", "\r")

_FUZZ = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_numbers = itertools.count()


class Outcome(NamedTuple):
    """Rows that came to an end of any kind, and the keys of those that count."""

    rows: int
    accepted: frozenset[tuple[str, ...]]


def outcome_of(
    spark: SparkSession,
    paths: dict[str, Path],
    source: str,
    key: Sequence[str],
    max_bad_share: float = 1.0,
    **csv: object,
) -> Outcome:
    """What becomes of the rows of one input; the basis is ``amount`` where there is no nav."""
    given_inputs = {name: str(path) for name, path in paths.items()} | {"csv": csv}
    basis = "management_fee" if "nav" in paths else "amount"
    sections = {
        "as_of": AS_OF,
        "input": given_inputs,
        "features": {"basis": basis},
        "quality": {"max_bad_share": max_bad_share},
        "time_zone": "UTC",
    }
    chosen = Settings.model_validate(sections)
    with spark_session(chosen), open_ledger(spark, chosen) as ledger:
        audit = ledger.count()
        check_audit(audit, chosen.quality)
        (found,) = [each for each in audit.inputs if each.source == source]
        (clean,) = [each for each in ledger.sources if each.source.name == source]
        accepted = clean.accepted.select(*key).collect()
        return Outcome(
            sum(outcome.totals.rows for outcome in found.outcomes),
            frozenset(tuple(str(value) for value in row) for row in accepted),
        )


def valid_trades(number: int) -> list[list[str]]:
    """Trades that no rule has anything against."""
    return [
        [f"t{i}", f"u{i % 5}", "2019-01-02", "subscription", f"{i + 1}.50"] for i in range(number)
    ]


def as_text(header: Sequence[str], rows: Table, delimiter: str = ",", end: str = "\n") -> str:
    told = io.StringIO(newline="")
    csv.writer(told, delimiter=delimiter, lineterminator=end).writerows([header, *rows])
    return told.getvalue()


def rows_by_csv_module(text: str, delimiter: str = ",") -> int:
    """Rows after the header as Python reads them; a line without a character is none."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return (
        sum(1 for row in rows if any(part.strip("\x00 \t\r\n") for part in row) or len(row) > 1) - 1
    )


def nonblank_lines(text: str) -> int:
    """Lines after the header, a value with a line break being several."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return sum(1 for line in lines if any(letter > " " for letter in line)) - 1


def spoil(rows: Table, cells: Sequence[tuple[int, int, str]]) -> list[list[str]]:
    """The rows with other texts in some cells, given by row and column."""
    spoiled = [list(row) for row in rows]
    for row, column, text in cells:
        spoiled[row][column] = text
    return spoiled


def cells_of(rows: int, columns: int, texts: Sequence[str]) -> st.SearchStrategy:
    cell = st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1), st.sampled_from(texts))
    return st.lists(cell, min_size=rows // 3, max_size=rows // 2)


def rows_of_spoiled_trades(
    spark: SparkSession, folder: Path, number: int, cells: Sequence[tuple[int, int, str]]
) -> tuple[int, str]:
    """How many rows are accounted for, and the file; untouched trades must be accepted."""
    rows = valid_trades(number)
    text = as_text(TRADE_HEADER, spoil(rows, cells))
    path = folder / f"{next(_numbers)}.csv"
    path.write_text(text, encoding="utf-8", newline="")
    found = outcome_of(spark, {"trades": path}, "trades", ["trade_id"])
    touched = {row for row, _, _ in cells}
    untouched = {(row[0],) for number, row in enumerate(rows) if number not in touched}
    assert untouched <= found.accepted
    return found.rows, text


@settings(_FUZZ, max_examples=4)
@given(cells=cells_of(120, len(TRADE_HEADER), ODD_TEXTS))
def test_bad_trades_leave_the_good_ones_alone(
    spark: SparkSession, tmp_path: Path, cells: list[tuple[int, int, str]]
) -> None:
    accounted_for, text = rows_of_spoiled_trades(spark, tmp_path, 120, cells)
    assert accounted_for == rows_by_csv_module(text) == 120


@settings(_FUZZ, max_examples=2)
@given(cells=cells_of(60, len(TRADE_HEADER), LINE_BREAKS))
def test_a_value_with_a_line_break_is_as_many_bad_rows_as_it_has_lines(
    spark: SparkSession, tmp_path: Path, cells: list[tuple[int, int, str]]
) -> None:
    accounted_for, text = rows_of_spoiled_trades(spark, tmp_path, 60, cells)
    assert accounted_for == nonblank_lines(text) > 60


def test_values_with_line_breaks_are_read_or_the_setting_for_them_is_told(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(as_text(TRADE_HEADER, spoil(valid_trades(3), [(1, 1, "two\nlines")])))

    with pytest.raises(RfmfError) as refused:
        outcome_of(spark, {"trades": path}, "trades", ["user_id"], max_bad_share=0.1)
    found = outcome_of(spark, {"trades": path}, "trades", ["user_id"], multiline=True)

    assert str(refused.value).endswith(
        "; 2 of them are lines on which a quote stays open: where values hold line breaks, set "
        "input.csv.multiline=true"
    )
    assert found == Outcome(3, frozenset({("u0",), ("two\nlines",), ("u2",)}))


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, str, dict[str, Any], int]:
    """A file with its ending, how it is read, and how many rows were written into it."""
    names = draw(st.sampled_from((TRADE_HEADER, TRADE_HEADER, TRADE_HEADER, *_ODD_HEADERS)))
    rows = valid_trades(draw(st.sampled_from((0, 1, 6, 6))))
    for row in rows:
        row += ["1"] * (len(names) - len(row))
        change = draw(st.sampled_from(("none", "none", "short", "long", "odd")))
        if change == "short":
            del row[draw(st.integers(1, len(row) - 1)) :]
        elif change == "long":
            row += ["extra"] * draw(st.integers(1, 3))
        elif change == "odd":
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(ODD_TEXTS))
    rows = [row for row in rows if any(letter > " " for letter in "".join(row))]
    written, read = draw(st.sampled_from(_ENCODINGS))
    delimiter, expected = draw(st.sampled_from(_DELIMITERS))
    end = draw(st.sampled_from(("\n", "\r\n")))
    data = as_text(names, rows, delimiter, end).encode(written, errors="replace")
    ending = draw(st.sampled_from((".csv", ".csv", ".csv", ".csv.gz")))
    if ending == ".csv.gz":
        data = gzip.compress(data)[: draw(st.sampled_from((None, None, 15)))]
    return data, ending, {"encoding": read, "delimiter": expected}, len(rows)


_ODD_HEADERS = (
    TRADE_HEADER[:4],
    (*TRADE_HEADER, "amount"),
    (*TRADE_HEADER, "Amount"),
    (*TRADE_HEADER, ""),
    (*TRADE_HEADER, "x", "x"),
    (*TRADE_HEADER, "_corrupt_record"),
    (*TRADE_HEADER, "raw", "reason", "is_corrupt", "a.b", "`"),
    tuple(name.upper() for name in TRADE_HEADER),
    tuple(f" {name}" for name in TRADE_HEADER),
    ("",),
    tuple(reversed(TRADE_HEADER)),
)
_ENCODINGS = (
    *[("utf-8", "UTF-8")] * 4,
    *(("utf-8-sig", "UTF-8"), ("latin-1", "UTF-8"), ("gbk", "UTF-8"), ("utf-16", "UTF-8")),
    *(("utf-16", "UTF-16"), ("utf-16-le", "UTF-16LE"), ("utf-32", "UTF-32"), ("utf-8", "UTF-16")),
    *(("gbk", "GBK"), ("gb18030", "GB18030"), ("latin-1", "ISO-8859-1"), ("utf-8", "klingon")),
)
_DELIMITERS = (
    (",", ","),
    (",", ","),
    (",", ","),
    (";", ";"),
    ("\t", "\t"),
    (";", ","),
    ("|", "\\"),
)


@pytest.mark.slow
@settings(_FUZZ, max_examples=40)
@given(file=files())
def test_any_file_is_accounted_for_or_refused_in_one_line(
    spark: SparkSession, tmp_path: Path, file: tuple[bytes, str, dict[str, Any], int]
) -> None:
    data, ending, options, rows = file
    path = tmp_path / f"{next(_numbers)}{ending}"
    path.write_bytes(data)
    try:
        found = outcome_of(spark, {"trades": path}, "trades", ["trade_id"], **options)
    except RfmfError as refused:
        told = str(refused)
        assert told.startswith("input.trades: ")
        assert told.isprintable()
    else:
        assert found.rows == rows > 0


@pytest.mark.parametrize("source", ["nav", "products"])
def test_bad_navs_and_products_leave_the_good_ones_alone(
    source: str, spark: SparkSession, tmp_path: Path
) -> None:
    tables = {
        "trades": ((*TRADE_HEADER, "product_id", "units"), [[*valid_trades(1)[0], "p0", "1"]]),
        "nav": (
            ("product_id", "nav_date", "unit_nav"),
            [[f"p{i}", "2019-01-02", "1.25"] for i in range(400)],
        ),
        "products": (
            ("product_id", "product_type", "management_fee_rate", "effective_from"),
            [[f"p{i}", "equity", "0.015", "2018-01-01"] for i in range(400)],
        ),
    }
    header, rows = tables[source]
    places = list(itertools.product(ODD_TEXTS, range(len(header))))
    cells = [(50 + number, column, text) for number, (text, column) in enumerate(places)]
    tables[source] = (header, spoil(rows, cells))
    for name, (names, told) in tables.items():
        (tmp_path / f"{name}.csv").write_text(as_text(names, told), encoding="utf-8", newline="")
    paths = {name: tmp_path / f"{name}.csv" for name in tables}

    found = outcome_of(spark, paths, source, ["product_id"])

    assert len(cells) > 200
    untouched = {(row[0],) for row in [*rows[:50], *rows[50 + len(cells) :]]}
    assert untouched <= found.accepted
    assert found.rows == 400


@pytest.mark.parametrize("encoding", ["GBK", "GB18030", "UTF-16", "UTF-32LE"])
def test_files_are_read_in_their_own_encodings(
    encoding: str, spark: SparkSession, tmp_path: Path
) -> None:
    path = tmp_path / "trades.csv"
    rows = [["t1", "张三", "2019-01-02", "申购", "1"], ["t2", "李四", "2019-01-02", "认购", "2"]]
    path.write_text(as_text(TRADE_HEADER, rows), encoding=encoding)

    key = ["user_id", "trade_type"]
    found = outcome_of(spark, {"trades": path}, "trades", key, encoding=encoding)

    expected = {("张三", "subscription"), ("李四", "initial_subscription")}
    assert found == Outcome(2, frozenset(expected))


def test_bytes_that_are_no_characters_are_no_ids(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    rows = [["t1", "张三", "2019-01-02", "subscription", "1"], *valid_trades(2)[1:]]
    path.write_text(as_text(TRADE_HEADER, rows), encoding="gbk")

    found = outcome_of(spark, {"trades": path}, "trades", ["user_id"])

    assert found == Outcome(2, frozenset({("u1",)}))


def test_a_wrong_delimiter_is_asked_about(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(as_text(TRADE_HEADER, valid_trades(2), ";"))

    with pytest.raises(RfmfError) as refused:
        outcome_of(spark, {"trades": path}, "trades", ["trade_id"])

    assert "no column trade_id, and only one column; is input.csv.delimiter right?" in str(
        refused.value
    )


def test_a_date_format_that_is_none_is_told(classic_spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(as_text(TRADE_HEADER, valid_trades(2)))
    settings = {"input": {"trades": str(path)}, "as_of": AS_OF, "features": {"basis": "amount"}}
    plain = Settings.model_validate(settings)
    # What settings would not let pass, but Spark is asked to read.
    unchecked = plain.input.model_copy(update={"date_formats": ("QQQQQ",)})
    chosen = plain.model_copy(update={"input": unchecked})

    with pytest.raises(ConfigurationError) as refused:
        open_ledger(classic_spark, chosen)

    assert str(refused.value).startswith("input.date_formats: Unrecognized datetime pattern: QQQQQ")


def test_several_columns_of_one_name_are_told(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    header = (*TRADE_HEADER, "Amount")
    path.write_text(as_text(header, [[*row, "5"] for row in valid_trades(2)]))

    with pytest.raises(RfmfError) as refused:
        outcome_of(spark, {"trades": path}, "trades", ["trade_id"])

    assert "has 2 columns named amount, in whatever case (found: " in str(refused.value)
    assert str(refused.value).endswith("rename all but one")
