"""From columns as they came to typed columns, without ever failing on a bad value.

Money, units, NAVs and rates become whole numbers of their smallest unit (cents, 1/10,000 units,
1/10,000 yuan, 1e-8 per year), so that every later sum is exact. A value that cannot be read is null
and is told apart from a missing one by the columns added here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    DataType,
    DateType,
    DecimalType,
    StringType,
    StructType,
)

from rfmf_spark.ledger.mapping import ISO_DATE, InputMapping
from rfmf_spark.ledger.text_files import CORRUPT_RECORD
from rfmf_spark.schemas.inputs import LOT_COLUMNS, SCALES, ColumnKind, InputColumn
from rfmf_spark.session.engines import Engine, engine_of

RAW = "raw"
IS_MISSING = "{}_is_missing"
IS_UNREADABLE = "{}_is_unreadable"
IS_BEYOND = "{}_is_beyond"
_FLAGS = (IS_MISSING, IS_UNREADABLE, IS_BEYOND)

_IDENTITY = InputMapping()

# The type of a column of lots that the input does not have.
_NO_LOTS = (
    "array<struct<entry_date:date,units_e4:bigint,units_left_e4:bigint,principal_cents:bigint>>"
)

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# Spark writes out every digit that an exponent stands for: 1e-99999999 would keep it busy for ever.
_READABLE_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?0*[0-9]{1,3})?$"
# What has at most 20 digits before the point, for decimal(38,18): its reader fails on more.
_WITH_EXPONENT = (
    r"^[+-]?(0*[0-9]{0,12}(\.[0-9]{0,17})?[eE]\+?0*[0-8]"
    r"|0*[0-9]{0,9}(\.[0-9]{0,17})?[eE]\+?0*(9|1[01])"
    r"|0*[0-9]{0,5}(\.[0-9]{0,17})?[eE]\+?0*1[2-5]"
    r"|0*[0-9]{0,12}(\.[0-9]{0,17})?[eE]-0*([0-9]|[12][0-9]|30))$"
)
_NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity)$"
# What a decoder leaves where bytes are none of its characters: different ids would look alike.
_UNDECODABLE = "\ufffd"
# Python and every reader of dates after us count years from 1 to 9999.
_FIRST_DATE, _LAST_DATE = "0001-01-01", "9999-12-31"
_ISO_TEXT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
# White space of Unicode, and what takes no width: nobody tells ids apart by these.
_BLANKS = (
    "".join(map(chr, (*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, 0x180E)))
    + "".join(map(chr, (*range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F, 0x2060)))
    + "\u3000\ufeff"
)
# Between these is every character of ASCII that can be seen: most values need no trimming.
_FIRST_VISIBLE, _LAST_VISIBLE = "!", "~"


def parse_columns(
    rows: DataFrame, columns: Sequence[InputColumn], mapping: InputMapping = _IDENTITY
) -> DataFrame:
    """Typed columns of the contract beside the row as it came.

    Result: ``raw`` (struct), each contract column typed (absent optional ones null), and three
    flags per column: missing (null or blank), unreadable, beyond (not finite or too large, a date
    outside the years 1 to 9999). ``is_corrupt`` marks lines of a CSV file that do not fit its
    header, and texts with bytes that are no characters of its encoding.
    Typed columns that count a smallest unit are named by it (``typed_name``): ``amount_cents``,
    ``units_e4``, ``unit_nav_e4``, ``management_fee_rate_e8``; more decimal places are rounded half
    up. Flags keep the name of the contract.
    """
    made = [column for column in columns if mapping.makes(column.name)]
    given = [column for column in columns if column not in made]
    if not made:
        return _parse_given(rows, given, mapping)
    names = {column.name for column in given}
    others = [column for column in mapping.content if column.name not in names]
    parsed = _parse_given(rows, [*given, *others], mapping)
    ids = [part for column in made for part in _made_id(column.name, mapping.content)]
    dropped = [name for column in others for name in _names_of(column)]
    return parsed.select("*", *ids).drop(*dropped)


def _parse_given(
    rows: DataFrame, columns: Sequence[InputColumn], mapping: InputMapping
) -> DataFrame:
    """Typed columns and flags of what the input has."""
    fields = {field.name: field.dataType for field in rows.schema.fields}
    given = [_given(column, fields, mapping) for column in columns]
    texts = [mapping.column_of(column.name) for column in columns if column.kind == "text"]
    is_corrupt = _is_corrupt(rows.schema, [name for name in texts if name in fields])
    as_read = rows.select(F.struct("*").alias(RAW))
    # Flags ask for the typed values several times: made here, these are made once.
    engine = engine_of(rows.sparkSession)
    values = [_typed(column, mapping, engine).alias(column.typed_name) for column in given]
    typed = as_read.select(RAW, is_corrupt.alias("is_corrupt"), *values)
    flagged = [part for column in given for part in _with_flags(column)]
    return typed.select(RAW, *flagged, "is_corrupt")


def _made_id(name: str, content: Sequence[InputColumn]) -> list[Column]:
    """An id as text, SHA-256 of all values that are there, and its flags, which are never set."""
    values = F.concat(*[_told_apart(column) for column in content])
    flags = [F.lit(False).alias(flag.format(name)) for flag in _FLAGS]
    return [F.sha2(values, 256).alias(name), *flags]


def _told_apart(column: InputColumn) -> Column:
    """A typed value after its name and length, so that no two rows make one text; else nothing."""
    typed = F.col(column.typed_name)
    if column.kind == "date":
        typed = F.unix_date(typed)
    elif column.kind == "timestamp":
        typed = F.unix_micros(typed)
    text = typed.cast("string")
    labelled = F.concat(F.lit(f"{column.name}="), F.length(text).cast("string"), F.lit(":"), text)
    return F.coalesce(labelled, F.lit(""))


def _names_of(column: InputColumn) -> list[str]:
    return [column.typed_name, *[flag.format(column.name) for flag in _FLAGS]]


@dataclass(frozen=True)
class _GivenColumn:
    """A column of the contract, and what the input has in its place: a value of a type."""

    name: str
    typed_name: str
    kind: ColumnKind
    value: Column
    found: DataType

    @property
    def is_missing(self) -> Column:
        """Null, or blank text; asked of rows that have the typed value beside the given one."""
        if self.kind == "text":
            # Of the typed value alone: so nothing of the row as it was read has to be there.
            typed = F.col(self.typed_name)
            return typed.isNull() | (typed == "")
        is_null = self.value.isNull()
        return is_null | (without_padding(self.value) == "") if _is_text(self.found) else is_null


def _given(
    column: InputColumn, fields: Mapping[str, DataType], mapping: InputMapping
) -> _GivenColumn:
    own_name = mapping.column_of(column.name)
    name, typed_name = column.name, column.typed_name
    if own_name in fields:
        value = F.col(f"{RAW}.`{own_name}`")
        return _GivenColumn(name, typed_name, column.kind, value, fields[own_name])
    constant = F.lit(mapping.constants.get(column.name)).cast("string")
    return _GivenColumn(name, typed_name, column.kind, constant, StringType())


def _with_flags(column: _GivenColumn) -> list[Column]:
    """The typed column and its three flags."""
    typed, is_missing = F.col(column.typed_name), column.is_missing
    if column.kind == "date":
        first, last = (F.lit(text).cast("date") for text in (_FIRST_DATE, _LAST_DATE))
        is_beyond = ~F.coalesce(typed.between(first, last), F.lit(True))
        value = F.when(~is_beyond, typed)
    else:
        is_beyond = typed.isNull() & ~is_missing & _is_number(column)
        value = F.when(~is_missing, typed) if column.kind == "text" else typed
    return [
        value.alias(column.typed_name),
        is_missing.alias(IS_MISSING.format(column.name)),
        (typed.isNull() & ~is_missing & ~is_beyond).alias(IS_UNREADABLE.format(column.name)),
        is_beyond.alias(IS_BEYOND.format(column.name)),
    ]


def _typed(column: _GivenColumn, mapping: InputMapping, engine: Engine) -> Column:
    """The value as the contract's type; null where it cannot be that, blank text an empty one."""
    value = column.value
    if column.name == "trade_type":
        code = value.cast("string")
        return mapping.contract_type(code, without_padding(code), not _is_text(column.found))
    if column.kind == "text" and _is_text(column.found):
        return without_padding(value) if engine.trims_quickly else _trimmed_where_padded(value)
    typed = _typed_value(column.kind, value, column.found, mapping.date_formats)
    if not engine.reads_exponents and column.kind in SCALES and _is_text(column.found):
        other = _scaled_integer_of_exponent(without_padding(value), SCALES[column.kind])
        typed = F.coalesce(typed, other)
    return typed


