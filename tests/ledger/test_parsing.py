"""Columns as they came become whole numbers, dates and flags."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.ledger.mapping import InputMapping
from rfmf_spark.ledger.parsing import parse_columns
from rfmf_spark.schemas.inputs import InputColumn
from tests.builders import TRADE_TYPES, trade, typed

ALL_KINDS = (
    InputColumn("id", "text"),
    InputColumn("day", "date"),
    InputColumn("yuan", "money"),
    InputColumn("units", "units"),
    InputColumn("nav", "nav"),
    InputColumn("rate", "rate"),
)
TYPED = "id string, day date, yuan_cents bigint, units_e4 bigint, nav_e4 bigint, rate_e8 bigint"


@contextmanager
def time_zone(spark: SparkSession, name: str) -> Iterator[None]:
    before = spark.conf.get("spark.sql.session.timeZone") or "UTC"
    spark.conf.set("spark.sql.session.timeZone", name)
    try:
        yield
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


def test_the_same_row_comes_out_of_text_decimals_doubles_and_integers(
    spark: SparkSession,
) -> None:
    text = spark.sql(
        "SELECT '7' id, '2019-01-02' day, '12' yuan, '3.0' units, '1.5000' nav, '0.015' rate"
    )
    decimals = text.selectExpr(
        "7 AS id",
        "DATE'2019-01-02' AS day",
        "12.00BD AS yuan",
        "CAST(3 AS DECIMAL(38,18)) AS units",
        "1.5BD AS nav",
        "0.015BD AS rate",
    )
    doubles = text.selectExpr(
        "7L AS id",
        "TIMESTAMP_NTZ'2019-01-02 23:59:59' AS day",
        "12D AS yuan",
        "CAST(3 AS FLOAT) AS units",
        "1.5D AS nav",
        "0.015D AS rate",
    )
    integers = text.withColumns({"yuan": F.lit(12), "units": F.lit(3).cast("tinyint")})
    expected = spark.createDataFrame(
        [("7", dt.date(2019, 1, 2), 1_200, 30_000, 15_000, 1_500_000)], TYPED
    )

    for rows in (text, decimals, doubles, integers):
        parsed = parse_columns(rows, ALL_KINDS).select(*expected.columns)
        assert_df_equality(parsed, expected, ignore_nullable=True)


def test_more_decimal_places_than_are_kept_are_rounded_half_up(spark: SparkSession) -> None:
    text = spark.createDataFrame([("0.005",), ("-0.005",), ("0.0049999",)], "yuan string")
    column = [InputColumn("yuan", "money")]

    for rows in (text, text.select(F.col("yuan").cast("decimal(12,8)"))):
        parsed = parse_columns(rows, column).select("yuan_cents").collect()
        assert [row["yuan_cents"] for row in parsed] == [1, -1, 0]


def test_a_missing_an_unreadable_and_an_impossible_value_are_told_apart(
    spark: SparkSession,
) -> None:
    values = [("1",), ("",), (None,), ("x",), ("1e30",)]
    rows = spark.createDataFrame(values, "yuan string")

    parsed = parse_columns(rows, [InputColumn("yuan", "money")])

    expected = spark.createDataFrame(
        [
            (100, False, False, False),
            (None, True, False, False),
            (None, True, False, False),
            (None, False, True, False),
            (None, False, False, True),
        ],
        "yuan_cents bigint, yuan_is_missing boolean, yuan_is_unreadable boolean, "
        "yuan_is_beyond boolean",
    )
    assert_df_equality(parsed.select(*expected.columns), expected, ignore_nullable=True)


def test_an_absent_optional_column_is_missing_everywhere(spark: SparkSession) -> None:
    parsed = parse_columns(
        typed(spark, TRADE_TYPES, [trade()]), [InputColumn("effective_from", "date", False)]
    )

    row = parsed.collect()[0]
    assert row["effective_from"] is None
    assert row["effective_from_is_missing"] is True


def test_the_row_as_it_came_is_kept_whole(spark: SparkSession) -> None:
    rows = typed(spark, TRADE_TYPES, [trade(amount=Decimal("1.23"))]).withColumn(
        "branch", F.lit("Shanghai")
    )

    raw = parse_columns(rows, [InputColumn("amount", "money")]).collect()[0]["raw"]

    assert (raw["amount"], raw["trade_id"], raw["branch"]) == (Decimal("1.23"), "t1", "Shanghai")


def test_timestamps_become_dates_in_the_time_zone_of_the_session(spark: SparkSession) -> None:
    late = spark.sql("SELECT TIMESTAMP'2019-01-02 23:30:00+00:00' AS day")
    column = [InputColumn("day", "date")]

    found = {}
    for name in ("UTC", "Asia/Shanghai"):
        with time_zone(spark, name):
            found[name] = parse_columns(late, column).collect()[0]["day"]

    assert found == {"UTC": dt.date(2019, 1, 2), "Asia/Shanghai": dt.date(2019, 1, 3)}


@pytest.mark.parametrize("pad", ["\t", "\u3000", "\u00a0", " \t\t", "\u200b", "\ufeff", "\r"])
def test_padding_of_any_white_space_makes_no_second_user_and_no_bad_number(
    spark: SparkSession, pad: str
) -> None:
    columns = (InputColumn("id", "text"), InputColumn("day", "date"), InputColumn("yuan", "money"))
    values = [
        (f"u 1{pad}", f"{pad}2019-01-02", f"100.00{pad}"),
        (f"{pad}u 1{pad}", "2019-01-02", f"{pad}1e2"),
        (f"张三{pad}", f"2019-01-02{pad}", f"{pad}100{pad}"),
    ]
    rows = spark.createDataFrame(values, "id string, day string, yuan string")

    found = parse_columns(rows, columns).select("id", "day", "yuan_cents").collect()

    day = dt.date(2019, 1, 2)
    assert sorted(map(tuple, found)) == [("u 1", day, 10_000)] * 2 + [("张三", day, 10_000)]


def test_text_of_nothing_but_white_space_is_missing(spark: SparkSession) -> None:
    values = ["", " ", "\t", "\t\t", "\u3000", "\u00a0", "\u2003\u200b", "\ufeff", "\x85", "\n"]
    rows = spark.createDataFrame([(value, value) for value in values], "id string, yuan string")
    columns = [InputColumn("id", "text"), InputColumn("yuan", "money")]

    found = parse_columns(rows, columns).collect()

    assert [row["id"] for row in found] == [None] * len(values)
    assert all(row["id_is_missing"] and row["yuan_is_missing"] for row in found)
    assert not any(row["yuan_is_unreadable"] or row["yuan_is_beyond"] for row in found)


@pytest.mark.parametrize("type_name", ["int", "bigint", "decimal(3,0)", "string"])
def test_codes_that_are_numbers_are_translated_as_the_same_codes_in_text(
    spark: SparkSession, type_name: str
) -> None:
    codes = {
        "122": "subscription",
        "0139": "recurring_subscription",
        "7": "split",
        "07": "redemption",
    }
    codes_found = [("122",), ("139",), ("7",), ("999",), (None,)]
    text = spark.createDataFrame(codes_found, "trade_type string")
    rows = text.select(F.col("trade_type").cast(type_name))
    mapping = InputMapping(trade_types=codes)

    found = parse_columns(rows, [InputColumn("trade_type", "text")], mapping).collect()

    short = "139" if type_name == "string" else "recurring_subscription"
    expected = ["subscription", short, "split", "999", None]
    assert [row["trade_type"] for row in found] == expected
