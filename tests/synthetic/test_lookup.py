"""Literal arrays keep the type of their values."""

from __future__ import annotations

from datetime import date

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.synthetic.lookup import value_at


@pytest.mark.parametrize(
    "values",
    [[3, -1], [0.1, 1e-9], ["a b", "c,d"], [date(2019, 2, 1), date(2019, 2, 11)]],
    ids=["int", "double", "text", "date"],
)
def test_the_value_at_an_index_keeps_its_type(
    spark: SparkSession, values: list[int | float | date | str]
) -> None:
    rows = spark.range(2).select(value_at(values, F.col("id").cast("int")).alias("value"))
    assert [row["value"] for row in rows.collect()] == values


def test_an_index_outside_or_missing_gives_null(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(-1,), (2,), (None,)], "i int")
    rows = frame.select(value_at([7, 8], F.col("i")).alias("value")).collect()
    assert [row["value"] for row in rows] == [None, None, None]
