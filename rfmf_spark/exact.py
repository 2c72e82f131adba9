"""Whole numbers that must fit into 64 bits, or end the run.

Spark fails where a sum or a product does not. An engine that would wrap around in silence computes
in decimals instead, and fails where the result is cast.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.engines import engine_of

# Holds every 64-bit number.
_WIDE = "decimal(19,0)"


def sum_of(rows: DataFrame, value: Column | str) -> Column:
    """Sum of a column of ``rows`` that holds 64-bit whole numbers; fails beyond 64 bits."""
    column = F.col(value) if isinstance(value, str) else value
    if engine_of(rows.sparkSession).notices_overflow:
        return F.sum(column)
    return F.sum(column.cast(_WIDE)).cast("bigint")


def product_of(rows: DataFrame, left: Column, right: Column) -> Column:
    """Product of two columns of ``rows`` that hold 64-bit whole numbers; fails beyond 64 bits."""
    if engine_of(rows.sparkSession).notices_overflow:
        return left * right
    return (left.cast(_WIDE) * right.cast(_WIDE)).cast("bigint")
