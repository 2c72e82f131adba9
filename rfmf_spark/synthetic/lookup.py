"""Small tables of the driver as literal arrays that a row indexes: no join, no shuffle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

_SEPARATOR = "|"
_ARRAY_TYPES: dict[type, str] = {
    int: "array<int>",
    float: "array<double>",
    date: "array<date>",
    str: "array<string>",
}


def value_at(values: Sequence[int | float | date | str], index: Column) -> Column:
    """The value at each row's ``index`` (from 0); null where the index is null or outside.

    ``values`` are of one type, and no text holds the character ``|``.
    """
    # One text that Spark turns into a constant: a literal per value takes seconds to build.
    text = F.lit(_SEPARATOR.join(str(value) for value in values))
    array = F.split(text, f"[{_SEPARATOR}]").cast(_ARRAY_TYPES[type(values[0])])
    return F.get(array, index)
