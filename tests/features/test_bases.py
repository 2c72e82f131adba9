"""Every basis of the monetary value and every measure of frequency, worked by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.bases import BASES
from rfmf_spark.config.settings import Settings
from rfmf_spark.features.fee_curve import accrued_rates, build_fee_curves, day_number
from rfmf_spark.features.holdings import build_holdings
from rfmf_spark.features.priced_ledger import price_ledger
from rfmf_spark.features.purchases import feature_options, total_purchases
from rfmf_spark.features.user_features import build_user_features
from rfmf_spark.ledger.clean_ledger import clean_ledger
from rfmf_spark.ledger.fixed_point import multiply_units
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.ledger.trade_types import TRADE_TYPES as ALL_TYPES
from rfmf_spark.ledger.trade_types import purchase_types
from tests.builders import NAV_TYPES, PRODUCT_TYPES, TRADE_TYPES, Row, nav, product, trade, typed

AS_OF = dt.date(2019, 6, 30)
ALL_TRADE_TYPES = f"{TRADE_TYPES}, application_date date, order_id string, fee decimal(18,2)"
ALL_PRODUCT_TYPES = (
    f"{PRODUCT_TYPES}, sales_service_fee_rate decimal(12,8), trailing_commission_rate decimal(12,8)"
)
GIVEN = ("dividend_reinvestment", "money_fund_income", "adjust_in", "transfer_in")
TAKEN = ("redemption", "conversion_out", "forced_redemption", "adjust_out", "transfer_out")

Users = Mapping[str, Mapping[str, Any]]


def ago(days: int) -> dt.date:
    return AS_OF - dt.timedelta(days=days)


def traded(user: str, days_ago: int, units: int, kind: str = "subscription", **own: object) -> Row:
    """A trade at value 1; money moves in the amount of the units unless told otherwise."""
    default: Row = {"application_date": None, "order_id": None, "fee": None}
    amount = None if kind in (*GIVEN, "split") else Decimal(units)
    return trade(
        trade_id=f"{user} {days_ago} {kind} {units} {sorted(own.items())}",
        user_id=user,
        trade_date=ago(days_ago),
        trade_type=kind,
        amount=amount,
        units=Decimal(units),
        **default | own,
    )


def of_each_type() -> list[Row]:
    """100 units for 100 yuan, and ten days later 50 units or 60 yuan of the user's type."""
    rows = []
    for kind in ALL_TYPES:
        amount = Decimal(60) if kind.moves_money else None
        units = None if kind.units == "none" else Decimal(50)
        changed = {"amount": amount, "units": units}
        rows += [traded(kind.name, 20, 100), traded(kind.name, 10, 50, kind.name) | changed]
    rows += [traded("reverse split", 20, 100), traded("reverse split", 10, -50, "split")]
    return rows


TRADES = [
    *of_each_type(),
    traded("example", 365, 10_000, "initial_subscription"),
    traded("example", 265, 4_000, "redemption"),
    traded("overdrawn", 20, 10),
    traded("overdrawn", 10, 11, "redemption"),
    traded("overdrawn", 10, 7, product_id="dear"),
    traded("charged", 20, 100, product_id="dear", fee=Decimal("1.50")),
    traded("charged", 10, 50, "redemption", product_id="dear", fee=Decimal("0.25")),
    traded("at a loss", 20, 100, product_id="loss"),
    traded("at a loss", 5, 100, "redemption", product_id="loss"),
    # Two trades of one order, one on the same day, and one without an order.
    traded("basket", 9, 100, order_id="o1"),
    traded("basket", 9, 100, order_id="o1", product_id="dear"),
    traded("basket", 9, 100, order_id="o2"),
    traded("basket", 40, 100),
    traded("basket", 40, 200),
    traded("basket", 3, 10, "redemption", order_id="o3"),
    traded("ordered before", 30, 100, application_date=ago(31)),
    traded("long ago", 31, 100),
    traded("on the edge", 30, 100),
]
PRODUCTS = [
    product(management_fee_rate=Decimal("0.0365"))
    | {"sales_service_fee_rate": None, "trailing_commission_rate": None},
    product(product_id="dear", management_fee_rate=Decimal("0.0365"))
    | {
        "sales_service_fee_rate": Decimal("0.0073"),
        "trailing_commission_rate": Decimal("0.01825"),
    },
    product(product_id="loss", management_fee_rate=Decimal("0.0365"))
    | {"sales_service_fee_rate": None, "trailing_commission_rate": Decimal("0.073")},
]


