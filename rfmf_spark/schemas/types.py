"""Types that columns share, and how the schema of a table is put together.

Every table of a run ends with ``as_of`` and ``run_id``, by which it is partitioned.
"""

from __future__ import annotations

from pyspark.sql.types import DateType, DecimalType, StringType, StructField, StructType

_CENTS = 2

MONEY = DecimalType(20, _CENTS)
VALUE = DecimalType(28, 8)
UNITS = DecimalType(20, 4)

RUN_KEY = (("as_of", DateType()), ("run_id", StringType()))


def smallest_unit_name(name: str, scale: int) -> str:
    """Name of a column of whole numbers, which count units of 10 ** -scale: ``…_cents``, ``…_e4``.

    So a name tells whether 100 are a hundred yuan (``amount``) or one (``amount_cents``).
    """
    if scale == 0:
        return name
    return f"{name}_cents" if scale == _CENTS else f"{name}_e{scale}"


def table_schema(*fields: tuple[str, object], required: tuple[str, ...] = ()) -> StructType:
    """Columns (name, type) of a table, in order; those that are not ``required`` may be null."""
    return StructType(
        [StructField(name, kind, name not in required) for name, kind in fields]  # type: ignore[arg-type]
    )
