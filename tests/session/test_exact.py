"""Whole numbers of 64 bits: right up to the last one, an error beyond, on either engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from rfmf_spark.session.exact import difference_of, product_of, sum_of
from rfmf_spark.session.failures import is_overflow

LAST = 2**63 - 1

Operation = Callable[[DataFrame, Column, Column], Column]


def frame(spark: SparkSession, *rows: tuple[int, int]) -> DataFrame:
    numbered = [(n, *row) for n, row in enumerate(rows)]
    return spark.createDataFrame(numbered, "n int, a bigint, b bigint")


def running(rows: DataFrame) -> Column:
    return sum_of(rows, "a", Window.partitionBy().orderBy("n"))


def values(rows: DataFrame, column: Column) -> list[int]:
    return sorted(row[0] for row in rows.select(column).collect())


def assert_refused(rows: DataFrame) -> None:
    """Computing the rows fails in a way that is known."""
    with pytest.raises(Exception) as failure:  # noqa: PT011
        rows.collect()
    assert is_overflow(failure.value)


def test_the_last_numbers_are_right(spark: SparkSession) -> None:
    rows = frame(spark, (LAST - 1, 1), (1, LAST))
    assert rows.agg(sum_of(rows, "a")).collect()[0][0] == LAST
    assert values(rows, running(rows)) == [LAST - 1, LAST]
    assert values(rows, product_of(rows, F.col("a"), F.col("b"))) == [LAST - 1, LAST]
    rows = frame(spark, (-LAST, 1), (-1, LAST))
    assert values(rows, difference_of(rows, F.col("a"), F.col("b"))) == [-LAST - 1, -LAST - 1]


@pytest.mark.parametrize("operation", [product_of, difference_of])
def test_one_more_is_an_error(spark: SparkSession, operation: Operation) -> None:
    rows = frame(spark, (-(2**62) - 1, 2), (-LAST, 2))
    assert_refused(rows.select(operation(rows, F.col("a"), F.col("b"))))


def test_a_sum_of_one_more_is_an_error(spark: SparkSession) -> None:
    rows = frame(spark, (LAST, 0), (1, 0))
    assert_refused(rows.agg(sum_of(rows, "a")))
    assert_refused(rows.select(running(rows)))