@pytest.fixture(scope="module")
def inputs(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("bases")
    navs = [nav(product_id=row["product_id"], nav_date=ago(400)) for row in PRODUCTS]
    tables: Iterable[tuple[str, str, list[Row]]] = (
        ("trades", ALL_TRADE_TYPES, TRADES),
        ("nav", NAV_TYPES, navs),
        ("products", ALL_PRODUCT_TYPES, PRODUCTS),
    )
    for name, types, rows in tables:
        typed(spark, types, rows).coalesce(1).write.parquet(str(folder / name))
    return {name: str(folder / name) for name, _, _ in tables}


def measured(spark: SparkSession, inputs: dict[str, str], **features: object) -> Users:
    """Features of every user; their frequency is checked against the control totals."""
    settings = Settings.model_validate({"input": inputs, "features": features})
    clean = clean_ledger(spark, settings, AS_OF)
    ledger = price_ledger(spark, clean, settings.features, AS_OF)
    purchases = purchase_types(settings.features)
    options = feature_options(settings.features, AS_OF)
    holdings = build_holdings(ledger.rows.trades, ledger.curves, purchases, options)
    frame = build_user_features(holdings, ledger.curves, AS_OF, settings.features.basis, 0.01)
    users = {row["user_id"]: row.asDict() for row in frame.collect()}
    published = [row for row in users.values() if row["frequency"] > 0]
    cents = int(100 * sum(row["cumulative_amount"] for row in published))
    found = Totals(sum(row["frequency"] for row in published), cents)
    assert total_purchases(ledger.rows.trades, purchases, options) == found
    ledger.release()
    return users


@pytest.fixture(scope="module")
def fees(spark: SparkSession, inputs: dict[str, str]) -> Users:
    return measured(spark, inputs)


@pytest.fixture(scope="module")
def principal_days(spark: SparkSession, inputs: dict[str, str]) -> Users:
    return measured(spark, inputs, basis="principal_days")


@pytest.fixture(scope="module")
def revenues(spark: SparkSession, inputs: dict[str, str]) -> Users:
    return measured(spark, inputs, basis="net_revenue")


# Of 100 units over 20 nights and 50 units over 10: fee at 0.0001 yuan a night, principal in
# yuan·days, units at T; purchases, yuan bought and days since the last purchase.
OF_TYPES = {
    **dict.fromkeys(
        ("initial_subscription", "subscription", "recurring_subscription"),
        ("0.25", 100 * 20 + 60 * 10, 150, 2, 160, 10),
    ),
    "conversion_in": ("0.25", 100 * 20 + 60 * 10, 150, 1, 100, 20),
    **dict.fromkeys((*GIVEN, "split"), ("0.25", 100 * 20, 150, 1, 100, 20)),
    **dict.fromkeys((*TAKEN, "reverse split"), ("0.15", 50 * 10 + 50 * 20, 50, 1, 100, 20)),
    "cash_dividend": ("0.20", 100 * 20, 100, 1, 100, 20),
}


def test_every_trade_type_is_worked() -> None:
    assert set(OF_TYPES) == {kind.name for kind in ALL_TYPES} | {"reverse split"}


@pytest.mark.parametrize("kind", list(OF_TYPES))
def test_a_trade_type_moves_units_money_and_purchases(
    fees: Users, principal_days: Users, kind: str
) -> None:
    fee, yuan_days, *rest = OF_TYPES[kind]
    names = ("holding_amount", "frequency", "cumulative_amount", "recency_days")

    assert fees[kind]["monetary"] == Decimal(str(fee))
    assert principal_days[kind]["monetary"] == yuan_days
    for users in (fees, principal_days):
        assert [users[kind][name] for name in names] == rest


def test_the_worked_example_of_the_model_in_yuan_days(principal_days: Users) -> None:
    # 4,000 for 100 days and 6,000 for 365.
    assert principal_days["example"]["monetary"] == 2_590_000


def test_an_overdrawn_position_brings_no_principal_days(principal_days: Users) -> None:
    assert principal_days["overdrawn"]["overdrawn_positions"] == 1
    assert principal_days["overdrawn"]["monetary"] == 7 * 10


def test_net_revenue_adds_fees_and_takes_away_commission(fees: Users, revenues: Users) -> None:
    # (100 × 10 + 50 × 10) nights at (0.0365 + 0.0073 − 0.01825) / 365, and two transaction fees.
    assert revenues["charged"]["monetary"] == Decimal("0.105") + Decimal("1.75")
    assert fees["charged"]["monetary"] == Decimal("0.15")
    # Without optional rates and fees it is the management fee.
    assert revenues["example"]["monetary"] == fees["example"]["monetary"]


def test_a_product_that_costs_more_commission_than_it_earns_brings_a_loss(revenues: Users) -> None:
    # 100 units × 15 nights × (0.0365 − 0.073) / 365; nothing is left of it afterwards.
    assert revenues["at a loss"]["monetary"] == Decimal("-0.15")


def test_an_order_of_several_trades_counts_once(
    spark: SparkSession, inputs: dict[str, str], fees: Users
) -> None:
    users = measured(spark, inputs, frequency_unit="order")

    # Orders o1 and o2, and two trades without an order; a redemption's order does not count.
    assert (fees["basket"]["frequency"], users["basket"]["frequency"]) == (5, 4)
    assert users["basket"]["monetary"] == fees["basket"]["monetary"]
    assert users["subscription"]["frequency"] == 2


def test_purchases_of_one_day_count_once_and_a_window_leaves_older_ones_out(
    spark: SparkSession, inputs: dict[str, str]
) -> None:
    users = measured(spark, inputs, frequency_unit="day", window_days=30)

    assert (users["basket"]["frequency"], users["basket"]["recency_days"]) == (1, 9)
    # What is older still counts as bought and held.
    assert users["basket"]["cumulative_amount"] == 600
    assert users["basket"]["first_purchase_date"] == ago(40)
    assert (users["on the edge"]["frequency"], users["on the edge"]["recency_days"]) == (1, 30)
    for outside in ("long ago", "ordered before", "example"):
        assert (users[outside]["frequency"], users[outside]["recency_days"]) == (0, None)


def test_a_day_of_several_products_counts_once(spark: SparkSession, inputs: dict[str, str]) -> None:
    trades_only = {"trades": inputs["trades"]}

    assert measured(spark, inputs, frequency_unit="day")["basket"]["frequency"] == 2
    without_products = measured(spark, trades_only, frequency_unit="day", basis="amount")
    assert without_products["basket"]["frequency"] == 2


def test_recency_counts_from_the_day_of_the_order(fees: Users) -> None:
    row = fees["ordered before"]

    assert (row["recency_days"], row["last_purchase_date"]) == (31, ago(31))
    # Units are held from the confirmation.
    assert row["monetary"] == Decimal("0.30")


def test_trades_before_the_start_of_the_window_are_left_out_and_counted(
    spark: SparkSession, inputs: dict[str, str]
) -> None:
    features = {"window_start": ago(30).isoformat()}
    settings = Settings.model_validate({"input": inputs, "features": features})

    ledger = clean_ledger(spark, settings, AS_OF)
    users = measured(spark, inputs, **features)

    excluded = {o.reason: o.totals.rows for o in ledger.count().outcomes if o.outcome == "excluded"}
    assert excluded == {"before_window": 5}
    assert set(users).isdisjoint({"example", "long ago"})
    assert (users["basket"]["frequency"], users["basket"]["cumulative_amount"]) == (3, 300)
    assert users["on the edge"]["monetary"] == Decimal("0.30")


def test_bad_fees_and_rates_are_out_of_range(
    spark: SparkSession, tmp_path: Path, inputs: dict[str, str]
) -> None:
    bad_fee = traded("u", 3, 1, fee=Decimal("-0.01"))
    bad_rate = PRODUCTS[1] | {"trailing_commission_rate": Decimal("-0.01"), "product_id": "bad"}
    typed(spark, ALL_TRADE_TYPES, [bad_fee]).write.parquet(str(tmp_path / "trades"))
    rows = typed(spark, ALL_PRODUCT_TYPES, [*PRODUCTS, bad_rate])
    rows.write.parquet(str(tmp_path / "products"))
    own = {name: str(tmp_path / name) for name in ("trades", "products")}
    settings = Settings.model_validate({"input": inputs | own})

    outcomes = clean_ledger(spark, settings, AS_OF).count().outcomes

    bad = [(o.source, o.reason, o.totals.rows) for o in outcomes if o.outcome == "quarantined"]
    assert bad == [("products", "out_of_range", 1), ("trades", "out_of_range", 1)]


def test_a_falling_curve_mirrors_a_rising_one() -> None:
    navs = pd.DataFrame([("p", 17_900, 12_345)], columns=["product_id", "nav_day", "unit_nav_e4"])
    rising = pd.DataFrame(
        [("p", 1_234_567, np.nan)],
        columns=["product_id", "management_fee_rate_e8", "effective_day"],
    ).assign(sales_service_fee_rate_e8=np.nan, trailing_commission_rate_e8=None)
    falling = rising.assign(trailing_commission_rate_e8=2 * 1_234_567)

    curves = [
        build_fee_curves(
            navs, accrued_rates(rates, BASES["net_revenue"].rates), 17_800, AS_OF, "actual"
        )
        for rates in (rising, falling)
    ]

    up, down = (np.array(curve.loc[0, "fee_curve"]) for curve in curves)
    # A half is rounded up on both sides, so the mirror is one smallest unit off at most.
    assert np.abs(up + down).max() <= 1
    assert len(up) == day_number(AS_OF) - 17_800 + 1
    assert (np.diff(down) < 0).all()


def test_units_times_a_negative_price_equal_unlimited_integers(spark: SparkSession) -> None:
    random = np.random.default_rng(23)
    pairs = [(1, -(5 * 10**11)), (1, -(5 * 10**11) + 1), (-1, -(5 * 10**11)), (-7, 0), (0, -7)]
    while len(pairs) < 500:
        units = int(random.integers(1, 10 ** int(random.integers(1, 16))))
        price = int(random.integers(1, 10 ** int(random.integers(1, 17))))
        pairs.append((units * int(random.choice([-1, 1])), -price))

    frame = spark.createDataFrame(pairs, "units bigint, price bigint").coalesce(1)
    found = [
        row[0]
        for row in frame.select(multiply_units(frame, F.col("units"), F.col("price"))).collect()
    ]

    expected = []
    for units, price in pairs:
        magnitude = (2 * abs(units * price) + 10**12) // (2 * 10**12)
        expected.append(-magnitude if units * price < 0 else magnitude)
    assert found == expected
