"""Parquet files of this computer: which there are, what their columns hold, how to ask for them.

By itself an engine takes the columns of one file for those of all, stops at types that it does not
know even where nobody asked for them, and guesses types of partition folders. Here the footers of
all files say what there is.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StringType, StructField

from rfmf_spark.errors import InputRefusedError, first_line
from rfmf_spark.ledger.input_files import (
    NO_PARTITION,
    find_files,
    spark_location,
    unreadable_file,
)
from rfmf_spark.session.engines import engine_of

_ARROW_SCHEMA = b"ARROW:schema"
_MICROS_OF_NANOS = "(`{0}` - pmod(`{0}`, 1000)) div 1000"

# What to write instead of a type that no engine here reads.
_REMEDIES = {
    "time": "write dates or timestamps",
    "duration": "write whole numbers",
    "halffloat": "write it as decimal or double",
    "dictionary": "write it as plain text or numbers",
    "decimal256": "write it with at most 38 digits",
    "date64": "write it as date32",
}


@dataclass
class ParquetFolder:
    """The files under a path, and of every column the types that they have for it."""

    path: Path
    files: Sequence[Path]
    partitions: Sequence[str]
    types: dict[str, dict[str, Path]] = field(default_factory=dict)
    fields: dict[str, pa.DataType] = field(default_factory=dict)
    types_in: dict[Path, dict[str, str]] = field(default_factory=dict)


def look_into(name: str, path: Path) -> ParquetFolder | None:
    """What the footers of all files under ``path`` say; None where no file is there.

    Raises ``InputRefusedError`` for a file that is not Parquet, and for files that only some of
    the partition folders have above them; ``name`` is the input's in messages.
    """
    found = find_files(name, path)
    if found is None:
        return None
    folder = ParquetFolder(path, found.files, found.partitions)
    for file in folder.files:
        columns = _columns_of(name, file)
        folder.types_in[file] = {column.name: _type_text(column.type) for column in columns}
        for column in columns:
            folder.types.setdefault(column.name, {}).setdefault(_type_text(column.type), file)
            known = folder.fields.get(column.name)
            if known is None or pa.types.is_null(known):
                folder.fields[column.name] = column.type
    return folder


def read_parquet(
    spark: SparkSession, name: str, folder: ParquetFolder, wanted: Iterable[str]
) -> DataFrame:
    """All rows of all files, with every column that any of them has, and partitions as text.

    A column of a type that the engine does not read is left out, or refused where it is
    ``wanted``. Raises ``InputRefusedError`` also for a wanted column of several types.
    """
    wanted = set(wanted)
    is_embedded = engine_of(spark).reads_arrow_types
    asked: list[StructField] = []
    selected: list[Column] = []
    for column, found in folder.fields.items():
        if column in folder.partitions:
            continue
        types = {text: file for text, file in folder.types[column].items() if text != "null"}
        if len(types) > 1 and column in wanted:
            raise InputRefusedError(_several_types(name, column, types))
        if len(folder.types[column]) > 1 and column not in wanted:
            continue
        way = _way_to_read(found, is_embedded)
        if way is None:
            if column in wanted:
                raise InputRefusedError(_unreadable_type(name, folder.path, column, found))
            continue
        read_as, expression = way
        asked.append(StructField(column, DataType.fromDDL(read_as)))
        selected.append(F.expr(expression.format(column.replace("`", "``"))).alias(column))
    for partition in folder.partitions:
        asked.append(StructField(partition, StringType()))
        value = F.col(f"`{partition}`")
        selected.append(F.when(value != NO_PARTITION, value).alias(partition))
    groups = _groups_by_types(folder)
    if len(groups) == 1:
        return _rows_at(spark, folder, [folder.path], asked).select(*selected)
    if folder.partitions:
        column = min(column for column, types in folder.types.items() if len(types) > 1)
        raise InputRefusedError(_several_types(name, column, folder.types[column]))
    # What is null in all rows of a file has no type there: such files are read without the column.
    parts = []
    for files in groups.values():
        here = folder.types_in[files[0]]
        others = [one for one in asked if here.get(one.name) != "null" or _is_void(folder, one)]
        parts.append(_rows_at(spark, folder, files, others))
    return reduce(lambda one, other: one.unionByName(other, True), parts).select(*selected)


def _is_void(folder: ParquetFolder, column: StructField) -> bool:
    return list(folder.types.get(column.name, ())) == ["null"]


def _rows_at(
    spark: SparkSession, folder: ParquetFolder, paths: Sequence[Path], asked: list[StructField]
) -> DataFrame:
    # As text: from fields the embedded engine would make metadata that its own plans do not expect.
    columns = (
        f"`{column.name.replace('`', '``')}` {column.dataType.simpleString()}" for column in asked
    )
    reader = spark.read.schema(", ".join(columns))
    if not folder.partitions:
        reader = reader.option("recursiveFileLookup", "true")
    is_embedded = engine_of(spark).reads_arrow_types
    return reader.parquet(*[_location(path, is_embedded) for path in paths])


def _groups_by_types(folder: ParquetFolder) -> dict[frozenset[tuple[str, str]], list[Path]]:
    """The files by what they have for the columns whose types are not the same in all."""
    mixed = {column for column, types in folder.types.items() if len(types) > 1}
    groups: dict[frozenset[tuple[str, str]], list[Path]] = {}
    for file in folder.files:
        types = {pair for pair in folder.types_in[file].items() if pair[0] in mixed}
        groups.setdefault(frozenset(types), []).append(file)
    return groups


def _columns_of(name: str, file: Path) -> list[pa.Field]:
    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            physical = {
                column.path: column.physical_type
                for column in map(opened.schema.column, range(len(opened.schema)))
            }
            columns = list(opened.schema_arrow)
            forgotten = _forgotten_types(opened.metadata.metadata or {})
    except (pa.ArrowException, OSError) as cause:
        raise unreadable_file(name, f"file:{file.absolute()}", first_line(cause)) from cause
    others = forgotten | {name: _Int96() for name, kind in physical.items() if kind == "INT96"}
    return [pa.field(column.name, others.get(column.name, column.type)) for column in columns]


def _forgotten_types(metadata: Mapping[bytes, bytes]) -> dict[str, pa.DataType]:
    """Categories that are no text, and date64: what Arrow's own reader takes for plain types.

    The embedded engine does not: it goes by what the writer has left in the footer.
    """
    arrow_schema = metadata.get(_ARROW_SCHEMA)
    if arrow_schema is None:
        return {}
    found = {}
    for column in pa.ipc.read_schema(pa.py_buffer(base64.b64decode(arrow_schema))):
        if pa.types.is_dictionary(column.type):
            # How wide the indices are differs from file to file, and means nothing.
            found[column.name] = pa.dictionary(pa.int32(), _plain(column.type.value_type))
        elif any(word in str(column.type) for word in ("date64", "dictionary")):
            found[column.name] = column.type
    return found


class _Int96(pa.ExtensionType):  # type: ignore[misc]
    """An instant, whatever Arrow takes it for."""

    def __init__(self) -> None:
        super().__init__(pa.timestamp("ns", "UTC"), "rfmf.int96")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""


def _type_text(found: pa.DataType) -> str:
    """A type in words; what differs in its layout only is the same."""
    plain = _plain(found)
    return "int96 timestamp" if isinstance(plain, _Int96) else str(plain)


def _plain(found: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(found) or pa.types.is_string_view(found):
        return pa.string()
    if pa.types.is_large_binary(found) or pa.types.is_binary_view(found):
        return pa.binary()
    return found


def _way_to_read(found: pa.DataType, is_embedded: bool) -> tuple[str, str] | None:
    """The type to ask the engine for, and the expression of what is meant; None: it cannot."""
    plain = _plain(found)
    if isinstance(plain, _Int96):
        instant = "CAST(convert_timezone('UTC', current_timezone(), `{0}`) AS timestamp)"
        return ("timestamp_ntz", instant) if is_embedded else ("timestamp", "`{0}`")
    if pa.types.is_timestamp(plain):
        return _way_to_read_timestamp(plain, is_embedded)
    if pa.types.is_null(plain):
        return ("void" if is_embedded else "int", "CAST(NULL AS string)")
    if pa.types.is_dictionary(plain):
        return None if is_embedded else _way_to_read(plain.value_type, is_embedded)
    if pa.types.is_date64(plain):
        return None if is_embedded else ("date", "`{0}`")
    if pa.types.is_binary(plain):
        # So write those that know no text: Impala, and Hive of old.
        return ("binary", "CAST(`{0}` AS string)")
    if pa.types.is_decimal(plain):
        fits = plain.precision <= 38
        return (f"decimal({plain.precision},{plain.scale})", "`{0}`") if fits else None
    if pa.types.is_list(plain) or pa.types.is_large_list(plain):
        return _way_to_read_nested(plain, is_embedded)
    if pa.types.is_struct(plain):
        return _way_to_read_nested(plain, is_embedded)
    name = _NAMES.get(str(plain))
    return None if name is None else (name, "`{0}`")


_NAMES: Mapping[str, str] = {
    "string": "string",
    "bool": "boolean",
    "date32[day]": "date",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "int",
    "uint32": "bigint",
    "uint64": "decimal(20,0)",
    "float": "float",
    "double": "double",
}


def _way_to_read_timestamp(found: pa.DataType, is_embedded: bool) -> tuple[str, str]:
    kind = "timestamp_ntz" if found.tz is None else "timestamp"
    if found.unit != "ns" or is_embedded:
        return kind, "`{0}`"
    if found.tz is not None:
        return "bigint", f"timestamp_micros({_MICROS_OF_NANOS})"
    start = "TIMESTAMP_NTZ'1970-01-01 00:00:00'"
    return "bigint", f"timestampadd(MICROSECOND, {_MICROS_OF_NANOS}, {start})"


def _way_to_read_nested(found: pa.DataType, is_embedded: bool) -> tuple[str, str] | None:
    """Lists and structs of what is read as it is."""
    if pa.types.is_struct(found):
        ways = [_way_to_read(part.type, is_embedded) for part in found]
        names = [part.name for part in found]
    else:
        ways, names = [_way_to_read(found.value_type, is_embedded)], [""]
    types = [way[0] for way in ways if way is not None and way[1] == "`{0}`"]
    if len(types) < len(ways):
        return None
    if not pa.types.is_struct(found):
        return f"array<{types[0]}>", "`{0}`"
    parts = [f"`{name}`: {type_name}" for name, type_name in zip(names, types, strict=True)]
    return f"struct<{', '.join(parts)}>", "`{0}`"


def _several_types(name: str, column: str, types: Mapping[str, Path]) -> str:
    examples = " and ".join(f"{text} in {file.name}" for text, file in sorted(types.items())[:2])
    return f"input.{name}: column {column} is {examples}; write it with one type in all files"


def _unreadable_type(name: str, path: Path, column: str, found: pa.DataType) -> str:
    text = _type_text(found)
    remedies = [remedy for begin, remedy in _REMEDIES.items() if text.startswith(begin)]
    remedy = remedies[0] if remedies else "write it as text or as a number"
    if pa.types.is_decimal256(found):
        remedy = _REMEDIES["decimal256"]
    return f"input.{name}: column {column} of {path} is {text}, which cannot be read; {remedy}"


def _location(path: Path, is_embedded: bool) -> str:
    """The path as the engine takes it."""
    return path.absolute().as_uri() if is_embedded else spark_location(path)
