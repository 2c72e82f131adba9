"""Lines and tables on the console; the only module that knows of rich.

Names of experts, reasons, paths and samples come from users and may hold square brackets or
colons, which rich would take for markup and emoji, or characters that steer a terminal. Here no
text is more than text: what is given is what shows. So whatever people read is printed from here;
JSON, for programs, from ``streams.py``; and by nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rfmf_spark.config.redaction import redact_text

# Wide enough for every table, where there is no terminal to fit.
_PLAIN_WIDTH = 160
# All control characters but tabs and ends of lines.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def make_visible(text: str) -> str:
    """The text without secrets, and with escapes for characters that would steer a terminal."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", redact_text(text))


def print_line(text: str, *, err: bool = False) -> None:
    """Print a text as it is and unbroken, however long: paths and commands are there to be copied.

    ``err`` prints it on standard error.
    """
    click.echo(make_visible(text), err=err)


class Screen:
    """The console, as wide as the terminal, or as a table needs where nobody watches."""

    def __init__(self) -> None:
        console = Console()
        width = None if console.is_terminal else _PLAIN_WIDTH
        self._console = Console(width=width, markup=False, emoji=False, highlight=False)

    def print_text(self, text: str) -> None:
        """Print a text as it is, broken between words where it is longer than a line."""
        self._console.print(_plain(text))

    def print_table(
        self,
        titles: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        title: str = "",
        text_columns: int | None = None,
    ) -> None:
        """Print a table, every cell as it is.

        The first ``text_columns`` are flush left, the others right; without it all are text.
        """
        heading = _plain(title, "table.title") if title else None
        table = Table(title=heading, title_justify="left")
        texts = len(titles) if text_columns is None else text_columns
        for number, column in enumerate(titles):
            table.add_column(_plain(column), justify="left" if number < texts else "right")
        for row in rows:
            table.add_row(*map(_plain, row))
        self._console.print(table)


def _plain(text: str, style: str = "") -> Text:
    return Text(make_visible(text), style=style)
