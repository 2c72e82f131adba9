"""How many of some conditions hold for a row."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F


def count_true(conditions: Sequence[Column]) -> Column:
    """The number of conditions that hold (int), null where one is null.

    They are added up by halves: added one after the other they nest as deep as there are
    conditions, and Spark Connect takes no expression that is a hundred deep.
    """
    if len(conditions) <= 1:
        return conditions[0].cast("int") if conditions else F.lit(0)
    half = len(conditions) // 2
    return count_true(conditions[:half]) + count_true(conditions[half:])
