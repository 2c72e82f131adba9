"""From columns as they came to typed columns, without ever failing on a bad value.

Money, units, NAVs and rates become whole numbers of their smallest unit (cents, 1/10,000 units,
1/10,000 yuan, 1e-8 per year), so that every later sum is exact. A value that cannot be read is null
and is told apart from a missing one by the columns added here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    StringType,
    StructType,
)

from rfmf_spark.ledger.mapping import ISO_DATE, InputMapping
from rfmf_spark.ledger.sources import CORRUPT_RECORD
from rfmf_spark.schemas import ColumnKind, InputColumn

RAW = "raw"
IS_MISSING = "{}_is_missing"
IS_UNREADABLE = "{}_is_unreadable"
IS_BEYOND = "{}_is_beyond"

# Decimal places that are kept; the stored integer counts units of 10 ** -SCALE.
SCALES: dict[ColumnKind, int] = {
    "money": 2,
    "units": 4,
    "nav": 4,
    "rate": 8,
    "count": 0,
    "value": 8,
}

_IDENTITY = InputMapping()

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# Spark writes out every digit that an exponent stands for: 1e-99999999 would keep it busy for ever.
_READABLE_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?0*[0-9]{1,3})?$"
_NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity)$"
# What a decoder leaves where bytes are none of its characters: different ids would look alike.
_UNDECODABLE = "\ufffd"
# Python and every reader of dates after us count years from 1 to 9999.
_FIRST_DATE, _LAST_DATE = "0001-01-01", "9999-12-31"
_ISO_TEXT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def parse_columns(
    rows: DataFrame, columns: Sequence[InputColumn], mapping: InputMapping = _IDENTITY
) -> DataFrame:
    """Typed columns of the contract beside the row as it came.

    Result: ``raw`` (struct), each contract column typed (absent optional ones null), and three
    flags per column: missing (null or blank), unreadable, beyond (not finite or too large, a date
    outside the years 1 to 9999). ``is_corrupt`` marks lines of a CSV file that do not fit its
    header, and texts with bytes that are no characters of its encoding.
    Amounts are in cents, units and NAVs in 1/10,000, rates in 1e-8; more decimal places are
    rounded half up.
    """
    kept = rows.select(F.struct("*").alias(RAW))
    fields = {field.name: field.dataType for field in rows.schema.fields}
    parsed: list[Column] = []
    for column in columns:
        parsed += _parse_column(column, fields.get(mapping.column_of(column.name)), mapping)
    texts = [mapping.column_of(column.name) for column in columns if column.kind == "text"]
    is_corrupt = _is_corrupt(rows.schema, [name for name in texts if name in fields])
    return kept.select(RAW, *parsed, is_corrupt.alias("is_corrupt"))


def _parse_column(
    column: InputColumn, found: DataType | None, mapping: InputMapping
) -> list[Column]:
    name = column.name
    if found is None:
        found, value = StringType(), F.lit(mapping.constants.get(name)).cast("string")
    else:
        value = F.col(f"{RAW}.`{mapping.column_of(name)}`")
    if name == "trade_type" and isinstance(found, StringType):
        value = mapping.contract_type(value)
    is_missing = value.isNull()
    if isinstance(found, StringType):
        is_missing = is_missing | (F.trim(value) == "")
    typed = _typed(column.kind, value, found, mapping.date_formats)
    if column.kind == "date":
        first, last = (F.lit(text).cast("date") for text in (_FIRST_DATE, _LAST_DATE))
        is_beyond = ~F.coalesce(typed.between(first, last), F.lit(True))
        typed = F.when(~is_beyond, typed)
    else:
        is_beyond = _is_not_representable(column.kind, value, found) & ~is_missing
    return [
        F.when(~is_missing, typed).alias(name),
        is_missing.alias(IS_MISSING.format(name)),
        (typed.isNull() & ~is_missing & ~is_beyond).alias(IS_UNREADABLE.format(name)),
        is_beyond.alias(IS_BEYOND.format(name)),
    ]


def _typed(kind: ColumnKind, value: Column, found: DataType, date_formats: Sequence[str]) -> Column:
    if kind == "text":
        return value.cast("string")
    if kind == "date":
        if not isinstance(found, StringType):
            return value if isinstance(found, DateType) else F.to_date(value)
        return F.coalesce(*[_date_of_text(F.trim(value), pattern) for pattern in date_formats])
    if kind == "timestamp":
        return F.trim(value).try_cast("timestamp") if _is_text(found) else value.cast("timestamp")
    return _scaled_integer(value, found, SCALES[kind])


def _date_of_text(text: Column, pattern: str) -> Column:
    if pattern == ISO_DATE:
        # Spark's own cast would also take a bare year for a date.
        return F.when(text.rlike(_ISO_TEXT), text.try_cast("date"))
    return F.try_to_timestamp(text, F.lit(pattern)).cast("date")


def _is_text(found: DataType) -> bool:
    return isinstance(found, StringType)


def _scaled_integer(value: Column, found: DataType, scale: int) -> Column:
    if isinstance(found, StringType):
        text = F.trim(value)
        value = F.when(text.rlike(_READABLE_NUMBER), text)
    if isinstance(found, DecimalType) and found.scale <= scale and found.precision <= 18:
        exact = value
    else:
        exact = value.try_cast(DecimalType(19 + scale, scale))
    return (exact * F.lit(10**scale)).try_cast("bigint")


def _is_not_representable(kind: ColumnKind, value: Column, found: DataType) -> Column:
    """A number that is not finite, or larger than the smallest units can count."""
    if kind in ("text", "timestamp"):
        return F.lit(False)
    unfit = _scaled_integer(value, found, SCALES[kind]).isNull()
    if isinstance(found, StringType):
        text = F.trim(value)
        return unfit & (text.rlike(_NUMBER) | text.rlike(_NOT_FINITE))
    if isinstance(found, FloatType | DoubleType):
        return unfit | F.isnan(value)
    return unfit


def _is_corrupt(schema: StructType, texts: Sequence[str]) -> Column:
    if CORRUPT_RECORD not in schema.fieldNames():
        return F.lit(False)
    is_unfit = F.col(f"{RAW}.{CORRUPT_RECORD}").isNotNull()
    undecodable = [
        F.coalesce(F.contains(F.col(f"{RAW}.`{name}`"), F.lit(_UNDECODABLE)), F.lit(False))
        for name in texts
    ]
    return reduce(or_, undecodable, is_unfit)