def _is_number(column: _GivenColumn) -> Column:
    """Whether a value that could not be typed is a number: not finite, or too large to count."""
    if column.kind not in SCALES:
        return F.lit(False)
    if not _is_text(column.found):
        return F.lit(True)
    text = without_padding(column.value)
    return text.rlike(_NUMBER) | text.rlike(_NOT_FINITE)


def _typed_value(
    kind: ColumnKind, value: Column, found: DataType, date_formats: Sequence[str]
) -> Column:
    if kind == "text":
        return value.cast("string")
    if kind == "date":
        if not isinstance(found, StringType):
            return value if isinstance(found, DateType) else F.to_date(value)
        return F.coalesce(
            *[_date_of_text(without_padding(value), pattern) for pattern in date_formats]
        )
    if kind == "flag":
        return without_padding(value).try_cast("boolean") if _is_text(found) else value
    if kind == "lots":
        return _lots(value, found)
    if kind == "timestamp":
        text = without_padding(value)
        return text.try_cast("timestamp") if _is_text(found) else value.cast("timestamp")
    return _scaled_integer(value, found, SCALES[kind])


def _lots(value: Column, found: DataType) -> Column:
    """An array of structs with the columns of a lot; a number that does not fit is null."""
    if not isinstance(found, ArrayType) or not isinstance(found.elementType, StructType):
        return F.lit(None).cast(_NO_LOTS)
    types = {field.name: field.dataType for field in found.elementType.fields}

    def parsed(lot: Column) -> Column:
        return F.struct(
            *[
                _typed_value(column.kind, lot[column.name], types[column.name], ()).alias(
                    column.typed_name
                )
                for column in LOT_COLUMNS
            ]
        )

    return F.transform(value, parsed)


