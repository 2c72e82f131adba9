"""Output of any encoding, or none that can be written, is no reason for a command to fail."""

from __future__ import annotations

import io
import json
import os
import sys
import warnings

import click
import pytest

from rfmf_spark.cli import cli, main
from rfmf_spark.cli.screen import Screen
from rfmf_spark.cli.streams import json_text, print_json_document, printing_to_whoever_is_left
from tests.wheel import CHECKOUT

ENCODINGS = ("cp1252", "ascii", "latin-1", "gbk", "utf-8")


def stream_of(encoding: str, monkeypatch: pytest.MonkeyPatch, name: str = "stdout") -> io.BytesIO:
    written = io.BytesIO()
    monkeypatch.setattr(sys, name, io.TextIOWrapper(written, encoding=encoding))
    return written


def ended(*arguments: str, report_end: bool = False) -> int:
    with pytest.raises(SystemExit) as end:
        main(arguments, report_end=report_end)
    return int(str(end.value.code))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_chinese_and_tables_are_printed_to_any_encoding(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = stream_of(encoding, monkeypatch)

    matrix = str(CHECKOUT / "conf" / "judgments" / "huang2019.yaml")
    assert ended("weights", matrix, "--lang", "zh") == 0
    sys.stdout.flush()
    assert b"0.0" in written.getvalue()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_error_is_told_to_any_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = stream_of(encoding, monkeypatch, "stderr")

    assert ended("config", "--set", "scoring.bins=重要", report_end=True) == 2
    sys.stderr.flush()
    line, end = written.getvalue().splitlines()
    assert line.startswith(b"rfmf: --set: scoring.bins is ")
    told = json.loads(end.decode("utf-8" if encoding == "ascii" else encoding))
    assert told["exit_code"] == 2
    assert "scoring.bins is '重要'" in told["reason"]


def test_json_has_escapes_where_the_output_lacks_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream_of("cp1252", monkeypatch)
    assert json_text({"name": "重要é"}) == r'{"name": "\u91cd\u8981\u00e9"}'
    stream_of("utf-8", monkeypatch)
    assert json_text({"name": "重要é"}) == '{"name": "重要é"}'


def test_json_steers_no_terminal_and_means_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = {"name": "A\x1b[2J\x9b1m\x7f重要"}
    text = json_text(hostile)
    assert text == r'{"name": "A\u001b[2J\u009b1m\u007f重要"}'
    written = stream_of("utf-8", monkeypatch)
    print_json_document(json.dumps(hostile, ensure_ascii=False))
    assert written.getvalue().decode() == f"{text}\n"
    assert json.loads(text) == hostile


def test_what_is_for_other_programs_is_utf_8_always(monkeypatch: pytest.MonkeyPatch) -> None:
    written = stream_of("cp1252", monkeypatch)
    print_json_document("重要")
    assert written.getvalue() == "重要\n".encode()


def test_a_full_disk_behind_the_output_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with printing_to_whoever_is_left():
            click.echo("one")
            Screen().print_table(["title"], [["cell"]])
            click.echo("two")
        assert sys.stdout is full
        # Closing it would fail, were there anything left to write.


def test_a_reader_that_has_gone_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with printing_to_whoever_is_left():
            click.echo("one")
            Screen().print_text("two")


def test_an_error_keeps_its_code_where_nobody_can_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    full = io.TextIOWrapper(io.FileIO("/dev/full", "w"), encoding="utf-8", write_through=True)
    monkeypatch.setattr(sys, "stderr", full)

    assert ended("config", "--set", "scoring.bins=0", report_end=True) == 2


def test_where_shared_memory_cannot_be_written_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def work(**given: object) -> None:
        warnings.warn("[Errno 30] … joblib will operate in serial mode", UserWarning, stacklevel=1)

    monkeypatch.setattr(cli, "main", work)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ended() == 0
