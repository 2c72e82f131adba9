"""Changes of purchases, drawn by their shares."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.synthetic.changes import (
    CASH_DIVIDEND,
    CHANGES,
    CONVERSION,
    DIVIDEND,
    PARTIAL_REDEMPTION,
    TRANSFER,
    change_parameter,
    drawn_change,
)


def test_places_name_the_changes_that_they_mean() -> None:
    names = {
        CONVERSION: "conversion_out",
        PARTIAL_REDEMPTION: "redemption",
        TRANSFER: "transfer_out",
        DIVIDEND: "dividend_reinvestment",
        CASH_DIVIDEND: "cash_dividend",
    }
    assert {place: CHANGES[place].trade_type for place in names} == names


def test_a_draw_falls_into_the_slice_of_a_change_or_of_none(spark: SparkSession) -> None:
    draws = [(0.0,), (0.0399,), (0.0401,), (0.1399,), (0.1401,), (0.1839,), (0.1841,), (0.999,)]
    chosen = spark.createDataFrame(draws, "draw double").select(
        drawn_change(F.col("draw")).alias("change")
    )
    parameters = chosen.select("change", change_parameter("pays").alias("pays"))
    assert [tuple(row) for row in parameters.collect()] == [
        (0, True),
        (0, True),
        (1, True),
        (1, True),
        (2, False),
        (7, False),
        (None, None),
        (None, None),
    ]
