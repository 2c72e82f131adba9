"""Whole-number arithmetic of Spark against Python's integers, which have no limit."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from rfmf_spark.ledger.fixed_point import multiply_units, to_decimal


def rounded_product(units_e4: int, price_e16: int) -> int:
    """The product in 1e-8, its magnitude rounded half up."""
    magnitude = (2 * abs(units_e4) * price_e16 + 10**12) // (2 * 10**12)
    return -magnitude if units_e4 < 0 else magnitude


def multiply(spark: SparkSession, pairs: list[tuple[int, int]]) -> list[int]:
    frame = spark.createDataFrame(pairs, "units bigint, price bigint").coalesce(1)
    product = multiply_units(frame, F.col("units"), F.col("price"))
    return [row[0] for row in frame.select(product).collect()]


def test_products_equal_unlimited_integers_up_to_the_largest_operands(spark: SparkSession) -> None:
    random = np.random.default_rng(17)
    pairs = [(10**15, 9 * 10**15), (-(10**15), 9 * 10**15), (10**15, 1), (1, 4 * 10**18), (0, 7)]
    while len(pairs) < 4_000:
        units = int(random.integers(1, 10 ** int(random.integers(1, 16))))
        price = int(random.integers(1, 4 * 10 ** int(random.integers(1, 19))))
        if rounded_product(units, price) < 2**63:
            pairs.append((units * int(random.choice([-1, 1])), price))

    assert multiply(spark, pairs) == [rounded_product(*pair) for pair in pairs]


def test_a_tie_is_rounded_away_from_zero_on_both_sides(spark: SparkSession) -> None:
    half = 5 * 10**11
    # One unit of 1e-4 times 0.5, 0.4999…, 1.5 of the smallest product.
    pairs = [(1, half), (1, half - 1), (-1, half), (-1, half - 1), (3, half), (-3, half)]

    assert multiply(spark, pairs) == [1, 0, -1, 0, 2, -2]


def test_a_product_beyond_64_bits_is_an_error(spark: SparkSession) -> None:
    with pytest.raises(Exception, match=r"ARITHMETIC_OVERFLOW|out of range Int64"):
        multiply(spark, [(10**15, 4 * 10**18)])


def test_a_product_beyond_64_bits_is_an_error_of_spark(classic_spark: SparkSession) -> None:
    with pytest.raises(Exception, match="ARITHMETIC_OVERFLOW"):
        multiply(classic_spark, [(10**15, 4 * 10**18)])


def test_the_smallest_unit_becomes_a_decimal_rounded_half_up_where_coarser(
    spark: SparkSession,
) -> None:
    frame = spark.createDataFrame([(150,), (-150,), (2**63 - 1,), (None,)], "value bigint")

    exact = frame.select(to_decimal(F.col("value"), 8, DecimalType(28, 8))).collect()
    coarse = frame.where("abs(value) = 150").select(
        to_decimal(F.col("value"), 3, DecimalType(20, 2))
    )

    assert [row[0] for row in exact] == [
        Decimal("0.00000150"),
        Decimal("-0.00000150"),
        Decimal("92233720368.54775807"),
        None,
    ]
    assert [row[0] for row in coarse.collect()] == [Decimal("0.15"), Decimal("-0.15")]


def test_a_half_of_the_coarser_unit_is_rounded_away_from_zero(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(5,), (-5,), (4,)], "value bigint")

    told = frame.select(to_decimal(F.col("value"), 3, DecimalType(20, 2))).collect()

    assert [row[0] for row in told] == [Decimal("0.01"), Decimal("-0.01"), Decimal("0.00")]
