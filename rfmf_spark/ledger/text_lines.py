"""Lines of CSV as records, and records as values, by the rules of Spark's parser.

A line is a record; where values may span lines, a record goes on while a quote of it is open.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TextIO

from rfmf_spark.config.sections.input import CsvSettings

BLOCK_CHARACTERS = 1 << 24


@dataclass(frozen=True)
class RecordReader:
    """How text becomes records and values; ``spans``: a quoted value may span lines."""

    how: CsvSettings
    spans: bool

    def read(self, text: TextIO, block_characters: int = BLOCK_CHARACTERS) -> Iterator[list[str]]:
        """Blocks of records, without their line ends, of about so many characters each."""
        open_lines: list[str] = []
        line_end = ""
        while block := text.readlines(block_characters):
            if not self.spans:
                yield list(map(_bare, block))
                continue
            # The line end of a file is a plain one in its values too; any other is what it is.
            line_end = line_end or block[0][len(_bare(block[0])) :] or "\n"
            if records := self._records(block, open_lines):
                yield [record.replace(line_end, "\n") for record in records]
        if open_lines:
            yield ["".join(open_lines).replace(line_end, "\n")]

    def split(self, record: str) -> list[str]:
        """The values of one record; a quote that does not close ends with the record."""
        how = self.how
        if how.quote and (how.escape or not self._plainly_quoted.fullmatch(record)):
            return split_oddly(record, how.delimiter, how.quote, how.escape)
        values = csv.reader(
            [record],
            delimiter=how.delimiter,
            quotechar=how.quote or None,
            quoting=csv.QUOTE_MINIMAL if how.quote else csv.QUOTE_NONE,
        )
        return next(values, [])

    def has_no_quote(self, record: str) -> bool:
        """Whether a record is its values with delimiters between them, and nothing else."""
        return not self.how.quote or self.how.quote not in record

    @cached_property
    def _plainly_quoted(self) -> re.Pattern[str]:
        """Records whose quotes are around whole values, or doubled in these."""
        quote, other = re.escape(self.how.quote), re.escape(self.how.delimiter)
        value = f"(?:{quote}(?:[^{quote}]++|{quote}{quote})*+{quote}|[^{quote}{other}]*+)"
        return re.compile(f"{value}(?:{other}{value})*+")

    def _records(self, lines: Sequence[str], open_lines: list[str]) -> list[str]:
        """Records that end in these lines; what is left open stays in ``open_lines``."""
        records = []
        for line in lines:
            is_open = bool(open_lines)
            if not self.has_no_quote(line):
                is_open = leaves_open(line, self.how, is_open)
            open_lines.append(line)
            if not is_open:
                records.append(_bare("".join(open_lines)))
                open_lines.clear()
        return records


def leaves_open(line: str, how: CsvSettings, is_open: bool) -> bool:
    """Whether a quoted value goes on after a line; ``is_open``: one has begun before it."""
    inner = _inner(how.quote, how.escape)
    start = 0
    while True:
        closing = start
        if is_open or line.startswith(how.quote, start):
            found = _closing_quote(line, start if is_open else start + 1, inner, how.quote)
            if found is None:
                return True
            is_open, closing = False, found
        end = line.find(how.delimiter, closing)
        if end < 0:
            return False
        start = end + 1


def split_oddly(line: str, delimiter: str, quote: str = '"', escape: str = "") -> list[str]:
    """The values of a line whose quotes are not those of CSV, as Spark reads them.

    Blanks after a closing quote are dropped; a value that goes on there keeps its quotes.
    With an ``escape`` a quote within a value is one that follows it, else one that is doubled.
    """
    inner = _inner(quote, escape)
    values: list[str] = []
    start = 0
    while True:
        end = line.find(delimiter, start)
        if line.startswith(quote, start):
            closing = _closing_quote(line, start + 1, inner, quote)
            if closing is None:
                return [*values, inner.sub(r"\1", line[start + 1 :]) or quote]
            after = closing + 1
            while after < len(line) and line[after] <= " " and line[after] != delimiter:
                after += 1
            if after == len(line) or line[after] == delimiter:
                values.append(inner.sub(r"\1", line[start + 1 : closing]))
                end = after if after < len(line) else -1
            else:
                end = line.find(delimiter, closing)
                inside = inner.sub(r"\1", line[start + 1 : closing])
                values.append(quote + inside + line[closing : end if end >= 0 else None])
        else:
            values.append(line[start : end if end >= 0 else None])
        if end < 0:
            return values
        start = end + 1


def _closing_quote(line: str, start: int, inner: re.Pattern[str], quote: str) -> int | None:
    """Where a quoted value ends whose text begins at ``start``: a quote that is no ``inner``."""
    while (found := line.find(quote, start)) >= 0:
        hidden = inner.search(line, start)
        if hidden is None or hidden.start() > found:
            return found
        start = hidden.end()
    return None


def _inner(quote: str, escape: str) -> re.Pattern[str]:
    """A quote that is part of a quoted value, with what says so."""
    mark = escape or quote
    return re.compile(f"{re.escape(mark)}([{re.escape(mark + quote)}])")


def _bare(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")
