"""An unexpected error: where it happened is told, and nothing that it quotes."""

from __future__ import annotations

import pytest
from pyspark.errors import PySparkValueError

from rfmf_spark.cli import cli, main
from rfmf_spark.cli.trace import QUOTE_ERRORS, describe_trace

SECRET = "user 6217-0042 holds 1,234,567.89"


def fail_twice(**given: object) -> None:
    try:
        raise PySparkValueError(errorClass="CANNOT_BE_NONE", messageParameters={"arg_name": SECRET})
    except PySparkValueError as cause:
        raise ValueError(SECRET) from cause


@pytest.mark.parametrize("report_end", [False, True])
def test_a_command_tells_the_place_and_the_kinds_only(
    report_end: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(QUOTE_ERRORS)
    monkeypatch.setattr(cli, "main", fail_twice)
    with pytest.raises(SystemExit) as end:
        main([], report_end=report_end)
    assert end.value.code == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert SECRET not in told.err
    assert "6217" not in told.err
    assert "in fail_twice" in told.err
    assert told.err.index("PySparkValueError (") < told.err.index("\nValueError\n")
    assert f"{QUOTE_ERRORS}=1" in told.err
    assert ('"exit_code": 1' in told.err) == report_end


def test_what_it_says_is_told_to_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(QUOTE_ERRORS, "1")
    told = describe_trace(ValueError(SECRET))
    assert told.endswith(f"ValueError: {SECRET}")


def test_the_condition_by_which_spark_names_an_error_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(QUOTE_ERRORS)
    with pytest.raises(ValueError, match="6217") as found:
        fail_twice()
    assert "PySparkValueError (CANNOT_BE_NONE)" in describe_trace(found.value)


def test_errors_that_name_each_other_are_told_once() -> None:
    first, second = ValueError("a"), KeyError("b")
    first.__cause__, second.__cause__ = second, first
    assert describe_trace(first).count("Traceback") == 2
