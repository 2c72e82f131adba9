"""Rows that repeat a key: copies leave one behind, contradictions leave none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.ledger.repeats import (
    IS_REPEATED,
    count_keys,
    keep_repeats,
    label_repeats,
    with_key_hash,
    with_repeats_marked,
)
from tests.builders import PRODUCT_TYPES, TRADE_TYPES, Row, product, trade, typed

CONTENT = ["trade_id", "user_id", "product_id", "trade_date", "trade_type", "amount", "units"]


KEY = ["trade_id"]


def uncontested(rows: DataFrame, key: list[str]) -> DataFrame:
    return with_key_hash(rows.withColumn("reason", F.lit(None).cast("string")), key)


def repeated_in(rows: DataFrame) -> DataFrame:
    repeated = count_keys(rows).repeated
    assert repeated is not None
    return repeated


def repeats_of(rows: DataFrame) -> DataFrame:
    return keep_repeats(rows, repeated_in(rows))


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
    return uncontested(typed(spark, TRADE_TYPES, trades).repartition(3), KEY)


def counted(labelled: DataFrame) -> dict[tuple[str, str | None], int]:
    groups = labelled.groupBy("trade_id", "reason").count().collect()
    return {(row["trade_id"], row["reason"]): row["count"] for row in groups}


def test_of_equal_rows_one_stays_and_of_different_ones_none(rows: DataFrame) -> None:
    labelled = label_repeats(repeats_of(rows), KEY, CONTENT)

    assert counted(labelled) == {
        ("copied", None): 1,
        ("copied", "duplicate"): 2,
        ("contradicted", "conflicting_duplicate"): 3,
        ("other day", "conflicting_duplicate"): 2,
    }


def test_rows_with_a_key_of_their_own_are_left_alone(rows: DataFrame) -> None:
    rest = with_repeats_marked(rows, repeated_in(rows)).where("NOT is_repeated")

    assert [row["trade_id"] for row in rest.collect()] == ["once"]
    assert sorted(rest.columns) == sorted([*rows.columns, IS_REPEATED])


def test_keys_that_only_share_their_hash_do_not_repeat_each_other(rows: DataFrame) -> None:
    labelled = label_repeats(rows.withColumn("key_hash", F.lit(1)), KEY, CONTENT)

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
    key = ["product_id", "effective_from"]
    typed_rows = typed(spark, PRODUCT_TYPES, products)

    repeats = repeats_of(uncontested(typed_rows, key))
    labelled = label_repeats(repeats, key, typed_rows.columns).select("product_id", "reason")

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
    hashed = with_key_hash(rows, KEY)

    labelled = label_repeats(repeats_of(hashed), KEY, ["trade_id", "amount"], "updated_at")

    found = labelled.select("trade_id", "amount", "reason").collect()
    assert sorted((tuple(row) for row in found), key=str) == sorted(
        [
            ("corrected", 1, "superseded"),
            ("corrected", 2, None),
            ("first without time", 1, "superseded"),
            ("first without time", 2, None),
            ("cancelled later", 1, "superseded"),
            ("cancelled later", 1, "cancelled"),
            ("moved beyond T", 1, "superseded"),
            ("moved beyond T", 1, "after_as_of"),
            ("newest contradict", 1, "superseded"),
            ("newest contradict", 2, "conflicting_duplicate"),
            ("newest contradict", 3, "conflicting_duplicate"),
            ("newest copied", 1, "superseded"),
            ("newest copied", 2, None),
            ("newest copied", 2, "duplicate"),
        ],
        key=str,
    )


def test_the_ends_of_the_dates_are_found_with_the_keys(spark: SparkSession) -> None:
    days = ["2018-01-01", "2019-08-13", "2019-08-20", None]
    rows = spark.createDataFrame([(n, day) for n, day in enumerate(days)], "key int, day string")
    dated = with_key_hash(rows, ["key"]).withColumn("day", F.col("day").cast("date"))
    keys = count_keys(dated, F.col("day"), dt.date(2019, 8, 14))
    assert (keys.rows, keys.earliest) == (4, dt.date(2018, 1, 1))
    assert keys.newest == dt.date(2019, 8, 13)
    none = count_keys(dated, F.col("day"), dt.date(2017, 8, 14))
    assert none.newest is None
