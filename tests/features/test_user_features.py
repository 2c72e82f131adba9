"""Recency, frequency and monetary value, from trades through holdings, worked by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.bases import BASES
from rfmf_spark.config.sections.features import Basis
from rfmf_spark.config.settings import Settings
from rfmf_spark.features.holdings import build_holdings
from rfmf_spark.features.priced_ledger import price_ledger
from rfmf_spark.features.purchases import FeatureOptions
from rfmf_spark.features.user_features import build_user_features, monetary_integer
from rfmf_spark.ledger.clean_ledger import clean_ledger
from rfmf_spark.ledger.trade_types import purchase_types
from tests.builders import Row, nav, product, trade, write_ledger

# A Monday.
AS_OF = dt.date(2020, 6, 1)

Users = Mapping[str, Mapping[str, Any]]


def ago(days: int) -> dt.date:
    return AS_OF - dt.timedelta(days=days)


def buy(user: str, fund: str, days_ago: int, units: str = "100", **changed: object) -> Row:
    return trade(
        trade_id=f"{user} {fund} buys {days_ago} {units}",
        user_id=user,
        product_id=fund,
        trade_date=ago(days_ago),
        amount=Decimal(units),
        units=Decimal(units),
        **changed,
    )


def sell(user: str, fund: str, days_ago: int, units: str = "100") -> Row:
    return buy(user, fund, days_ago, units) | {
        "trade_id": f"{user} {fund} sells {days_ago} {units}",
        "trade_type": "redemption",
    }


def fund(name: str, rate: str, **changed: object) -> Row:
    return product(product_id=name, management_fee_rate=Decimal(rate), **changed)


def value(name: str, days_ago: int, unit_nav: str) -> Row:
    return nav(product_id=name, nav_date=ago(days_ago), unit_nav=Decimal(unit_nav))


# At a rate of 0.0365 a unit of value 1 brings 0.0001 yuan a night.
PRODUCTS = [
    fund("flat", "0.015"),
    fund("changing", "0.0365", effective_from=ago(3)),
    fund("changing", "0.073", effective_from=ago(1)),
    fund("weekend", "0.0365"),
    fund("young", "0.0365"),
    fund("money", "0.0365", product_type="money"),
    fund("soaring", "0.0365"),
    fund("awkward", "0.01234567"),
]
NAVS = [
    value("flat", 400, "1"),
    value("changing", 3, "1.0"),
    value("changing", 2, "1.1"),
    value("changing", 1, "1.1"),
    # Friday and today, a Monday.
    value("weekend", 3, "2"),
    value("weekend", 0, "5"),
    value("young", 2, "3"),
    value("soaring", 20, "1"),
    value("soaring", 10, "50"),
    value("awkward", 77, "1.2345"),
    value("awkward", 31, "0.9871"),
]
TRADES = [
    buy("first example", "flat", 365, "10000", trade_type="initial_subscription"),
    sell("first example", "flat", 265, "4000"),
    buy("second example", "changing", 3),
    buy("over a weekend", "weekend", 3),
    buy("before the first value", "young", 4, trade_type="initial_subscription"),
    buy("money fund", "money", 10),
    buy("left before the rise", "soaring", 15),
    sell("left before the rise", "soaring", 11),
    buy("twin", "awkward", 70, "33.3333"),
    buy("twin", "awkward", 40, "66.6667"),
    sell("twin", "awkward", 20, "12.3456"),
    sell("other twin", "awkward", 20, "12.3456"),
    buy("other twin", "awkward", 40, "66.6667"),
    buy("other twin", "awkward", 70, "33.3333"),
    buy("bought today", "money", 0),
    buy("overdrawn", "flat", 20, "10"),
    sell("overdrawn", "flat", 10, "10.02"),
    buy("overdrawn", "money", 10, "7"),
    buy("short by a rounding", "flat", 20, "10"),
    sell("short by a rounding", "flat", 10, "10.01"),
    buy("only given", "money", 5, trade_type="transfer_in"),
    buy("converted", "money", 9, trade_type="conversion_in"),
    buy("converted", "money", 8, trade_type="recurring_subscription"),
]


def features(spark: SparkSession, settings: Settings, basis: Basis = "management_fee") -> DataFrame:
    clean = clean_ledger(spark, settings, AS_OF)
    ledger = price_ledger(spark, clean, settings.features, AS_OF)
    purchases = purchase_types(settings.features)
    holdings = build_holdings(
        ledger.rows.trades, ledger.curves, purchases, FeatureOptions(AS_OF, BASES[basis])
    )
    return build_user_features(holdings, ledger.curves, AS_OF, basis, 0.01)


def by_user(frame: DataFrame) -> Users:
    return {row["user_id"]: row.asDict() for row in frame.collect()}


@pytest.fixture(scope="module")
def settings(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return write_ledger(spark, tmp_path_factory.mktemp("ledger"), TRADES, NAVS, PRODUCTS)


@pytest.fixture(scope="module")
def users(spark: SparkSession, settings: Settings) -> Users:
    return by_user(features(spark, settings))


def test_the_first_worked_example_of_the_model(users: Users) -> None:
    # (10,000 × 100 + 6,000 × 265) × 0.015 / 365
    assert round(users["first example"]["monetary"], 4) == Decimal("106.4384")


def test_the_second_worked_example_of_the_model(users: Users) -> None:
    # 0.0100 + 0.0220 + 0.0220
    assert users["second example"]["monetary"] == Decimal("0.05400000")


@pytest.mark.parametrize(
    ("user", "fee"),
    [
        # Friday, Saturday and Sunday at Friday's 2.
        ("over a weekend", "0.06"),
        # Two nights at face value, two at 3.
        ("before the first value", "0.08"),
        ("money fund", "0.10"),
        # Four nights at 1; the value of 50 from the day after the sale brings nothing.
        ("left before the rise", "0.04"),
        ("bought today", "0"),
    ],
)
def test_a_night_brings_the_value_of_its_day_at_the_rate_of_the_next(
    users: Users, user: str, fee: str
) -> None:
    assert users[user]["monetary"] == Decimal(fee)


def test_equal_users_are_exactly_tied(users: Users) -> None:
    twins = [
        {name: known for name, known in users[user].items() if name != "user_id"}
        for user in ("twin", "other twin")
    ]

    assert twins[0] == twins[1]
    # Nights of 33.3333, 100 and 87.6544 units at 1.2345, then at 0.9871 from 31 days ago.
    nights = Decimal("1.2345") * (30 * Decimal("33.3333") + 9 * 100)
    nights += Decimal("0.9871") * (11 * 100 + 20 * Decimal("87.6544"))
    expected = nights * Decimal("0.01234567") / 365
    assert abs(twins[0]["monetary"] - expected) < Decimal("4e-8")


def test_recency_frequency_and_dates_come_from_purchases(users: Users) -> None:
    first, twin = users["first example"], users["twin"]

    assert (first["recency_days"], first["frequency"]) == (365, 1)
    assert (twin["recency_days"], twin["frequency"]) == (40, 2)
    assert (twin["first_purchase_date"], twin["last_purchase_date"]) == (ago(70), ago(40))
    assert twin["cumulative_amount"] == Decimal("100.00")
    assert users["bought today"]["recency_days"] == 0


def test_holdings_are_valued_at_the_business_date(users: Users) -> None:
    def held(user: str) -> tuple[Decimal, int, bool]:
        row = users[user]
        return row["holding_amount"], row["products_held"], row["retained"]

    assert held("first example") == (Decimal("6000.00"), 1, True)
    assert held("over a weekend") == (Decimal("500.00"), 1, True)
    assert held("left before the rise") == (Decimal("0.00"), 0, False)
    # 87.6544 × 0.9871 = 86.5236…
    assert held("twin") == (Decimal("86.52"), 1, True)


def test_an_overdrawn_position_brings_nothing_but_its_purchases_count(users: Users) -> None:
    overdrawn = users["overdrawn"]

    assert overdrawn["overdrawn_positions"] == 1
    assert overdrawn["monetary"] == Decimal("0.00700000")
    assert overdrawn["holding_amount"] == Decimal("7.00")
    assert (overdrawn["frequency"], overdrawn["cumulative_amount"]) == (2, Decimal("17.00"))
    assert overdrawn["products_held"] == 1


def test_a_position_short_by_no_more_than_the_tolerance_is_not_overdrawn(users: Users) -> None:
    row = users["short by a rounding"]

    assert (row["overdrawn_positions"], row["products_held"], row["retained"]) == (0, 0, False)
    # Ten nights of 10 units, then ten nights of −0.01.
    expected = (Decimal(100) - Decimal("0.1")) * Decimal("0.015") / 365
    assert abs(row["monetary"] - expected) < Decimal("3e-8")
    assert row["holding_amount"] == 0


def test_users_without_a_purchase_have_no_recency(users: Users) -> None:
    row = users["only given"]

    assert (row["frequency"], row["recency_days"], row["last_purchase_date"]) == (0, None, None)
    assert row["monetary"] == Decimal("0.05")


def test_which_trades_are_purchases_follows_the_settings(
    spark: SparkSession, settings: Settings, users: Users
) -> None:
    counting = {"count_conversions_in": True, "count_recurring_purchases": False}
    changed = Settings.model_validate({"input": settings.input, "features": counting})

    other = by_user(features(spark, changed))["converted"]

    assert (users["converted"]["frequency"], users["converted"]["recency_days"]) == (1, 8)
    assert (other["frequency"], other["recency_days"]) == (1, 9)
    assert other["monetary"] == users["converted"]["monetary"]


def test_the_basis_amount_needs_trades_only(spark: SparkSession, settings: Settings) -> None:
    trades_only = Settings.model_validate(
        {"input": {"trades": settings.input.trades}, "features": {"basis": "amount"}}
    )

    users = by_user(features(spark, trades_only, "amount"))

    assert users["first example"]["monetary"] == Decimal("10000")
    assert users["twin"]["monetary"] == Decimal("100")
    assert users["twin"]["holding_amount"] is None
    assert users["twin"]["retained"] is None


def test_nights_of_a_leap_year_are_charged_by_its_real_length(
    spark: SparkSession, tmp_path: Path
) -> None:
    new_year = dt.date(2020, 1, 1)
    settings = write_ledger(
        spark,
        tmp_path,
        [trade(trade_date=dt.date(2019, 12, 30), units=Decimal(1000))],
        [nav(nav_date=dt.date(2019, 12, 2))],
        # 365 × 366 / 1e6
        [product(management_fee_rate=Decimal("0.13359"))],
        features={"day_count": "actual"},
    )
    last = new_year + dt.timedelta(days=1)
    clean = clean_ledger(spark, settings, last)
    ledger = price_ledger(spark, clean, settings.features, last)
    holdings = build_holdings(
        ledger.rows.trades, ledger.curves, ("subscription",), FeatureOptions(new_year)
    )

    users = build_user_features(holdings, ledger.curves, new_year, "management_fee", 0.01)

    # One night is charged on 31 December, two in the leap year: 366 + 365 + 365 millionths.
    assert users.collect()[0]["monetary"] == Decimal("1.09600000")


def test_the_published_value_gives_back_the_whole_number_that_was_summed(
    spark: SparkSession,
) -> None:
    values = [Decimal("92233720368.54775807"), Decimal("-0.00000001")]
    frame = spark.createDataFrame([(v,) for v in values], "monetary decimal(28,8)")

    fees = frame.select(monetary_integer(frame["monetary"], "management_fee")).collect()
    cents = frame.limit(1).selectExpr("CAST('12345678.9' AS DECIMAL(28,8)) AS monetary")

    assert [row[0] for row in fees] == [2**63 - 1, -1]
    assert cents.select(monetary_integer(cents["monetary"], "amount")).collect()[0][0] == 1234567890
