"""Lines as records and records as values, whatever their quotes."""

from __future__ import annotations

import io

import pytest

from rfmf_spark.config.sections.input import CsvSettings
from rfmf_spark.ledger.text_lines import RecordReader, split_oddly


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('"U1" ,2', ["U1", "2"]),
        ('"U1"x,2', ['"U1"x', "2"]),
        ('"F "A" g",3', ['"F "A" g"', "3"]),
        ('"F ""A"" g"x,3', ['"F "A" g"x', "3"]),
        ('x"y,"a""b,c"', ['x"y', 'a"b,c']),
        ('","x,2', ['","x', "2"]),
        ('1,"2', ["1", "2"]),
        ('1,"2" ', ["1", "2"]),
        ('1,"', ["1", '"']),
        ('"" x,', ['"" x', ""]),
    ],
)
def test_records_with_odd_quotes_are_split_as_spark_splits_them(
    line: str, values: list[str]
) -> None:
    assert split_oddly(line, ",") == values
    assert RecordReader(CsvSettings(), spans=False).split(line) == values


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ('1,"2\n3"\n4,5\n', ['1,"2\n3"', "4,5"]),
        ('1,"2\r\n3"\r\n4,5', ['1,"2\r\n3"', "4,5"]),
        ('"a\n\n""b"", \n c"\n4,5\n', ['"a\n\n""b"", \n c"', "4,5"]),
        ('x"y\n4,5\n', ['x"y', "4,5"]),
        ('"x"y\n4,5\n', ['"x"y', "4,5"]),
        ('1,"x"y\n",4\n5"\n', ['1,"x"y', '",4\n5"']),
        ('1,"2\n4,5\n', ['1,"2\n4,5\n']),
    ],
)
def test_a_record_goes_on_while_a_quote_is_open(text: str, records: list[str]) -> None:
    def read(*, spans: bool) -> list[str]:
        lines = io.StringIO(text, newline="")
        return [one for block in RecordReader(CsvSettings(), spans).read(lines) for one in block]

    told = [record.replace("\r\n", "\n") for record in records]
    assert read(spans=True) == told
    assert read(spans=False) == text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def test_an_escaped_quote_closes_nothing() -> None:
    reader = RecordReader(CsvSettings(escape="\\"), spans=True)
    (records,) = reader.read(io.StringIO('"a \\"\n",1\n"\\\\",2\n'))
    assert list(map(reader.split, records)) == [['a "\n', "1"], ["\\", "2"]]
