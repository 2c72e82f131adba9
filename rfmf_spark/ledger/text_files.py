"""CSV files of this computer as rows of text, for an engine that would stop at an unfit line.

Written anew as Parquet, by Spark's rules: values beyond a header are cut, missing ones are null,
and such a line is kept whole beside them; lines of blanks are none. A line is a row, whatever its
quotes, but where a quoted value may span lines, as in UTF-16: there only empty lines are none.
"""

from __future__ import annotations

import csv
import io
import itertools
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
from rfmf_spark.errors import InputRefusedError, first_line
from rfmf_spark.ledger.input_files import InputFiles, find_files, unreadable_file
from rfmf_spark.ledger.text_headers import Header, places_of
from rfmf_spark.ledger.text_lines import BLOCK_CHARACTERS, RecordReader
from rfmf_spark.session.platform import lacks_room
from rfmf_spark.session.stopping import stop_where_told

# A line that does not fit its header is kept in a column of this name.
CORRUPT_RECORD = "_corrupt_record"

# As Java trims: everything up to the blank.
_BLANKS = "".join(map(chr, range(33)))
_PARQUET = b"PAR1"

# What Spark takes compression by, and Arrow does not.
_ONLY_FOR_SPARK = (".deflate", ".snappy")

Row = list[str | None]


def spans_lines(settings: CsvSettings) -> bool:
    """Whether quoted values may hold line breaks: as the settings say, or for want of lines.

    Where a line end takes more than one byte, lines cannot be found in bytes.
    """
    plain = settings.encoding.lower().replace("-", "").replace("_", "")
    return settings.multiline or plain.startswith(("utf16", "utf32"))


def rewrite_csv(name: str, path: Path, settings: CsvSettings, target: Path) -> tuple[Path, ...]:
    """Write the rows of all files under ``path`` into the Parquet file ``target``.

    Columns are those of the header, ``_corrupt_record``, and those of partition folders, all text.
    They stand in the order of the first file, whatever that of another is. Returns the files that
    were read. Raises ``InputRefusedError`` for files that cannot be read or differ in their
    columns; ``name`` is the input's in messages.
    """
    _require_encoding(name, path, settings.encoding)
    csv.field_size_limit(sys.maxsize)
    found = find_csv(name, path)
    if found is None:
        raise InputRefusedError(
            f"input.{name}: {path} cannot be read (no data is there); check the path, its "
            f"permissions and input.format"
        )
    writer: pyarrow.parquet.ParquetWriter | None = None
    first = Header(path, [])
    try:
        for file in found.files:
            with _opened(file, settings) as lines:
                table = _TextTable(lines, settings)
                if not table.header:
                    continue
                header = Header(file, table.header)
                if writer is None:
                    first = header
                    schema = _schema_of(name, file, table.header, found)
                    writer = pyarrow.parquet.ParquetWriter(target, schema)
                places = [*places_of(name, first, header), len(table.header)]
                partitions = found.partition_values(file)
                for block in table.blocks():
                    stop_where_told()
                    ordered = _with_partitions(block.select(places), partitions)
                    writer.write_table(ordered.rename_columns(schema.names))
        if writer is None:
            schema = pa.schema([(CORRUPT_RECORD, pa.string())])
            writer = pyarrow.parquet.ParquetWriter(target, schema)
        writer.close()
    except (OSError, EOFError, UnicodeError, csv.Error, pa.ArrowInvalid) as cause:
        if lacks_room(cause):
            raise
        raise _refused(name, file, first_line(cause)) from cause
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


def read_headers(found: InputFiles, settings: CsvSettings) -> dict[Path, list[str]] | None:
    """The header of every file, without its rows; None where one of them is for Spark alone."""
    if any(file.suffix in _ONLY_FOR_SPARK for file in found.files):
        return None
    headers = {}
    try:
        for file in found.files:
            with _opened(file, settings) as lines:
                headers[file] = _TextTable(lines, settings, block_characters=1).header
    except (OSError, EOFError, LookupError, UnicodeError, csv.Error):
        return None
    return headers


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


def _opened(file: Path, settings: CsvSettings) -> TextIO:
    """Text in which U+FFFD stands for what is no character; line ends stay where values span."""
    stream = io.BufferedReader(pa.input_stream(str(file), compression="detect"))
    newline = "" if spans_lines(settings) else None
    return io.TextIOWrapper(stream, settings.encoding, errors="replace", newline=newline)


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


@dataclass
class _TextTable:
    """The header of a file, and the rows that follow; read in blocks of so many characters."""

    lines: TextIO
    settings: CsvSettings
    block_characters: int = BLOCK_CHARACTERS

    def __post_init__(self) -> None:
        self._reader = RecordReader(self.settings, spans_lines(self.settings))
        self._blocks = self._reader.read(self.lines, self.block_characters)
        self.header = self._read_header()

    def _read_header(self) -> list[str]:
        for block in self._blocks:
            # A mark of the byte order is no text, and no reason for a quote not to open a value.
            block[0] = block[0].removeprefix("\ufeff")
            for at, record in enumerate(block):
                if not self._is_blank(record):
                    self._blocks = itertools.chain([block[at + 1 :]], self._blocks)
                    return self._reader.split(record)
        return []

    def blocks(self) -> Iterator[pa.Table]:
        """Rows in tables of moderate size; their columns have numbers for names."""
        has_no_quote = self._reader.has_no_quote
        quick = self.settings.delimiter.isascii() and len(self.header) > 1
        for records in self._blocks:
            plain = [record for record in records if has_no_quote(record)] if quick else []
            if plain:
                yield self._read_plain(plain)
            if len(plain) < len(records):
                others = [record for record in records if not (quick and has_no_quote(record))]
                yield self._table(list(self._rows(others)))

    def _rows(self, records: Iterable[str]) -> Iterator[Row]:
        for record in records:
            if not self._is_blank(record):
                yield self._row(self._reader.split(record), record)

    def _is_blank(self, record: str) -> bool:
        return not (record if self._reader.spans else record.strip(_BLANKS))

    def _row(self, values: Sequence[str], record: str) -> Row:
        wanted = len(self.header)
        row: Row = [value or None for value in values[:wanted]]
        row += [None] * (wanted - len(row))
        # Some programs end every line, but not the header, with a delimiter.
        is_last_empty = not values[-1] and record.endswith(self.settings.delimiter)
        ends_with_delimiter = len(values) == wanted + 1 and is_last_empty
        return [
            *row,
            None if len(values) == wanted or ends_with_delimiter else record.removesuffix("\n"),
        ]

    def _read_plain(self, records: list[str]) -> pa.Table:
        """Records without quotes, by Arrow, which is many times as fast."""
        unfit: list[str] = []

        def keep(row: pyarrow.csv.InvalidRow) -> str:
            unfit.append(row.text)
            return "skip"

        wanted = len(self.header)
        names = [str(at) for at in range(wanted)]
        # A block must hold the longest line; a character takes at most four bytes.
        block_size = max(1 << 20, 4 * (1 + max(map(len, records))))
        found = pyarrow.csv.read_csv(
            pa.BufferReader("\n".join([*records, ""]).encode()),
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
        if self.settings.delimiter in _BLANKS and not self._reader.spans:
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
