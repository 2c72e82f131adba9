"""Rows that repeat a key: copies leave one behind, contradictions leave none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.ledger.repeats import find_repeated_keys, label_repeats, without_repeats
from tests.builders import PRODUCT_TYPES, TRADE_TYPES, Row, product, trade, typed

CONTENT = ["trade_id", "user_id", "product_id", "trade_date", "trade_type", "amount", "units"]


def uncontested(rows: DataFrame) -> DataFrame:
    return rows.withColumn("reason", F.lit(None).cast("string"))


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    trades: list[Row] = [
        trade(trade_id="once"),
        *[trade(trade_id="copied")] * 3,
        trade(trade_id="contradicted"),
        *[trade(trade_id="contradicted", amount=Decimal("101"))] * 2,
        trade(trade_id="other day"),
        trade(trade_id="other day", trade_date=dt.date(2019, 1, 3)),
    ]
    return uncontested(typed(spark, TRADE_TYPES, trades).repartition(3))


def counted(labelled: DataFrame) -> dict[tuple[str, str | None], int]:
    groups = labelled.groupBy("trade_id", "reason").count().collect()
    return {(row["trade_id"], row["reason"]): row["count"] for row in groups}


def test_of_equal_rows_one_stays_and_of_different_ones_none(rows: DataFrame) -> None:
    repeated = find_repeated_keys(rows, ["trade_id"])

    labelled = label_repeats(rows, repeated, ["trade_id"], CONTENT)

    assert counted(labelled) == {
        ("copied", None): 1,
        ("copied", "duplicate"): 2,
        ("contradicted", "conflicting_duplicate"): 3,
        ("other day", "conflicting_duplicate"): 2,
    }


def test_rows_with_a_key_of_their_own_are_left_alone(rows: DataFrame) -> None:
    repeated = find_repeated_keys(rows, ["trade_id"])

    rest = without_repeats(rows, repeated, ["trade_id"])

    assert [row["trade_id"] for row in rest.collect()] == ["once"]
    assert rest.columns == rows.columns


def test_keys_that_only_share_their_hash_do_not_repeat_each_other(rows: DataFrame) -> None:
    everything = rows.select(F.xxhash64("trade_id").alias("key_hash")).distinct()

    labelled = label_repeats(rows, everything, ["trade_id"], CONTENT)

    assert counted(labelled)["once", None] == 1


def test_a_missing_part_of_a_key_is_a_value_like_any_other(spark: SparkSession) -> None:
    since = dt.date(2019, 1, 1)
    products = [
        product(),
        product(),
        product(effective_from=since),
        product(product_id="p2"),
        product(product_id="p2", management_fee_rate=Decimal("0.01")),
    ]
    rows = uncontested(typed(spark, PRODUCT_TYPES, products))
    key = ["product_id", "effective_from"]

    repeated = find_repeated_keys(rows, key)
    labelled = label_repeats(rows, repeated, key, rows.columns).select("product_id", "reason")

    assert sorted(map(tuple, labelled.collect()), key=str) == [
        ("p1", "duplicate"),
        ("p1", None),
        ("p2", "conflicting_duplicate"),
        ("p2", "conflicting_duplicate"),
    ]


def test_the_newest_version_replaces_older_ones_and_keeps_its_own_reason(
    spark: SparkSession,
) -> None:
    versions = [
        # trade_id, amount, updated_at, reason before
        ("corrected", 1, "2019-01-02 10:00:00", None),
        ("corrected", 2, "2019-01-03 10:00:00", None),
        ("first without time", 1, None, None),
        ("first without time", 2, "2019-01-03 10:00:00", None),
        ("cancelled later", 1, "2019-01-02 10:00:00", None),
        ("cancelled later", 1, "2019-01-03 10:00:00", "cancelled"),
        ("moved beyond T", 1, None, None),
        ("moved beyond T", 1, "2019-01-03 10:00:00", "after_as_of"),
        ("newest contradict", 1, "2019-01-02 10:00:00", None),
        ("newest contradict", 2, "2019-01-03 10:00:00", None),
        ("newest contradict", 3, "2019-01-03 10:00:00", None),
        ("newest copied", 1, "2019-01-02 10:00:00", None),
        ("newest copied", 2, "2019-01-03 10:00:00", None),
        ("newest copied", 2, "2019-01-03 10:00:00", None),
    ]
    rows = spark.createDataFrame(
        versions, "trade_id string, amount int, updated_at string, reason string"
    ).withColumn("updated_at", F.col("updated_at").cast("timestamp"))
    key, content = ["trade_id"], ["trade_id", "amount"]

    labelled = label_repeats(rows, find_repeated_keys(rows, key), key, content, "updated_at")

    found = labelled.select("trade_id", "amount", "former_reason", "reason").collect()
    assert sorted((tuple(row) for row in found), key=str) == sorted(
        [
            ("corrected", 1, None, "superseded"),
            ("corrected", 2, None, None),
            ("first without time", 1, None, "superseded"),
            ("first without time", 2, None, None),
            ("cancelled later", 1, None, "superseded"),
            ("cancelled later", 1, "cancelled", "cancelled"),
            ("moved beyond T", 1, None, "superseded"),
            ("moved beyond T", 1, "after_as_of", "after_as_of"),
            ("newest contradict", 1, None, "superseded"),
            ("newest contradict", 2, None, "conflicting_duplicate"),
            ("newest contradict", 3, None, "conflicting_duplicate"),
            ("newest copied", 1, None, "superseded"),
            ("newest copied", 2, None, None),
            ("newest copied", 2, None, "duplicate"),
        ],
        key=str,
    )
