"""Rounding of units and cents, worked by hand."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.synthetic.purchases import cents_paid, units_bought


def test_units_are_rounded_half_up_to_four_decimals(spark: SparkSession) -> None:
    # 100 yuan at 1.2000 are 83.33333… units, at 0.9375 they are 106.66666…; 1 cent at 0.0032 is
    # 3.125 units; 1 cent at 16.0000 is 0.000625, a quarter above 6/10,000; at 8.0000 0.00125.
    frame = spark.createDataFrame(
        [(10_000, 12_000), (10_000, 9_375), (1, 32), (1, 160_000), (1, 80_000)],
        "cents long, nav long",
    )
    rows = frame.select(units_bought(F.col("cents"), F.col("nav")).alias("units")).collect()
    assert [row["units"] for row in rows] == [833_333, 1_066_667, 31_250, 6, 13]


def test_cents_are_rounded_half_up(spark: SparkSession) -> None:
    # 83.3333 units at 1.2000 pay 99.99996 yuan; 0.5 units at 0.0100 pay half a cent.
    frame = spark.createDataFrame([(833_333, 12_000), (5_000, 100), (4_999, 100)], "u long, n long")
    rows = frame.select(cents_paid(F.col("u"), F.col("n")).alias("cents")).collect()
    assert [row["cents"] for row in rows] == [10_000, 1, 0]
