"""Inputs as a whole: what is opened, and what is refused in one clear sentence."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.input import InputSettings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger import file_identity, sources
from rfmf_spark.ledger.file_identity import describe_files
from rfmf_spark.ledger.parsing import parse_columns
from rfmf_spark.ledger.sources import detect_format, open_source
from rfmf_spark.ledger.unreadable import refuse_unreadable_files
from rfmf_spark.schemas.inputs import TRADE_COLUMNS, TRADE_COLUMNS_WITHOUT_UNITS, InputColumn
from tests.builders import TRADE_TYPES, trade, typed

HEADER = "trade_id,user_id,trade_date,trade_type,amount\n"
LINE = "t1,u1,2019-01-02,subscription,100\n"

NUMBER = (InputColumn("amount", "money"),)


def refusal(
    spark: SparkSession,
    path: Path | None,
    columns: tuple[InputColumn, ...] = TRADE_COLUMNS,
    **settings: object,
) -> str:
    with pytest.raises(InputRefusedError) as refused:
        open_source(
            spark,
            "trades",
            None if path is None else str(path),
            columns,
            InputSettings.model_validate(settings),
        )
    return str(refused.value)


def write_csv(folder: Path, *texts: str, encoding: str = "utf-8") -> Path:
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.csv").write_text(text, encoding=encoding)
    return folder


def test_an_input_that_is_not_named_says_how_to_name_it(spark: SparkSession) -> None:
    assert refusal(spark, None) == (
        "input.trades is not set; give its path with --set input.trades=PATH"
    )


def test_a_path_that_does_not_exist_is_named(spark: SparkSession, tmp_path: Path) -> None:
    told = refusal(spark, tmp_path / "nothing")

    assert told.startswith(f"input.trades: {tmp_path / 'nothing'} cannot be read (")
    assert told.endswith("check the path, its permissions and input.format")


def test_a_path_that_spark_does_not_find_is_named(
    classic_spark: SparkSession, tmp_path: Path
) -> None:
    assert "PATH_NOT_FOUND" in refusal(classic_spark, tmp_path / "nothing")


def test_a_missing_column_is_named_with_the_nearest_that_is_there(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "trades", "trade_id,userid,trade_date\n")

    told = refusal(spark, path)

    assert told.startswith(
        f"input.trades: {path} has no column user_id; is it userid? (found: trade_id, userid, "
        f"trade_date); "
    )
    assert told.endswith("correct the path")
    assert "has no column trade_id (found: )" in refusal(spark, write_csv(tmp_path / "empty", ""))


@pytest.mark.parametrize(
    ("expression", "kind", "told"),
    [
        ("1.5D", "text", "is double, but must be text or whole numbers"),
        ("1.5BD", "text", "is decimal(2,1), but must be text or whole numbers"),
        ("true", "money", "is boolean, but must be numbers or text"),
        ("array(1)", "units", "is array<int>, but must be numbers or text"),
        ("20190102", "date", "is int, but must be dates, timestamps or text"),
    ],
)
def test_a_column_of_the_wrong_kind_is_refused(
    spark: SparkSession, tmp_path: Path, expression: str, kind: str, told: str
) -> None:
    path = tmp_path / "trades"
    spark.sql(f"SELECT {expression} AS it").write.parquet(str(path))
    column = InputColumn("it", kind)  # type: ignore[arg-type]

    message = refusal(spark, path, (column,))

    assert message.startswith(f"input.trades: column it of {path} {told}")
    assert message.endswith("; convert the column")


def test_a_row_in_the_place_of_a_header_is_not_told(spark: SparkSession, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "trades", LINE)

    assert refusal(spark, path).startswith(
        f"input.trades: {path} has no column trade_id, and values where names should be; give "
        f"every file a header, or correct the path"
    )


def test_an_input_without_ids_says_so(spark: SparkSession, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "trades", HEADER.replace("trade_id,", ""))

    told = refusal(spark, path, TRADE_COLUMNS_WITHOUT_UNITS)

    assert "has no column trade_id" in told
    assert told.endswith("where trades have no ids, set input.trade_ids=content")


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("user_id,trade_date,trade_type,amount", " (found"),
        ("TradeID,user_id,trade_date,trade_type,amount", "; is it TradeID? (found"),
        ("trade_ids,user_id,trade_date,trade_type,amount", "; is it trade_ids? (found"),
        ("trade_time,user_id,trade_date,trade_type,amount", " (found"),
    ],
)
def test_a_hint_is_a_name_that_is_much_alike_and_not_asked_for_itself(
    spark: SparkSession, tmp_path: Path, header: str, hint: str
) -> None:
    path = write_csv(tmp_path / "trades", header + "\n")

    told = refusal(spark, path, TRADE_COLUMNS_WITHOUT_UNITS)

    assert f"has no column trade_id{hint}" in told


def test_formats_are_told_by_the_log_and_by_the_names_of_files(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = typed(spark, TRADE_TYPES, [trade()])
    rows.write.parquet(str(tmp_path / "plain"))
    rows.write.format("delta").save(str(tmp_path / "lake"))
    rows.write.format("delta").mode("append").save(str(tmp_path / "lake"))
    write_csv(tmp_path / "text", HEADER)
    (tmp_path / "deep" / "2019").mkdir(parents=True)
    write_csv(tmp_path / "deep" / "2019" / "01", HEADER)

    formats = {
        name: detect_format(spark, str(tmp_path / name))
        for name in ("plain", "lake", "text", "text/0.csv", "deep", "nothing.csv.gz", "nothing")
    }
    opened = open_source(
        spark, "trades", f"file://{tmp_path / 'lake'}", TRADE_COLUMNS, InputSettings()
    )
    typed(spark, TRADE_TYPES, [trade()]).write.format("delta").mode("append").save(
        str(tmp_path / "lake")
    )

    assert formats == {
        "plain": "parquet",
        "lake": "delta",
        "text": "csv",
        "text/0.csv": "csv",
        "deep": "csv",
        "nothing.csv.gz": "csv",
        "nothing": "parquet",
    }
    assert (opened.version["format"], opened.version["version"]) == ("delta", 1)
    assert opened.rows.count() == 2


def test_what_was_opened_is_identified_by_its_files(spark: SparkSession, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "trades", HEADER + LINE, HEADER)

    version = open_source(
        spark, "trades", str(path), TRADE_COLUMNS_WITHOUT_UNITS, InputSettings()
    ).version

    assert (version["path"], version["format"]) == (str(path), "csv")
    assert (version["files"], version["bytes"]) == (2, len(HEADER + LINE + HEADER))


@pytest.fixture
def elsewhere(classic_spark: SparkSession, tmp_path: Path) -> Iterator[str]:
    """The folder of the test under a scheme that Spark alone knows, as it knows object stores."""
    # An authority that has once been asked for keeps its folder.
    authority = uuid.uuid4().hex
    key = f"fs.viewfs.mounttable.{authority}.link./in"
    classic_spark.conf.set(key, tmp_path.as_uri())
    yield f"viewfs://{authority}/in"
    classic_spark.conf.unset(key)


def test_what_is_written_in_the_place_of_a_file_of_a_store_is_another(
    classic_spark: SparkSession, tmp_path: Path, elsewhere: str
) -> None:
    path = write_csv(tmp_path / "trades", HEADER + LINE)
    write_csv(path / "a%20b 1", HEADER)

    def versions() -> tuple[dict[str, object], dict[str, object]]:
        settings = InputSettings(format="csv")
        opened = open_source(
            classic_spark, "trades", f"{elsewhere}/trades", TRADE_COLUMNS_WITHOUT_UNITS, settings
        )
        # Of a table of the catalog only the files are known.
        return opened.version, describe_files(classic_spark, opened.rows.inputFiles())

    first, by_files = versions()
    assert (first["files"], first["bytes"]) == (2, len(HEADER + LINE + HEADER))
    assert first == first | by_files
    write_csv(path, HEADER + LINE.replace("100", "999"))
    os.utime(path / "0.csv", (1_000, 1_000))
    later, by_files = versions()
    assert later["bytes"] == first["bytes"]
    assert later["digest"] == by_files["digest"] != first["digest"]


def test_files_that_only_a_connect_server_sees_are_asked_for(
    classic_spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path / "trades", HEADER + LINE, HEADER)
    monkeypatch.setattr(file_identity, "local_path", lambda name: tmp_path / "not-here")

    told = describe_files(classic_spark, [(path / name).as_uri() for name in ("0.csv", "1.csv")])

    assert told["bytes"] == len(HEADER + LINE + HEADER)


@pytest.mark.parametrize(
    ("engine", "is_here"), [("spark", True), ("classic_spark", True), ("classic_spark", False)]
)
def test_csv_is_read_at_any_depth_with_its_partition_folders(
    engine: str,
    is_here: bool,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = request.getfixturevalue(engine)
    if not is_here:
        # As where only a Connect server sees the files.
        monkeypatch.setattr(sources, "find_csv", lambda name, path: None)
    write_csv(tmp_path / "trades", "amount\n1\n")
    write_csv(tmp_path / "trades" / "old [x]", "amount\n2,\n")
    write_csv(tmp_path / "trades" / "old [x]" / "older", "amount\n3\n")
    write_csv(tmp_path / "trades" / "_hidden", "amount\n4\n")
    for month in ("01", "2", "__HIVE_DEFAULT_PARTITION__", "a%20b"):
        (tmp_path / "parts").mkdir(exist_ok=True)
        write_csv(tmp_path / "parts" / f"month={month}", " amount \n1\n2,\n3,4\n")
    columns = (*NUMBER, InputColumn("month", "text", required=False))

    def rows_of(folder: str) -> list[tuple[object, ...]]:
        settings = InputSettings(format="csv" if folder == "parts" else "auto")
        source = open_source(session, "trades", str(tmp_path / folder), columns, settings)
        parsed = parse_columns(source.rows, columns)
        found = parsed.select("amount_cents", "month", "is_corrupt").collect()
        assert source.version["files"] == (4 if folder == "parts" else 3)
        return sorted(map(tuple, found), key=str)

    assert rows_of("trades") == [(yuan, None, False) for yuan in (100, 200, 300)]
    months = ("01", "2", "a b", None)
    expected = [(yuan, month, yuan == 300) for yuan in (100, 200, 300) for month in months]
    assert rows_of("parts") == sorted(expected, key=str)

    for folder in (tmp_path / "parts").iterdir():
        write_csv(folder, "Month,amount\n3,1\n")
    told = refusal(session, tmp_path / "parts", NUMBER, format="csv")
    assert "column month of" in told


def test_csv_is_read_in_other_encodings_with_other_delimiters(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a", "amount;note\n1;René\n", encoding="latin-1")
    settings = InputSettings.model_validate({"csv": {"delimiter": ";", "encoding": "ISO-8859-1"}})

    rows = open_source(spark, "trades", str(path), NUMBER, settings).rows.collect()

    assert [(row["amount"], row["note"]) for row in rows] == [("1", "René")]


def test_an_encoding_that_spark_does_not_know_is_told_with_those_it_knows(
    spark: SparkSession, tmp_path: Path
) -> None:
    told = refusal(spark, write_csv(tmp_path / "a", HEADER), csv={"encoding": "klingon"})

    assert "got klingon" in told
    assert "utf-8" in told


def test_a_byte_order_mark_is_no_part_of_the_first_name(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a", "amount\n1\n", encoding="utf-8-sig")

    rows = open_source(spark, "trades", str(path), NUMBER, InputSettings()).rows

    assert rows.count() == 1


@pytest.mark.parametrize("engine", ["spark", "classic_spark"])
@pytest.mark.parametrize("month", ["", "month=01"])
def test_every_file_has_its_own_order_of_columns(
    engine: str, month: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    session = request.getfixturevalue(engine)
    path, other = tmp_path / "in", tmp_path / "in" / (month.replace("1", "3") or "deep")
    path.mkdir()
    write_csv(path / month, "id,yuan\nu1,1\n", " ID , yuan\nu2,2\n", "")
    write_csv(other, "yuan,Id\n3,u3\n4,u4,x\n", "yuan,Id\n5,u5\n")
    columns = (InputColumn("id", "text"), InputColumn("yuan", "money"))

    source = open_source(session, "trades", str(path), columns, InputSettings())
    rows = parse_columns(source.rows, columns)
    found = rows.select("id", "yuan_cents", "is_corrupt").collect()

    assert sorted(map(tuple, found)) == [
        ("u1", 100, False),
        ("u2", 200, False),
        ("u3", 300, False),
        ("u4", 400, True),
        ("u5", 500, False),
    ]
    assert source.version["files"] == 5
    if month:
        months = source.rows.select("month", "yuan").collect()
        assert {yuan.strip(): month for month, yuan in months}["5"] == other.name.split("=")[1]


@pytest.mark.parametrize("engine", ["spark", "classic_spark"])
def test_files_of_one_input_must_agree_on_their_columns(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    session = request.getfixturevalue(engine)
    path = write_csv(tmp_path / "trades", HEADER + LINE, HEADER.replace(",amount", ",x,y") + LINE)

    told = refusal(session, path, TRADE_COLUMNS_WITHOUT_UNITS)

    assert f"{path}/1.csv cannot be read (its header lacks 1 columns of 0.csv and has 2 oth" in told
    assert told.endswith(
        "all files of an input must be whole, of one format, and have the same columns of the "
        "same types, each with a name of its own"
    )

    write_csv(path, HEADER + LINE, LINE)
    told = refusal(session, path, TRADE_COLUMNS_WITHOUT_UNITS)
    assert "(its header has no column of 0.csv; does every file begin with a header?)" in told
    # The line in its place is of a user.
    assert "u1" not in told


def test_headers_elsewhere_must_agree_on_the_order_too(
    classic_spark: SparkSession, tmp_path: Path, elsewhere: str
) -> None:
    swapped = "user_id,trade_id,trade_date,trade_type,amount\n"
    write_csv(tmp_path / "trades", HEADER + LINE, swapped + LINE)
    settings = InputSettings(format="csv")

    with pytest.raises(InputRefusedError) as refused, refuse_unreadable_files("trades"):
        open_source(
            classic_spark, "trades", f"{elsewhere}/trades", TRADE_COLUMNS_WITHOUT_UNITS, settings
        ).rows.collect()

    assert "or not their order, which may differ on this computer only)" in str(refused.value)


def test_parquet_among_csv_is_named(spark: SparkSession, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "trades", HEADER + LINE)
    spark.sql("SELECT 1 AS it").write.parquet(str(path / "older"))

    told = refusal(spark, path)

    assert ".parquet cannot be read (it is Parquet, but the input is read as CSV)" in told


def test_a_file_that_is_not_parquet_is_refused(classic_spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "trades").mkdir()
    (tmp_path / "trades" / "part.parquet").write_text("not a table")

    told = refusal(classic_spark, tmp_path / "trades")

    assert f"{tmp_path}/trades/part.parquet cannot be read" in told


CSV_SETTINGS = [
    ({"delimiter": "|"}, 'id|note|yuan\nu1|a,b|1\nu2|"c|d"|2\n'),
    ({"delimiter": "tab"}, 'id\tnote\tyuan\nu1\ta,b\t1\nu2\t"c|d"\t2\n'),
    ({"delimiter": "\\t"}, "id\tnote\tyuan\nu1\ta,b\t1\nu2\tc|d\t2\n"),
    ({}, 'id,note,yuan\nu1,"a,b",1\nu2,c|d,2\n'),
    ({}, ' id , note,yuan\nu1 ,"a,b",1\nu2,c|d, 2\n'),
    ({}, 'id,note,yuan\nu1,"a,b",1,\nu2,c|d,2,\n'),
    ({"quote": "'"}, "id,note,yuan\n'u1','a,b',1\nu2,c|d,2\n"),
    ({"quote": "", "delimiter": ";"}, "id;note;yuan\nu1;a,b;1\nu2;c|d;2\n"),
]

CSV_VALUES: list[tuple[dict[str, str], str, list[tuple[str | None, int | None]]]] = [
    (
        {"null_value": "\\N"},
        "id,yuan\nu1,1\n\\N,\\N\nu2,2\n",
        [("u1", 100), ("u2", 200), (None, None)],
    ),
    ({"null_value": "NULL"}, 'id,yuan\nu1, NULL\n"NULL",2\n', [("u1", None), (None, 200)]),
    ({"escape": "\\"}, 'id,yuan\n"a \\"b\\", c",1\n"x\\\\",2\n', [('a "b", c', 100), ("x\\", 200)]),
    ({}, 'id,yuan\n"a ""b"", c",1\n"x\\",2\n', [('a "b", c', 100), ("x\\", 200)]),
    ({"quote": ""}, 'id,yuan\n"a",1\nx"y,2\n', [('"a"', 100), ('x"y', 200)]),
    (
        {"thousands": ","},
        'id,yuan\na,"1,234.50"\nb,"12,34"\nc,"1,234,567"\nd,5.5\n',
        [("a", 123450), ("b", None), ("c", 123456700), ("d", 550)],
    ),
    (
        {"decimal_mark": ",", "thousands": ".", "delimiter": ";"},
        "id;yuan\na;1.234,50\nb;1.5\nc;-2,5\nd;1.234\n",
        [("a", 123450), ("b", None), ("c", -250), ("d", 123400)],
    ),
    (
        {"decimal_mark": ",", "thousands": " ", "delimiter": ";"},
        "id;yuan\na;1 234,5\nb;1.234\n",
        [("a", 123450), ("b", None)],
    ),
]


@pytest.mark.parametrize("engine", ["spark", "classic_spark"])
def test_csv_is_read_as_other_programs_write_it(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    columns = (InputColumn("id", "text"), InputColumn("note", "text"), InputColumn("yuan", "money"))
    session = request.getfixturevalue(engine)

    for number, (how, text) in enumerate(CSV_SETTINGS):
        path = write_csv(tmp_path / str(number), text)
        settings = InputSettings.model_validate({"csv": how})
        rows = open_source(session, "trades", str(path), columns, settings).rows
        parsed = parse_columns(rows, columns).where("NOT is_corrupt")
        found = sorted(map(tuple, parsed.select("id", "note", "yuan_cents").collect()))
        assert found == [("u1", "a,b", 100), ("u2", "c|d", 200)], (how, text)


@pytest.mark.parametrize("engine", ["spark", "classic_spark"])
def test_nulls_quotes_and_numbers_of_csv_are_those_that_settings_name(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    columns = (InputColumn("id", "text"), InputColumn("yuan", "money"))
    session = request.getfixturevalue(engine)

    for number, (how, text, expected) in enumerate(CSV_VALUES):
        path = write_csv(tmp_path / str(number), text)
        settings = InputSettings.model_validate({"csv": how})
        rows = open_source(session, "trades", str(path), columns, settings).rows
        parsed = parse_columns(rows, columns).where("NOT is_corrupt")
        found = sorted(map(tuple, parsed.select("id", "yuan_cents").collect()), key=str)
        assert found == sorted(expected, key=str), (how, text)


LONG_VALUES: list[tuple[dict[str, object], str, list[tuple[str | None, int | None]]]] = [
    ({}, 'id,yuan\n"u\n1",1\nu2,"2\n"\n', [("u\n1", 100), ("u2", 200)]),
    ({}, 'id,yuan\r\n"u\n1",1\r\n"u\r\n2",2\r\n', [("u\n1", 100), ("u\n2", 200)]),
    ({}, 'id,yuan\n"u\r\n\n1",1\n', [("u\r\n\n1", 100)]),
    ({}, '"id","yu\nan"\n"u1",1\n', [("u1", None)]),
    ({"escape": "\\"}, 'id,yuan\n"u \\"\n1\\"",1\n', [('u "\n1"', 100)]),
    ({"delimiter": "tab"}, 'id\tyuan\n"u\t\n1"\t1\n\nu2\t2\n', [("u\t\n1", 100), ("u2", 200)]),
]


@pytest.mark.parametrize("engine", ["spark", "classic_spark"])
def test_values_may_span_lines_where_settings_say_so(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    columns = (InputColumn("id", "text"), InputColumn("yuan", "money", required=False))
    session = request.getfixturevalue(engine)

    for number, (how, text, expected) in enumerate(LONG_VALUES):
        for way in ({"multiline": True}, {"encoding": "UTF-16"}):
            path = tmp_path / f"{number}.csv"
            path.write_text(text, encoding=str(way.get("encoding", "utf-8")), newline="")
            settings = InputSettings.model_validate({"csv": how | way})
            rows = open_source(session, "trades", str(path), columns, settings).rows
            parsed = parse_columns(rows, columns).where("NOT is_corrupt")
            found = sorted(map(tuple, parsed.select("id", "yuan_cents").collect()), key=str)
            assert found == sorted(expected, key=str), (how, way, text)