def _date_of_text(text: Column, pattern: str) -> Column:
    if pattern == ISO_DATE:
        # Spark's own cast would also take a bare year for a date.
        return F.when(text.rlike(_ISO_TEXT), text.try_cast("date"))
    return F.try_to_timestamp(text, F.lit(pattern)).cast("date")


def without_padding(text: Column) -> Column:
    """Text without white space of any kind around it; ``text`` is named once, so it may be long."""
    return F.trim(text, _blanks())


def _trimmed_where_padded(text: Column) -> Column:
    """The same, where looking at the first and the last byte costs less than trimming."""
    last = F.substring(text.cast("binary"), -1, 1)
    begins_visibly = text.between(_FIRST_VISIBLE, _LAST_VISIBLE)
    ends_visibly = last.between(F.lit(_FIRST_VISIBLE.encode()), F.lit(_LAST_VISIBLE.encode()))
    return F.when(begins_visibly & ends_visibly, text).otherwise(without_padding(text))


def _blanks() -> Column:
    return F.lit(_BLANKS)


def _is_text(found: DataType) -> bool:
    return isinstance(found, StringType)


def _scaled_integer(value: Column, found: DataType, scale: int) -> Column:
    if isinstance(found, StringType):
        text = without_padding(value)
        value = F.when(text.rlike(_READABLE_NUMBER), text)
    if isinstance(found, DecimalType) and found.scale <= scale and found.precision <= 18:
        exact = value
    else:
        exact = value.try_cast(DecimalType(19 + scale, scale))
    return (exact * F.lit(10**scale)).try_cast("bigint")


def _scaled_integer_of_exponent(text: Column, scale: int) -> Column:
    """The same for a number with an exponent, where only the engine's JSON reader reads those."""
    is_readable = text.rlike(_WITH_EXPONENT) & text.rlike(_READABLE_NUMBER)
    quoted = F.when(is_readable, F.concat(F.lit('{"x":"'), text, F.lit('"}')))
    exact = F.from_json(quoted, "x decimal(38,18)")["x"].try_cast(DecimalType(19 + scale, scale))
    return (exact * F.lit(10**scale)).try_cast("bigint")


def _is_corrupt(schema: StructType, texts: Sequence[str]) -> Column:
    if CORRUPT_RECORD not in schema.fieldNames():
        return F.lit(False)
    is_unfit = F.col(f"{RAW}.{CORRUPT_RECORD}").isNotNull()
    undecodable = [
        F.coalesce(F.contains(F.col(f"{RAW}.`{name}`"), F.lit(_UNDECODABLE)), F.lit(False))
        for name in texts
    ]
    return reduce(or_, undecodable, is_unfit)
