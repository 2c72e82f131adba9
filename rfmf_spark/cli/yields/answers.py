"""Answers of ``rfmf yield …``: the formula, the same with numbers, results; as text or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rfmf_spark.cli.yields.texts import say
from rfmf_spark.config.languages import Language

_PLAIN_WIDTH = 120
_PERCENT_DIGITS = 4
_YUAN_DIGITS = 2
_DAY_DIGITS = 1
# Decimal places beyond which a number is written with an exponent.
_LONGEST_PLAIN = 18
_DAY_COLUMNS = ("from", "to")
_YUAN_COLUMNS = ("cost",)

Numbers = Mapping[str, Decimal]


class Row(NamedTuple):
    """One result: its name for machines and for people, its formula in numbers, its values.

    ``values`` are by column; ``None`` is a value that is not there.
    """

    key: str
    name: str
    worked: str
    values: Mapping[str, Decimal | None]


class Answer(NamedTuple):
    """What a command found; ``formula`` has names of ``yield_texts`` in braces."""

    key: str
    formula: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()


def work_out(formula: str, numbers: Numbers) -> str:
    """``formula`` with a number in place of every name."""
    return formula.format_map({name: _plain(value) for name, value in numbers.items()})


def print_answer(answer: Answer, language: Language, as_json: bool) -> None:
    """Print for people, or as one JSON object with exact numbers as strings."""
    if as_json:
        click.echo(json.dumps(_described(answer, language), ensure_ascii=False, indent=2))
        return
    click.echo(say(answer.key, language))
    click.echo(f"  {_named(answer.formula, language)}")
    found = Console()
    console = found if found.is_terminal else Console(width=_PLAIN_WIDTH)
    console.print(_table(answer, language), highlight=False)
    for note in answer.notes:
        click.echo(note)


def as_percent(value: Decimal) -> str:
    """A fraction as a percentage, without zeros at its end."""
    digits = f"{value * 100:.{_PERCENT_DIGITS}f}".rstrip("0").rstrip(".")
    return f"{'0' if digits == '-0' else digits} %"


def _described(answer: Answer, language: Language) -> dict[str, object]:
    return {
        "answer": answer.key,
        "formula": _named(answer.formula, language),
        "rows": [
            {
                "name": row.key,
                "worked": row.worked,
                **{column: _exact(value) for column, value in row.values.items()},
            }
            for row in answer.rows
        ],
        "notes": list(answer.notes),
    }


def _table(answer: Answer, language: Language) -> Table:
    table = Table(show_header=True)
    columns = list(answer.rows[0].values)
    with_work = any(row.worked for row in answer.rows)
    table.add_column("")
    if with_work:
        table.add_column("=")
    for column in columns:
        table.add_column(say(column, language), justify="right")
    for row in answer.rows:
        shown = (_shown(column, row.values[column]) for column in columns)
        told = [escape(row.name), *([escape(row.worked)] if with_work else [])]
        table.add_row(*told, *shown)
    return table


def _named(formula: str, language: Language) -> str:
    names = re.findall(r"{(\w+)}", formula)
    return formula.format_map({name: say(name, language) for name in names})


def _shown(column: str, value: Decimal | None) -> str:
    if value is None:
        return "∞" if column in _DAY_COLUMNS else ""
    if column in _DAY_COLUMNS:
        return f"{value:,.{_DAY_DIGITS}f}"
    if column in _YUAN_COLUMNS:
        return f"{value:,.{_YUAN_DIGITS}f}"
    return as_percent(value)


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else _plain(value)


def _plain(value: Decimal) -> str:
    return f"{value:f}" if abs(value.adjusted()) <= _LONGEST_PLAIN else str(value)
