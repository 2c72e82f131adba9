"""A reason for every row that does not count, on typed columns and on text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.sections.quality import QualitySettings
from rfmf_spark.ledger.rules import classify_nav, classify_products, classify_trades
from tests import builders
from tests.builders import NAV_TYPES, PRODUCT_TYPES, TRADE_TYPES, Row, as_text, trade, typed

AS_OF = dt.date(2019, 6, 30)
ZERO, MINUS = Decimal("0"), Decimal("-1")

Case = tuple[str | None, Row]


@pytest.fixture(scope="module")
def known(spark: SparkSession) -> DataFrame:
    rows = [("p1", True), ("valueless", False)]
    return spark.createDataFrame(rows, "product_id string, has_nav boolean")


def numbered(cases: list[Case]) -> list[Row]:
    """Trades whose id tells the place of the case, unless the case is about the id."""
    return [trade(trade_id=f"case {n}") | row for n, (_, row) in enumerate(cases)]


def reasons(classified: DataFrame, key: str = "trade_id") -> list[tuple[str, str | None]]:
    return [(row[0], row[1]) for row in classified.select(key, "reason").collect()]


def expected(cases: list[Case]) -> list[tuple[str, str | None]]:
    return [(row["trade_id"], cases[n][0]) for n, row in enumerate(numbered(cases))]


TYPED_CASES: list[Case] = [
    (None, {}),
    (None, {"trade_date": AS_OF}),
    (None, {"trade_type": "redemption"}),
    (None, {"trade_type": "dividend_reinvestment", "amount": None}),
    (None, {"trade_type": "cash_dividend", "units": None}),
    (None, {"trade_type": "split", "amount": None, "units": MINUS}),
    (None, {"amount": Decimal("10000000000.00"), "units": Decimal("10000000000.0000")}),
    ("missing_value", {"trade_id": None}),
    ("missing_value", {"user_id": None}),
    ("missing_value", {"user_id": ""}),
    ("missing_value", {"product_id": "   "}),
    ("missing_value", {"trade_date": None}),
    ("missing_value", {"trade_type": None}),
    ("missing_value", {"amount": None}),
    ("missing_value", {"units": None}),
    ("missing_value", {"trade_type": "redemption", "units": None}),
    ("missing_value", {"trade_type": "split", "units": None}),
    ("unknown_trade_type", {"trade_type": "Subscription"}),
    ("unknown_trade_type", {"trade_type": "gift", "amount": None, "units": None}),
    ("out_of_range", {"amount": ZERO}),
    ("out_of_range", {"amount": MINUS}),
    ("out_of_range", {"units": ZERO}),
    ("out_of_range", {"units": MINUS}),
    ("out_of_range", {"trade_type": "transfer_out", "units": MINUS}),
    ("out_of_range", {"trade_type": "split", "units": ZERO}),
    ("out_of_range", {"amount": Decimal("10000000000.01")}),
    ("out_of_range", {"units": Decimal("10000000000.0001")}),
    ("out_of_range", {"trade_type": "split", "units": Decimal("-10000000000.0001")}),
    ("out_of_range", {"trade_date": dt.date(1969, 12, 31)}),
    ("out_of_range", {"trade_date": dt.date(19, 8, 14)}),
    ("unknown_product", {"product_id": "p2"}),
    ("no_nav", {"product_id": "valueless"}),
    ("after_as_of", {"trade_date": AS_OF + dt.timedelta(days=1)}),
]


def test_every_reason_on_typed_columns(spark: SparkSession, known: DataFrame) -> None:
    rows = typed(spark, TRADE_TYPES, numbered(TYPED_CASES))

    classified = classify_trades(rows, known, AS_OF, QualitySettings())

    assert sorted(reasons(classified), key=str) == sorted(expected(TYPED_CASES), key=str)


TEXT_CASES: list[Case] = [
    (None, {"amount": " 100.00 ", "units": "+1e2", "trade_date": " 2019-01-02 "}),
    (None, {"amount": "5.", "units": ".5"}),
    (None, {"trade_type": "cash_dividend", "units": "  "}),
    ("missing_value", {"amount": ""}),
    ("missing_value", {"trade_date": " "}),
    ("missing_value", {"units": None}),
    ("unparseable", {"amount": "100 yuan"}),
    ("unparseable", {"amount": "1,000.00"}),
    ("unparseable", {"amount": "0x10"}),
    ("unparseable", {"units": "-"}),
    ("unparseable", {"units": "."}),
    ("unparseable", {"units": "１２"}),
    ("unparseable", {"trade_date": "2019"}),
    ("unparseable", {"trade_date": "2019-2-30"}),
    ("unparseable", {"trade_date": "2019-02-30"}),
    ("unparseable", {"trade_date": "2019-1-2"}),
    ("unparseable", {"trade_date": "20190230"}),
    ("unparseable", {"trade_date": "20190102"}),
    ("unparseable", {"trade_date": "02/01/2019"}),
    ("unparseable", {"trade_date": "2019-01-02 10:00:00"}),
    ("out_of_range", {"amount": "NaN"}),
    ("out_of_range", {"amount": "-Infinity"}),
    ("out_of_range", {"units": "inf"}),
    ("out_of_range", {"amount": "9" * 400}),
    ("out_of_range", {"amount": "1e400"}),
    ("out_of_range", {"units": "-1e999999999"}),
    ("out_of_range", {"units": "1e-999999999"}),
    ("out_of_range", {"amount": "0.004"}),
    ("out_of_range", {"trade_date": "0019-01-02"}),
]


def test_every_reason_on_text(spark: SparkSession, known: DataFrame) -> None:
    rows = as_text(spark, TRADE_TYPES, numbered(TEXT_CASES))

    classified = classify_trades(rows, known, AS_OF, QualitySettings())

    assert sorted(reasons(classified)) == sorted(expected(TEXT_CASES))


def test_of_several_reasons_the_first_in_the_order_of_the_catalogue_is_told(
    spark: SparkSession, known: DataFrame
) -> None:
    wrong = {"trade_date": "2020-01-01", "product_id": "p2", "amount": "-1", "trade_type": "gift"}
    cases: list[Case] = [
        ("missing_value", wrong | {"units": "text", "user_id": ""}),
        ("unparseable", wrong | {"units": "text"}),
        ("unknown_trade_type", wrong),
        ("out_of_range", wrong | {"trade_type": "subscription"}),
        ("unknown_product", wrong | {"trade_type": "subscription", "amount": "1"}),
        (
            "no_nav",
            wrong | {"trade_type": "subscription", "amount": "1", "product_id": "valueless"},
        ),
        ("after_as_of", {"trade_date": "2020-01-01"}),
    ]
    rows = as_text(spark, TRADE_TYPES, numbered(cases))

    classified = classify_trades(rows, known, AS_OF, QualitySettings())

    assert sorted(reasons(classified)) == sorted(expected(cases))


def test_limits_and_zero_amounts_follow_the_settings(spark: SparkSession, known: DataFrame) -> None:
    quality = QualitySettings(allow_zero_amount=True, max_amount=50, max_units=20)
    fits = {"amount": ZERO, "units": Decimal("20")}
    cases: list[Case] = [
        (None, fits),
        ("out_of_range", fits | {"amount": Decimal("-0.01")}),
        ("out_of_range", fits | {"amount": Decimal("50.01")}),
        ("out_of_range", fits | {"units": Decimal("20.0001")}),
        ("out_of_range", fits | {"units": ZERO}),
    ]
    rows = typed(spark, TRADE_TYPES, numbered(cases))

    assert sorted(reasons(classify_trades(rows, known, AS_OF, quality))) == expected(cases)


def test_the_basis_amount_needs_neither_units_nor_products(spark: SparkSession) -> None:
    cases: list[Case] = [
        (None, {"units": None, "product_id": None}),
        (None, {"units": "text", "product_id": "p2"}),
        (None, {"units": "-5"}),
        ("missing_value", {"amount": None}),
        ("unparseable", {"amount": "text"}),
        ("out_of_range", {"amount": "0"}),
        ("after_as_of", {"trade_date": "2020-01-01"}),
    ]
    rows = as_text(spark, TRADE_TYPES, numbered(cases))
    bare = rows.drop("units", "product_id")

    told = reasons(classify_trades(rows, None, AS_OF, QualitySettings()))
    told_bare = reasons(classify_trades(bare, None, AS_OF, QualitySettings()))

    assert sorted(told) == expected(cases)
    assert sorted(told_bare) == expected(cases)


def test_doubles_that_are_not_finite_are_out_of_range(
    spark: SparkSession, known: DataFrame
) -> None:
    values = [("a", 100.0), ("b", float("nan")), ("c", float("inf")), ("d", 1e300), ("e", -1e19)]
    doubles = spark.createDataFrame(values, "trade_id string, amount double")
    rest = typed(spark, TRADE_TYPES, [trade()]).drop("trade_id", "amount")

    classified = classify_trades(doubles.crossJoin(rest), known, AS_OF, QualitySettings())

    assert sorted(reasons(classified)) == [
        ("a", None),
        ("b", "out_of_range"),
        ("c", "out_of_range"),
        ("d", "out_of_range"),
        ("e", "out_of_range"),
    ]


def test_values_of_products_need_a_product_a_day_and_a_believable_number(
    spark: SparkSession,
) -> None:
    cases: list[Case] = [
        (None, {}),
        (None, {"unit_nav": "1000000"}),
        ("missing_value", {"unit_nav": ""}),
        ("missing_value", {"nav_date": None}),
        ("unparseable", {"unit_nav": "n/a"}),
        ("unparseable", {"nav_date": "2019-13-01"}),
        ("out_of_range", {"unit_nav": "0"}),
        ("out_of_range", {"unit_nav": "-1"}),
        ("out_of_range", {"unit_nav": "1000000.0001"}),
        ("out_of_range", {"unit_nav": "NaN"}),
        ("out_of_range", {"nav_date": "1969-12-31"}),
        ("after_as_of", {"nav_date": "2019-07-01"}),
    ]
    rows = [builders.nav(product_id=f"{n:02}") | row for n, (_, row) in enumerate(cases)]

    classified = classify_nav(as_text(spark, NAV_TYPES, rows), AS_OF)

    told = sorted(reasons(classified, "product_id"))
    assert [reason for _, reason in told] == [reason for reason, _ in cases]


def test_products_need_a_type_and_a_rate_below_one(spark: SparkSession) -> None:
    cases: list[Case] = [
        (None, {}),
        (None, {"management_fee_rate": "0", "effective_from": "2019-01-01"}),
        ("missing_value", {"management_fee_rate": None}),
        ("missing_value", {"product_type": " "}),
        ("unparseable", {"management_fee_rate": "1.5 %"}),
        ("unparseable", {"effective_from": "2019"}),
        ("out_of_range", {"management_fee_rate": "1"}),
        ("out_of_range", {"management_fee_rate": "-0.015"}),
        ("out_of_range", {"management_fee_rate": "1e30"}),
    ]
    rows = [builders.product(product_id=f"{n:02}") | row for n, (_, row) in enumerate(cases)]

    classified = classify_products(as_text(spark, PRODUCT_TYPES, rows))

    told = sorted(reasons(classified, "product_id"))
    assert [reason for _, reason in told] == [reason for reason, _ in cases]
