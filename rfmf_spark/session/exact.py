"""Whole numbers that must fit into 64 bits, or end the run.

Spark fails where a sum or a product does not. An engine that would wrap around in silence computes
in decimals instead, and fails where the result is cast. That Spark fails is seen to in
``spark_session.py`` (ANSI mode); what is then said is in ``failures.py``. Products of units and
prices are longer than 64 bits on the way: ``ledger/fixed_point.py``.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, WindowSpec
from pyspark.sql import functions as F

from rfmf_spark.session.engines import engine_of

# Holds every 64-bit number.
_WIDE = "decimal(19,0)"


def sum_of(rows: DataFrame, value: Column | str, over: WindowSpec | None = None) -> Column:
    """Sum of a column of ``rows`` that holds 64-bit whole numbers; fails beyond 64 bits.

    ``over`` is the window of a running sum.
    """
    column = F.col(value) if isinstance(value, str) else value
    wraps = wraps_around(rows)
    total = F.sum(column.cast(_WIDE) if wraps else column)
    total = total if over is None else total.over(over)
    return total.cast("bigint") if wraps else total


def difference_of(rows: DataFrame, left: Column, right: Column) -> Column:
    """Difference of two columns of ``rows``, as whole numbers of 64 bits; fails beyond them."""
    if wraps_around(rows):
        return (left.cast(_WIDE) - right.cast(_WIDE)).cast("bigint")
    return left - right


def product_of(rows: DataFrame, left: Column, right: Column) -> Column:
    """Product of two columns of ``rows`` that hold 64-bit whole numbers; fails beyond 64 bits."""
    if wraps_around(rows):
        return (left.cast(_WIDE) * right.cast(_WIDE)).cast("bigint")
    return left * right


def wraps_around(rows: DataFrame) -> bool:
    """Whether numbers beyond 64 bits would become others in silence."""
    return not engine_of(rows.sparkSession).notices_overflow
