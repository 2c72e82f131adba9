"""From columns as they came to typed columns, without ever failing on a bad value.

Money, units, NAVs and rates become whole numbers of their smallest unit (cents, 1/10,000 units,
1/10,000 yuan, 1e-8 per year), so that every later sum is exact. A value that cannot be read is null
and is told apart from a missing one by the columns added here.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
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
from rfmf_spark.schemas import LOT_COLUMNS, ColumnKind, InputColumn

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

# The type of a column of lots that the input does not have.
_NO_LOTS = "array<struct<entry_date:date,units:bigint,units_left:bigint,principal:bigint>>"

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# Spark writes out every digit that an exponent stands for: 1e-99999999 would keep it busy for ever.
_READABLE_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?0*[0-9]{1,3})?$"
_NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity)$"
_ISO_TEXT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def parse_columns(
    rows: DataFrame, columns: Sequence[InputColumn], mapping: InputMapping = _IDENTITY
) -> DataFrame:
    """Typed columns of the contract beside the row as it came.

    Result: ``raw`` (struct), each contract column typed (absent optional ones null), and three
    flags per column: missing (null or blank), unreadable, beyond (not finite or too large).
    Amounts are in cents, units and NAVs in 1/10,000, rates in 1e-8; more decimal places are
    rounded half up.
    """
    kept = rows.select(F.struct("*").alias(RAW))
    fields = {field.name: field.dataType for field in rows.schema.fields}
    parsed: list[Column] = []
    for column in columns:
        parsed += _parse_column(column, fields.get(mapping.column_of(column.name)), mapping)
    return kept.select(RAW, *parsed, _is_corrupt(rows.schema).alias("is_corrupt"))


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
    if kind == "flag":
        return F.trim(value).try_cast("boolean") if _is_text(found) else value
    if kind == "lots":
        return _lots(value, found)
    if kind == "timestamp":
        return F.trim(value).try_cast("timestamp") if _is_text(found) else value.cast("timestamp")
    return _scaled_integer(value, found, SCALES[kind])


def _lots(value: Column, found: DataType) -> Column:
    """An array of structs with the columns of a lot; a number that does not fit is null."""
    if not isinstance(found, ArrayType) or not isinstance(found.elementType, StructType):
        return F.lit(None).cast(_NO_LOTS)
    types = {field.name: field.dataType for field in found.elementType.fields}

    def parsed(lot: Column) -> Column:
        return F.struct(
            *[
                _typed(column.kind, lot[column.name], types[column.name], ()).alias(column.name)
                for column in LOT_COLUMNS
            ]
        )

    return F.transform(value, parsed)


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
    if kind not in SCALES:
        return F.lit(False)
    unfit = _scaled_integer(value, found, SCALES[kind]).isNull()
    if isinstance(found, StringType):
        text = F.trim(value)
        return unfit & (text.rlike(_NUMBER) | text.rlike(_NOT_FINITE))
    if isinstance(found, FloatType | DoubleType):
        return unfit | F.isnan(value)
    return unfit


def _is_corrupt(schema: StructType) -> Column:
    if CORRUPT_RECORD in schema.fieldNames():
        return F.col(f"{RAW}.{CORRUPT_RECORD}").isNotNull()
    return F.lit(False)
