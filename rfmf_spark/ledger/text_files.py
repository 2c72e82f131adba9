"""CSV files of this computer as rows of text, for an engine that would stop at an unfit line.

Written anew as Parquet, by Spark's rules: a line is a row, whatever its quotes; values beyond a
header are cut, missing ones are null, and such a line is kept whole beside them; lines of blanks
are none. Where line ends take several bytes (UTF-16, UTF-32), a quoted value may span lines.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from rfmf_spark.config.sections.input import CsvSettings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.input_files import InputFiles, find_files, unreadable_file
from rfmf_spark.session.stopping import stop_where_told

# A line that does not fit its header is kept in a column of this name.
CORRUPT_RECORD = "_corrupt_record"

_QUOTE = '"'
# As Java trims: everything up to the blank.
_BLANKS = "".join(map(chr, range(33)))
_BLOCK_CHARACTERS = 1 << 24
_PARQUET = b"PAR1"

Row = list[str | None]


def is_wide(encoding: str) -> bool:
    """Whether a line end takes more than one byte, so that lines cannot be found in bytes."""
    plain = encoding.lower().replace("-", "").replace("_", "")
    return plain.startswith(("utf16", "utf32"))


def rewrite_csv(name: str, path: Path, settings: CsvSettings, target: Path) -> tuple[Path, ...]:
    """Write the rows of all files under ``path`` into the Parquet file ``target``.

    Columns are those of the header, ``_corrupt_record``, and those of partition folders, all text.
    Returns the files that were read. Raises ``InputRefusedError`` for files that cannot be read or
    differ in their headers; ``name`` is the input's in messages.
    """
    _require_encoding(name, path, settings.encoding)
    if settings.escape and is_wide(settings.encoding):
        raise InputRefusedError(
            f"input.{name}: {path} has an input.csv.escape in {settings.encoding}, which Spark "
            f"alone can read; set session.engine=spark"
        )
    csv.field_size_limit(sys.maxsize)
    found = find_csv(name, path)
    if found is None:
        raise InputRefusedError(
            f"input.{name}: {path} cannot be read (no data is there); check the path, its "
            f"permissions and input.format"
        )
    writer: pyarrow.parquet.ParquetWriter | None = None
    first: list[str] = []
    try:
        for file in found.files:
            with _opened(file, settings.encoding) as lines:
                table = _TextTable(lines, settings)
                if not table.header:
                    continue
                if writer is None:
                    first = table.header
                    schema = _schema_of(name, file, first, found)
                    writer = pyarrow.parquet.ParquetWriter(target, schema)
                elif [name.lower() for name in table.header] != [name.lower() for name in first]:
                    raise _refused(name, file, "CSV header does not conform to the schema.")
                partitions = found.partition_values(file)
                for block in table.blocks():
                    stop_where_told()
                    writer.write_table(
                        _with_partitions(block, partitions).rename_columns(schema.names)
                    )
        if writer is None:
            schema = pa.schema([(CORRUPT_RECORD, pa.string())])
            writer = pyarrow.parquet.ParquetWriter(target, schema)
        writer.close()
    except (OSError, EOFError, UnicodeError, csv.Error, pa.ArrowInvalid) as cause:
        reason = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        raise _refused(name, file, reason) from cause
    return found.files


def find_csv(name: str, path: Path) -> InputFiles | None:
    """The files of a CSV input; None where there is none.

    Raises ``InputRefusedError`` for a Parquet file among them, and as ``find_files`` does.
    """
    found = find_files(name, path)
    for file in found.files if found else ():
        with file.open("rb") as opened:
            if opened.read(len(_PARQUET)) == _PARQUET:
                raise _refused(name, file, "it is Parquet, but the input is read as CSV")
    return found


def check_partitions(
    name: str, path: str, header: Sequence[str], partitions: Sequence[str]
) -> None:
    """Raise ``InputRefusedError`` for a column that files and partition folders both have."""
    names = {column.strip().lower() for column in header}
    for partition in partitions:
        if partition.lower() in names:
            raise InputRefusedError(
                f"input.{name}: column {partition} of {path} is in the files and in the names of "
                f"their folders; rename the folders, or leave the column out of the files"
            )


def _schema_of(name: str, file: Path, header: Sequence[str], found: InputFiles) -> pa.Schema:
    names = _column_names(header)
    if CORRUPT_RECORD in names:
        raise _refused(name, file, f"a column is named {CORRUPT_RECORD}")
    check_partitions(name, str(found.path), names, found.partitions)
    columns = [*names, CORRUPT_RECORD, *found.partitions]
    return pa.schema([(column, pa.string()) for column in columns])


def _with_partitions(block: pa.Table, partitions: Mapping[str, str | None]) -> pa.Table:
    for column, value in partitions.items():
        block = block.append_column(column, pa.array([value] * len(block), pa.string()))
    return block


def _require_encoding(name: str, path: Path, encoding: str) -> None:
    try:
        "".encode(encoding)
    except LookupError as cause:
        raise InputRefusedError(
            f"input.{name}: {path} cannot be read (input.csv.encoding is the name of a character "
            f"encoding, such as utf-8, gb18030 or utf-16; got {encoding}); correct it"
        ) from cause


def _refused(name: str, file: Path, reason: str) -> InputRefusedError:
    return unreadable_file(name, file.absolute().as_uri(), reason)


def _opened(file: Path, encoding: str) -> TextIO:
    """Text with every line end as one ``\\n``; what is no character becomes U+FFFD."""
    stream = io.BufferedReader(pa.input_stream(str(file), compression="detect"))
    newline = "" if is_wide(encoding) else None
    return io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=newline)


def _column_names(header: Sequence[str]) -> list[str]:
    """Names as Spark makes them: positions for empty names, and beside those that are repeated.

    Padding is no part of a name.
    """
    header = [column.strip() for column in header]
    lowered = [column.lower() for column in header]
    return [
        f"_c{at}" if not column else f"{column}{at}" if lowered.count(low) > 1 else column
        for at, (column, low) in enumerate(zip(header, lowered, strict=True))
    ]


def split_oddly(line: str, delimiter: str, quote: str = _QUOTE, escape: str = "") -> list[str]:
    """The values of a line whose quotes are not those of CSV, as Spark reads them.

    Blanks after a closing quote are dropped; a value that goes on there keeps all of its quotes.
    With an ``escape`` a quote within a value is one that follows it, else one that is doubled.
    """
    mark = escape or quote
    inner = re.compile(f"{re.escape(mark)}([{re.escape(mark + quote)}])")
    values: list[str] = []
    start = 0
    while True:
        end = line.find(delimiter, start)
        if line.startswith(quote, start):
            closing = _closing_quote(line, start + 1, inner, quote)
            if closing is None:
                return [*values, inner.sub(r"\1", line[start + 1 :])]
            after = closing + 1
            while after < len(line) and line[after] <= " " and line[after] != delimiter:
                after += 1
            if after == len(line) or line[after] == delimiter:
                values.append(inner.sub(r"\1", line[start + 1 : closing]))
                end = after if after < len(line) else -1
            else:
                end = line.find(delimiter, closing)
                values.append(line[start : end if end >= 0 else None])
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


@dataclass
class _TextTable:
    """The header of a file, and the rows that follow."""

    lines: TextIO
    settings: CsvSettings

    def __post_init__(self) -> None:
        self._records = self._read(self.lines)
        self._is_wide = is_wide(self.settings.encoding)
        # A quote that neither begins a value, nor ends it, nor is doubled.
        other, quote = re.escape(self.settings.delimiter), re.escape(self.settings.quote)
        self._is_odd = re.compile(f"(?<!^)(?<!{other}){quote}(?!{other}|{quote}|$)")
        self.header = self._read_header()

    def _read_header(self) -> list[str]:
        if self._is_wide:
            header = next((record for record in self._records if any(record)), [])
        else:
            line = next((line for line in self.lines if line.strip(_BLANKS)), "")
            line = line.removeprefix("\ufeff").rstrip("\n")
            header = self._split(line) if line else []
        return [header[0].removeprefix("\ufeff"), *header[1:]] if header else []

    def blocks(self) -> Iterator[pa.Table]:
        """Rows in tables of moderate size; their columns have numbers for names."""
        if not self.header:
            return
        if self._is_wide:
            # An empty line is a record without values.
            yield self._table([self._row(record) for record in self._records if record])
            return
        while lines := self.lines.readlines(_BLOCK_CHARACTERS):
            quick = self.settings.delimiter.isascii() and len(self.header) > 1
            plain = [line for line in lines if self._has_no_quote(line)] if quick else []
            if plain:
                yield self._read_plain(plain)
            if len(plain) < len(lines):
                others = [line for line in lines if not (quick and self._has_no_quote(line))]
                yield self._table(list(self._rows(others)))

    def _rows(self, lines: Iterable[str]) -> Iterator[Row]:
        for line in lines:
            if line.strip(_BLANKS):
                line = line.rstrip("\n")
                yield self._row(self._split(line), line)

    def _split(self, line: str) -> list[str]:
        """The values of one line; one whose quotes do not close ends with the line."""
        how = self.settings
        if how.quote and (how.escape or self._is_odd.search(line)):
            return split_oddly(line, how.delimiter, how.quote, how.escape)
        return next(self._read([line]), [])

    def _read(self, lines: Iterable[str]) -> Iterator[list[str]]:
        return csv.reader(
            lines,
            delimiter=self.settings.delimiter,
            quotechar=self.settings.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.settings.quote else csv.QUOTE_NONE,
        )

    def _has_no_quote(self, line: str) -> bool:
        return not self.settings.quote or self.settings.quote not in line

    def _row(self, values: Sequence[str], line: str | None = None) -> Row:
        wanted = len(self.header)
        told = self.settings.delimiter.join(values) if line is None else line
        row: Row = [value or None for value in values[:wanted]]
        row += [None] * (wanted - len(row))
        # Some programs end every line, but not the header, with a delimiter.
        ends_with_delimiter = len(values) == wanted + 1 and not values[-1]
        return [*row, None if len(values) == wanted or ends_with_delimiter else told]

    def _read_plain(self, lines: list[str]) -> pa.Table:
        """Lines without quotes, by Arrow, which is many times as fast."""
        unfit: list[str] = []

        def keep(row: pyarrow.csv.InvalidRow) -> str:
            unfit.append(row.text)
            return "skip"

        wanted = len(self.header)
        names = [str(at) for at in range(wanted)]
        # A block must hold the longest line; a character takes at most four bytes.
        block_size = max(1 << 20, 4 * max(map(len, lines)))
        found = pyarrow.csv.read_csv(
            pa.BufferReader("".join(lines).encode()),
            pyarrow.csv.ReadOptions(column_names=names, block_size=block_size),
            pyarrow.csv.ParseOptions(
                delimiter=self.settings.delimiter,
                quote_char=False,
                double_quote=False,
                invalid_row_handler=keep,
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        if self.settings.delimiter in _BLANKS:
            # A line of nothing but separators is a line of blanks.
            texts = [pc.utf8_trim(pc.fill_null(column, ""), _BLANKS) for column in found.columns]
            blank = pc.equal(pc.binary_join_element_wise(*texts, ""), "")
            found = found.filter(pc.invert(blank))
        found = found.append_column(str(wanted), pa.nulls(len(found), pa.string()))
        return pa.concat_tables([found, self._table(list(self._rows(unfit)))])

    def _table(self, rows: list[Row]) -> pa.Table:
        names = [str(at) for at in range(len(self.header) + 1)]
        columns = [[row[at] for row in rows] for at in range(len(names))]
        return pa.table([pa.array(column, pa.string()) for column in columns], names=names)
