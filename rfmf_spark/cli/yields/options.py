"""Options of ``rfmf yield …`` and the numbers that they take."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click

from rfmf_spark.config.languages import LANGUAGES

Command = TypeVar("Command", bound=Callable[..., Any])


def read_number(text: str) -> Decimal:
    """A number as it is written, also with a percent sign; never a double.

    Raises ``click.BadParameter`` for anything else.
    """
    written = text.strip()
    try:
        return Decimal(f"{written[:-1]}e-2" if written.endswith("%") else written)
    except InvalidOperation:
        raise click.BadParameter(f"{text!r} is no number; write 0.055 or 5.5%") from None


def number_option(
    name: str, text: str, default: str | None = None, *, many: bool = False
) -> Callable[[Command], Command]:
    """An option that takes one exact number; required where it has no default."""
    return click.option(
        name,
        type=read_number,
        help=text,
        default=default,
        required=default is None,
        multiple=many,
        show_default=default is not None,
        metavar="X",
    )


def output_options(command: Command) -> Command:
    """``--json`` and ``--lang``."""
    language = click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        default="en",
        show_default=True,
        help="Language of the text.",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, numbers exact.")
    return language(as_json(command))
