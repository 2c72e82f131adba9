"""Answers of ``rfmf yield …``: the formula, the same with numbers, results; as text or JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from rfmf_spark.cli.screen import Screen, print_line
from rfmf_spark.cli.streams import print_json
from rfmf_spark.cli.yields.texts import TEXTS
from rfmf_spark.config.languages import Language

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
        print_json(_described(answer, language))
        return
    print_line(TEXTS[answer.key].say(language))
    print_line(f"  {_named(answer.formula, language)}")
    _print_rows(answer, language)
    for note in answer.notes:
        print_line(note)


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


def _print_rows(answer: Answer, language: Language) -> None:
    columns = list(answer.rows[0].values)
    with_work = any(row.worked for row in answer.rows)
    titles = ["", *["="] * with_work, *(TEXTS[column].say(language) for column in columns)]
    rows = (
        [
            row.name,
            *[row.worked] * with_work,
            *(_shown(column, row.values[column]) for column in columns),
        ]
        for row in answer.rows
    )
    Screen().print_table(titles, rows, text_columns=1 + with_work)


def _named(formula: str, language: Language) -> str:
    names = re.findall(r"{(\w+)}", formula)
    return formula.format_map({name: TEXTS[name].say(language) for name in names})


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
