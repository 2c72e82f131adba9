"""Opening an input: format, version, and the columns that the contract asks for.

Here an input as a whole is accepted or refused; single bad rows are the business of ``rules.py``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    NumericType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from rfmf_spark.config.sections.input import TRADE_ID, CsvSettings, InputSettings
from rfmf_spark.errors import InputRefusedError, first_line
from rfmf_spark.ledger.file_identity import describe_files
from rfmf_spark.ledger.input_files import (
    NO_PARTITION,
    InputFiles,
    holds_csv,
    partitions_of,
    spark_location,
)
from rfmf_spark.ledger.mapping import InputMapping
from rfmf_spark.ledger.parquet_files import look_into, read_parquet
from rfmf_spark.ledger.text_files import (
    CORRUPT_RECORD,
    check_partitions,
    find_csv,
    read_headers,
    rewrite_csv,
    spans_lines,
)
from rfmf_spark.ledger.text_headers import group_by_order
from rfmf_spark.ledger.text_values import as_contract_text, count_character
from rfmf_spark.ledger.unreadable import refuse_unreadable_files
from rfmf_spark.schemas.inputs import LOT_COLUMNS, ColumnKind, InputColumn
from rfmf_spark.session.engines import engine_of
from rfmf_spark.session.paths import is_csv_name, is_local, is_table_name, local_path
from rfmf_spark.session.platform import lacks_room
from rfmf_spark.tables.store import find_version, find_version_in_history, qualify, reach_table

_MAX_NAMES_TOLD = 20
_MAX_NAME_TOLD = 40

# trade_time is about as much like trade_id as like trade_date: below this a hint is a guess.
_ALIKE = 0.8

# A number or a date: as the name of a column it is a value of a file that has no header.
_VALUE = re.compile(r"[-+]?\d[\d.,:/ T-]*")

Format = Literal["parquet", "csv", "delta", "table"]

_ACCEPTED: dict[ColumnKind, tuple[type[DataType], ...]] = {
    "text": (StringType, NumericType),
    "date": (DateType, TimestampType, TimestampNTZType, StringType),
    "timestamp": (DateType, TimestampType, TimestampNTZType, StringType),
    "money": (NumericType, StringType),
    "units": (NumericType, StringType),
    "rate": (NumericType, StringType),
    "nav": (NumericType, StringType),
    "count": (NumericType, StringType),
    "value": (NumericType, StringType),
    "lots": (ArrayType,),
    "flag": (BooleanType, StringType),
}

# Only formats with types have lots, so that no text has to be read there.
_LOT_FIELDS: dict[ColumnKind, tuple[type[DataType], ...]] = {
    "date": (DateType,),
    "units": (NumericType,),
    "money": (NumericType,),
}

# Numbers as identifiers are fine where they print as themselves; 1.0E7 is not an identifier.
_WORDS: dict[ColumnKind, str] = {
    "text": "text or whole numbers",
    "date": "dates, timestamps or text",
    "timestamp": "dates, timestamps or text",
    "money": "numbers or text",
    "units": "numbers or text",
    "rate": "numbers or text",
    "nav": "numbers or text",
    "count": "numbers or text",
    "value": "numbers or text",
    "lots": "an array of struct<entry_date, units, units_left, principal> of dates and numbers",
    "flag": "booleans or text",
}


@dataclass(frozen=True)
class Source:
    """An opened input: its name (trades, nav, products, …), rows as they came, and its version.

    ``columns`` and ``mapping`` tell what the contract asks for and where the input has it,
    ``line_quote`` is the quote of a CSV input in which every line is a row.
    """

    name: str
    rows: DataFrame
    version: dict[str, Any]
    columns: Sequence[InputColumn] = ()
    mapping: InputMapping = field(default_factory=InputMapping)
    line_quote: str = ""

    @property
    def is_text(self) -> bool:
        """Whether dates or numbers have to be read from text."""
        found = {field.name: field.dataType for field in self.rows.schema.fields}
        values = [column for column in self.columns if column.kind != "text"]
        names = [self.mapping.column_of(column.name) for column in values]
        return any(isinstance(found.get(name), StringType) for name in names)


def open_source(
    spark: SparkSession,
    name: str,
    path: str | None,
    columns: Sequence[InputColumn],
    settings: InputSettings,
    mapping: InputMapping | None = None,
) -> Source:
    """Open an input at one fixed version and check its columns.

    Raises ``InputRefusedError`` for a missing or unreadable input, a missing column or a column
    that cannot hold what the contract asks for.
    """
    if path is None:
        raise InputRefusedError(
            f"input.{name} is not set; give its path with --set input.{name}=PATH"
        )
    mapping = mapping or InputMapping()
    asked = [column for column in columns if not mapping.makes(column.name)]
    wanted = [mapping.column_of(column.name) for column in asked]
    try:
        file_format = detect_format(spark, path) if settings.format == "auto" else settings.format
        located = path if file_format == "table" else qualify(spark, path)
        with refuse_unreadable_files(name):
            rows, version = _load(spark, name, located, file_format, settings, wanted)
            schema = rows.schema
    except (AnalysisException, PySparkException, OSError) as cause:
        if lacks_room(cause):
            raise
        raise InputRefusedError(
            f"input.{name}: {path} cannot be read ({first_line(cause)}); check the path, its "
            f"permissions and input.format"
        ) from cause
    if not schema.fields:
        raise InputRefusedError(
            f"input.{name}: {path} cannot be read (no data is there); check the path, its "
            f"permissions and input.format"
        )
    _check_columns(name, path, schema, asked, mapping)
    line_quote = ""
    if file_format == "csv":
        rows = as_contract_text(rows, columns, mapping, settings.csv)
        line_quote = "" if spans_lines(settings.csv) else settings.csv.quote
    version = {"path": path, "format": file_format} | version
    return Source(name, rows, version, columns, mapping, line_quote)


def detect_format(spark: SparkSession, path: str) -> Format:
    """Table, Delta where there is a Delta log, CSV where files are named so, else Parquet."""
    if is_table_name(path):
        return "table"
    path = qualify(spark, path)
    if is_local(path):
        folder = local_path(path)
        if (folder / "_delta_log").is_dir():
            return "delta"
        return "csv" if is_csv_name(folder.name) or holds_csv(folder) else "parquet"
    if is_csv_name(path):
        return "csv"
    try:
        spark.sql(f"DESCRIBE DETAIL delta.`{path}`").select("format").collect()
    except PySparkException:
        return "parquet"
    return "delta"


def _load(
    spark: SparkSession,
    name: str,
    path: str,
    file_format: Format,
    settings: InputSettings,
    wanted: Sequence[str],
) -> tuple[DataFrame, dict[str, Any]]:
    version: int | None = getattr(settings.versions, name, None)
    if file_format == "delta":
        version = find_version(spark, path) if version is None else version
        reader = spark.read.format("delta").option("versionAsOf", version)
        return reader.load(reach_table(spark, path, f"input.{name}")), {"version": version}
    if file_format == "table":
        return _load_table(spark, path, version)
    if version is not None:
        raise InputRefusedError(
            f"input.versions: {path} is read as {file_format}, which has no versions; leave the "
            f"version out"
        )
    if file_format == "csv":
        return _load_csv(spark, name, path, settings.csv)
    return _load_parquet(spark, name, path, wanted)


def _load_csv(
    spark: SparkSession, name: str, path: str, csv: CsvSettings
) -> tuple[DataFrame, dict[str, Any]]:
    engine = engine_of(spark)
    if engine.keeps_bad_lines:
        rows = _read_csv(spark, name, path, csv)
        return rows, describe_files(spark, rows.inputFiles(), path)
    target = engine.new_file(f"{name}.parquet")
    files = rewrite_csv(name, local_path(path), csv, target)
    return spark.read.parquet(str(target)), describe_files(spark, _addresses(files))


def _load_parquet(
    spark: SparkSession, name: str, path: str, wanted: Sequence[str]
) -> tuple[DataFrame, dict[str, Any]]:
    """Local files as their footers tell; those elsewhere are left to the engine."""
    if is_local(path) and local_path(path).exists():
        folder = look_into(name, local_path(path))
        if folder is not None:
            rows = read_parquet(spark, name, folder, wanted)
            return rows, describe_files(spark, _addresses(folder.files))
    rows = spark.read.option("mergeSchema", "true").parquet(path)
    return rows, describe_files(spark, rows.inputFiles(), path)


def _addresses(files: Iterable[Path]) -> list[str]:
    return [file.absolute().as_uri() for file in files]


def _load_table(
    spark: SparkSession, name: str, version: int | None
) -> tuple[DataFrame, dict[str, Any]]:
    """A table of the catalog; a Delta table at one version, another by its files."""
    try:
        version = find_version_in_history(spark, name) if version is None else version
    except AnalysisException:
        rows = spark.read.table(name)
        return rows, describe_files(spark, rows.inputFiles())
    return spark.read.option("versionAsOf", version).table(name), {"version": version}


def _read_csv(spark: SparkSession, name: str, path: str, csv: CsvSettings) -> DataFrame:
    """All columns as text; a line that does not fit the header is kept whole, and marked."""
    found = find_csv(name, local_path(path)) if is_local(path) else None
    if found is None:
        return _read_csv_at(spark, name, path, [path], csv)
    headers = read_headers(found, csv)
    groups = [] if headers is None else group_by_order(name, headers)
    if len(groups) < 2:
        places = found.files if found.is_pattern else [found.path]
        locations = [spark_location(place) for place in places]
        return _read_csv_at(spark, name, path, locations, csv, found)
    parts = []
    for files, order in groups:
        part = _read_csv_at(spark, name, path, [*map(spark_location, files)], csv, found)
        others = range(len(order), len(part.columns))
        quoted = [part.columns[at].replace("`", "``") for at in (*order, *others)]
        parts.append(part.select(*[f"`{column}`" for column in quoted]))
    # By position, under the names of the first.
    return reduce(DataFrame.union, parts)


def _read_csv_at(
    spark: SparkSession,
    name: str,
    path: str,
    locations: list[str],
    csv: CsvSettings,
    found: InputFiles | None = None,
) -> DataFrame:
    """Files with one header; where ``found`` is None, Spark alone knows of partition folders."""
    # A backslash begins an escape, so that it stands for itself only when doubled.
    separator = csv.delimiter.replace("\\", "\\\\")
    reader = spark.read.options(
        header=True,
        sep=separator,
        encoding=csv.encoding,
        # A file that is not split at its line ends is read by one task.
        multiLine=spans_lines(csv),
        quote=csv.quote,
        # As every spreadsheet and database writes them: quotes are doubled, a backslash is itself.
        escape=csv.escape or csv.quote or "\0",
        # By itself Spark leaves out what lies in folders of folders.
        recursiveFileLookup=True,
    )
    if found is not None and found.partitions:
        reader = reader.option("basePath", str(found.path))
    plainly = reader.csv(locations, inferSchema=False)
    header = plainly.schema.names
    partitions = found.partitions if found else _partitions_by_uri(name, path, plainly)
    check_partitions(name, path, header, partitions)
    columns = [*header, CORRUPT_RECORD, *partitions]
    schema = StructType([StructField(column, StringType()) for column in columns])
    rows = reader.options(
        # Without pruning every line is read whole, and one that does not fit is noticed.
        columnPruning=False,
        enforceSchema=False,
        mode="PERMISSIVE",
        columnNameOfCorruptRecord=CORRUPT_RECORD,
        recursiveFileLookup=not partitions,
    ).csv(locations, schema=schema)
    plain = [column.strip() for column in rows.columns]
    is_unique = len({column.lower() for column in plain}) == len(plain)
    ended = _allow_last_delimiter(F.col(CORRUPT_RECORD), len(header), csv)
    values = [F.when(F.col(f"`{at}`") != NO_PARTITION, F.col(f"`{at}`")) for at in partitions]
    changed = dict(zip(partitions, values, strict=True)) | {CORRUPT_RECORD: ended}
    return rows.withColumns(changed).toDF(*(plain if is_unique else rows.columns))


def _partitions_by_uri(name: str, path: str, rows: DataFrame) -> tuple[str, ...]:
    """Names of the columns that folders of another computer stand for."""
    depth = len(PurePosixPath(urlsplit(path).path).parts)
    files = [PurePosixPath(unquote(urlsplit(file).path)).parts for file in rows.inputFiles()]
    inside = [PurePosixPath(*(file[depth:] or file[-1:])) for file in files]
    return partitions_of(name, path, inside)


def _allow_last_delimiter(record: Column, width: int, csv: CsvSettings) -> Column:
    """No record where a line has one delimiter more than its header, at its end."""
    bare = record
    if csv.quote:
        quote, escape = re.escape(csv.quote), re.escape(csv.escape or csv.quote)
        inner = f"{escape}." if csv.escape else quote * 2
        bare = F.regexp_replace(record, f"{quote}({inner}|[^{quote}{escape}])*{quote}", "")
    is_last_empty = bare.endswith(csv.delimiter) & record.endswith(csv.delimiter)
    is_ended = is_last_empty & (count_character(bare, csv.delimiter) == width)
    return F.when(~is_ended, record)


def _check_columns(
    name: str,
    path: str,
    schema: StructType,
    columns: Sequence[InputColumn],
    mapping: InputMapping,
) -> None:
    found = {field.name: field.dataType for field in schema.fields}
    # What another column of the contract is read from, or named as, is no slip for this one.
    taken = {name for one in columns for name in (one.name, mapping.column_of(one.name))}
    for column in columns:
        own_name = mapping.column_of(column.name)
        if own_name not in found:
            is_wanted = column.required or column.name in mapping.columns
            if is_wanted and column.name not in mapping.constants:
                missing = _missing_column(name, path, own_name, list(found), taken)
                if column.name == TRADE_ID:
                    missing += "; where trades have no ids, set input.trade_ids=content"
                raise InputRefusedError(missing)
            continue
        if not _accepts(column.kind, found[own_name]):
            raise InputRefusedError(
                f"input.{name}: column {own_name} of {path} is "
                f"{found[own_name].simpleString()}, but must be {_WORDS[column.kind]}; convert "
                f"the column"
            )


def _accepts(kind: ColumnKind, found: DataType) -> bool:
    if kind == "text" and isinstance(found, NumericType):
        return found.simpleString() in ("tinyint", "smallint", "int", "bigint") or (
            isinstance(found, DecimalType) and found.scale == 0
        )
    if kind == "lots":
        return isinstance(found, ArrayType) and _holds_lots(found.elementType)
    return isinstance(found, _ACCEPTED[kind])


def _holds_lots(element: DataType) -> bool:
    if not isinstance(element, StructType):
        return False
    found = {field.name: field.dataType for field in element.fields}
    return all(
        column.name in found and isinstance(found[column.name], _LOT_FIELDS[column.kind])
        for column in LOT_COLUMNS
    )


def _missing_column(
    name: str, path: str, column: str, found: list[str], taken: Collection[str]
) -> str:
    visible = [other for other in found if other != CORRUPT_RECORD]
    printable = [_printable(other) for other in visible[:_MAX_NAMES_TOLD]]
    more = len(visible) - len(printable)
    names = ", ".join(printable) + (f" and {more} more" if more else "")
    # Spark adds its position to each of several columns of one name.
    repeated = [n for i, n in enumerate(visible) if n.lower() == f"{column}{i}".lower()]
    if len(repeated) > 1:
        return (
            f"input.{name}: {path} has {len(repeated)} columns named {column}, in whatever case "
            f"(found: {names}); rename all but one"
        )
    if any(_VALUE.fullmatch(other) for other in visible) and not set(visible) & set(taken):
        # Whose values these are is nobody's business.
        return (
            f"input.{name}: {path} has no column {column}, and values where names should be; give "
            f"every file a header, or correct the path"
        )
    likely = _most_alike(column, [other for other in visible if other not in taken])
    hint = f"; is it {_printable(likely)}?" if likely else ""
    if len(visible) == 1:
        hint = ", and only one column; is input.csv.delimiter right?"
    if any(not other.isprintable() or "\ufffd" in other for other in visible):
        hint = ", and names that are no text; is the file compressed, or input.csv.encoding wrong?"
    return (
        f"input.{name}: {path} has no column {column}{hint} (found: {names}); "
        f"map it with input.columns.{name} or correct the path"
    )


def _most_alike(column: str, others: Sequence[str]) -> str | None:
    """The name that is most like ``column`` but for case, blanks and signs; None if none is."""

    def plain(text: str) -> str:
        return re.sub(r"[\W_]", "", text).lower()

    names = {plain(other): other for other in reversed(others)}
    close = difflib.get_close_matches(plain(column), names, n=1, cutoff=_ALIKE)
    return names[close[0]] if close else None


def _printable(name: str) -> str:
    """A name as it may stand in a message of one line."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    return shown if len(shown) <= _MAX_NAME_TOLD else shown[:_MAX_NAME_TOLD] + "…"
