"""How many conditions hold, without deep expressions."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.scoring.counting import count_true


def test_conditions_that_hold_are_counted(spark: SparkSession) -> None:
    users = spark.createDataFrame([(0,), (3,), (7,), (None,)], "value int")
    reached = count_true([F.col("value") >= edge for edge in range(1, 8)])
    nothing = count_true([])
    rows = users.select(reached.alias("reached"), nothing.alias("nothing")).collect()
    assert [row["reached"] for row in rows] == [0, 3, 7, None]
    assert {row["nothing"] for row in rows} == {0}


def test_the_expression_is_not_as_deep_as_there_are_conditions(spark: SparkSession) -> None:
    # Every sum puts its operands into brackets.
    reached = str(count_true([F.col("value") >= edge for edge in range(1_000)]))
    depth = deepest = 0
    for character in reached:
        depth += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, depth)
    assert 8 <= deepest <= 40
