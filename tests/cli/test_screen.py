"""What users have written shows as it is, whatever it would mean to rich."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import rfmf_spark
from rfmf_spark.cli.screen import Screen, make_visible, print_line

PACKAGE = Path(rfmf_spark.__file__).parent
JOBS = PACKAGE.parent / "jobs"
# Where everything is printed from: text for people, and JSON for programs.
PRINTERS = {"rfmf_spark/cli/screen.py", "rfmf_spark/cli/streams.py"}
PRINTING = {"print", "echo", "secho", "echo_via_pager", "write", "writelines"}
STREAMS = {"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"}
MARKED_UP = (
    "Ann [sales]",
    "Bob [/ops]",
    "[bold]重要[/bold]价值 [/]",
    r"C:\[x]\ledger",
    "/data/[2019]/trades.csv",
    "at :smile: 12:30:45",
    "[link=file:///etc]here[/link]",
    "{braces} %s",
    "[",
    "",
)


@pytest.mark.parametrize("text", MARKED_UP)
def test_a_line_shows_as_it_was_given(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Screen().print_text(text)

    assert capsys.readouterr().out == f"{text}\n"


@pytest.mark.parametrize("text", MARKED_UP)
def test_cells_and_titles_of_columns_and_tables_show_as_they_were_given(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Screen().print_table([text, "n"], [[text, "1"]], title=text)

    *title, _, columns, _, cells, _ = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in title] == [text] * bool(text)
    assert columns.split("┃")[1].strip() == text
    assert cells.split("│")[1].strip() == text


def test_nothing_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "A\x1b[2J\x07\rB\x9b1m"

    assert make_visible(hostile) == r"A\x1b[2J\x07\x0dB\x9b1m"
    assert make_visible("重要\tx\ny") == "重要\tx\ny"
    Screen().print_text(hostile)
    Screen().print_table([hostile], [[hostile]], title=hostile)
    assert not set("\x1b\x07\r\x9b") & set(capsys.readouterr().out)


def test_a_line_on_its_own_is_never_broken_and_steers_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_line("[/x] " * 50 + "\x9b1m")
    print_line("wrong: \x1b[2J", err=True)

    printed = capsys.readouterr()
    assert printed.out == "[/x] " * 50 + r"\x9b1m" + "\n"
    assert printed.err == r"wrong: \x1b[2J" + "\n"


def test_text_is_flush_left_and_figures_are_flush_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Screen().print_table(["name", "figure"], [["a", "1"]], text_columns=1)

    assert "│ a    │      1 │" in capsys.readouterr().out


def test_a_line_that_is_too_long_is_broken_between_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Screen().print_text("ninechars " * 20)

    assert [len(line.rstrip()) for line in capsys.readouterr().out.splitlines()] == [159, 39]


def test_nothing_else_prints_by_rich() -> None:
    importing = {
        str(module.relative_to(PACKAGE))
        for module in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        if str(name).partition(".")[0] == "rich"
    }
    assert importing == {str(Path("cli", "screen.py"))}


def printing_calls(source: str) -> list[str]:
    """Calls that print, each with its line: ``print``, those of click, those of a stream."""
    return [
        f"{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and _prints(node.func)
    ]


def _prints(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id in PRINTING
    if not isinstance(called, ast.Attribute) or called.attr not in PRINTING:
        return False
    return ast.unparse(called.value) in {"click", *STREAMS}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("print(path)", ["1: print"]),
        ("click.echo(path)", ["1: click.echo"]),
        ("x = 1\nsys.stderr.write(path)", ["2: sys.stderr.write"]),
        ("from click import secho\nsecho(path)", ["2: secho"]),
        ("rows.write(path)", []),
        ("print_line(path)\nscreen.print_table(titles, rows)", []),
    ],
)
def test_a_call_that_prints_is_told_from_others(source: str, found: list[str]) -> None:
    assert printing_calls(source) == found


def test_all_is_printed_by_what_shows_text_as_it_is() -> None:
    modules = sorted([*PACKAGE.rglob("*.py"), *JOBS.glob("*.py")])
    printing = {
        module.relative_to(PACKAGE.parent).as_posix()
        for module in modules
        if printing_calls(module.read_text(encoding="utf-8"))
    }
    assert len(modules) > 200
    assert printing == PRINTERS
