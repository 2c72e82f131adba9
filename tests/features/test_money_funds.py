"""Units that grow by published income, worked by hand and against a registrar's daily trades."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.features.fee_curve import build_fee_curves, day_number
from rfmf_spark.features.holdings import build_holdings
from rfmf_spark.features.money_funds import growth_of_units
from rfmf_spark.features.priced_ledger import price_ledger
from rfmf_spark.features.purchases import feature_options
from rfmf_spark.features.user_features import build_user_features
from rfmf_spark.ledger.clean_ledger import clean_ledger
from rfmf_spark.ledger.fixed_point import grown_units, normalise_units
from rfmf_spark.ledger.product_values import split_values
from rfmf_spark.ledger.rules import classify_nav
from rfmf_spark.ledger.trade_types import purchase_types
from tests.builders import PRODUCT_TYPES, TRADE_TYPES, Row, as_text, nav, product, trade, typed

AS_OF = dt.date(2019, 6, 30)
NAV_TYPES = "product_id string, nav_date date, unit_nav decimal(18,4), income_per_10k decimal(12,8)"
OPENING_TYPES = (
    "user_id string, product_id string, as_of date, units decimal(20,4), purchases bigint, "
    "first_purchase_date date, last_purchase_date date, cumulative_amount decimal(20,2), "
    "accrued_fee decimal(28,8)"
)
# 0.01 % a night.
RATE = Decimal("0.0365")
HELD_DAYS = 60


def ago(days: int) -> dt.date:
    return AS_OF - dt.timedelta(days=days)


def incomes(product_id: str, by_day: Mapping[int, str]) -> list[Row]:
    """Rows with an income and no NAV, by days before the business date."""
    return [
        {
            "product_id": product_id,
            "nav_date": ago(days),
            "unit_nav": None,
            "income_per_10k": Decimal(income),
        }
        for days, income in by_day.items()
    ]


def moved(user: str, days_ago: int, units: str, kind: str = "subscription", **own: object) -> Row:
    """A trade at face value."""
    row = trade(
        trade_id=f"{user} {days_ago} {kind} {own}",
        user_id=user,
        trade_date=ago(days_ago),
        trade_type=kind,
        amount=Decimal(units).quantize(Decimal("0.01")),
        units=Decimal(units),
    )
    return row | own


def registrar(user: str, changes: Mapping[int, str]) -> tuple[list[Row], list[Row]]:
    """The same position with the income as daily trades in 0.01 units, and without them.

    ``changes``: units bought, or sold where negative ("all": everything), by days ago.
    """
    with_income, without, held = [], [], Decimal(0)
    for days in range(HELD_DAYS, 0, -1):
        if days in changes:
            units = -held if changes[days] == "all" else Decimal(changes[days])
            kind = "subscription" if units > 0 else "redemption"
            rows = [
                moved(user, days, str(abs(units)), kind, product_id=product_id)
                for product_id in ("credited", "daily")
            ]
            with_income.append(rows[0])
            without.append(rows[1])
            held += units
        credited = held * Decimal(RANDOM_INCOME[days]) / 10_000
        credited = credited.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        if credited:
            given = moved(user, days - 1, str(credited), "money_fund_income", product_id="credited")
            with_income.append(given)
            held += credited
    return with_income, without


RANDOM_INCOME = {
    days: f"{np.random.default_rng(days).uniform(0.3, 2.0):.4f}" for days in range(1, HELD_DAYS + 1)
}
REGISTERED = {
    "keeps": {60: "12345.67", 31: "2000"},
    "sells in part": {60: "50000", 40: "-20000.5", 20: "10000", 3: "-1234.56"},
    "sells all": {55: "80000", 20: "all"},
}
KINDS = {"daily": " Money ", "slow": "money", "credited": "money", "e": "equity"}
PRODUCTS = [
    product(product_id=name, product_type=kind, management_fee_rate=RATE)
    for name, kind in KINDS.items()
]
NAVS = [
    *incomes("daily", RANDOM_INCOME),
    *incomes("slow", {3: "1", 2: "1", 1: "1", 0: "1"}),
    *incomes("credited", RANDOM_INCOME),
    *incomes("e", {3: "1"}),
    nav(product_id="e", nav_date=ago(10), unit_nav=Decimal("2.0000")) | {"income_per_10k": None},
]
WORKED = [
    moved("holds", 3, "10000", product_id="slow"),
    moved("sold before the last night", 3, "10000", product_id="slow"),
    moved("sold before the last night", 1, "10002.00", "redemption", product_id="slow"),
    moved("sold what was bought", 3, "10000", product_id="slow"),
    moved("sold what was bought", 1, "10000", "redemption", product_id="slow"),
    moved("sold too much", 3, "10000", product_id="slow"),
    moved("sold too much", 1, "10004", "redemption", product_id="slow"),
    moved("equity", 3, "10000", product_id="e"),
]


@pytest.fixture(scope="module")
def inputs(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("income")
    registered = [rows for user, changes in REGISTERED.items() for rows in registrar(user, changes)]
    trades = [
        row | {"user_id": f"{row['user_id']}, {row['product_id']}", "trade_id": f"{number} {place}"}
        for number, rows in enumerate(registered)
        for place, row in enumerate(rows)
    ]
    tables: Sequence[tuple[str, str, Sequence[Row]]] = (
        ("trades", TRADE_TYPES, [*WORKED, *trades]),
        ("nav", NAV_TYPES, NAVS),
        ("products", PRODUCT_TYPES, PRODUCTS),
    )
    for name, types, rows in tables:
        typed(spark, types, rows).coalesce(1).write.parquet(str(folder / name))
    return {name: str(folder / name) for name, _, _ in tables}


def measured(spark: SparkSession, inputs: Mapping[str, str], **features: object) -> dict[str, Any]:
    settings = Settings.model_validate({"input": dict(inputs), "features": features})
    clean = clean_ledger(spark, settings, AS_OF)
    ledger = price_ledger(spark, clean, settings.features, AS_OF)
    assert {o.reason for o in ledger.count().outcomes} <= {"", "before_opening"}
    rows = ledger.rows
    options = feature_options(settings.features, AS_OF)
    purchases = purchase_types(settings.features)
    holdings = build_holdings(rows.trades, rows.curves, purchases, options, rows.opening)
    basis = settings.features.basis
    frame = build_user_features(holdings, rows.curves, AS_OF, basis, 0.01, 1.0)
    users = {row["user_id"]: row.asDict() for row in frame.collect()}
    ledger.release()
    return users


@pytest.fixture(scope="module")
def users(spark: SparkSession, inputs: dict[str, str]) -> dict[str, Any]:
    return measured(spark, inputs)


def test_the_worked_example(users: dict[str, Any]) -> None:
    # One yuan per 10,000 units and day: 10,000, 10,001 and 10,002.0001 units over the three nights,
    # 0.0001 yuan each; then 10,003.0003 units. The income of the last day has no night yet.
    holds = users["holds"]
    assert holds["monetary"] == Decimal("1.0") + Decimal("1.0001") + Decimal("1.00020001")
    assert (holds["holding_amount"], holds["retained"]) == (Decimal("10003.00"), True)
    # The registrar had rounded to 10,002.00, which leaves 0.0001: nothing that anybody holds.
    sold = users["sold before the last night"]
    assert (sold["retained"], sold["holding_amount"], sold["overdrawn_positions"]) == (False, 0, 0)
    assert sold["monetary"] == pytest.approx(Decimal("2.0001"), abs=Decimal("0.00000002"))
    # Two units of income are left, which have grown for a night.
    rest = users["sold what was bought"]
    assert (rest["retained"], rest["products_held"]) == (True, 1)
    assert rest["holding_amount"] == Decimal("2.00")
    assert users["sold too much"]["overdrawn_positions"] == 1
    assert users["sold too much"]["monetary"] == 0


def test_other_products_have_no_income(users: dict[str, Any]) -> None:
    assert users["equity"]["monetary"] == Decimal("6.0")
    assert users["equity"]["holding_amount"] == 20_000


@pytest.mark.parametrize("user", REGISTERED)
def test_units_that_grow_bring_what_a_registrar_who_credits_them_daily_counts(
    users: dict[str, Any], user: str
) -> None:
    # The registrar is off by half a cent of units a day at most, which stays from then on.
    nights = HELD_DAYS * (HELD_DAYS + 1) / 2
    bound = 0.005 * 1.01 * nights * float(RATE) / 365
    credited, daily = (users[f"{user}, {name}"] for name in ("credited", "daily"))
    fees = [float(row["monetary"]) for row in (credited, daily)]

    assert fees[0] == pytest.approx(fees[1], rel=0, abs=bound)
    assert fees[0] > 40 * bound
    amounts = [float(row["holding_amount"]) for row in (credited, daily)]
    assert amounts[0] == pytest.approx(amounts[1], rel=0, abs=0.005 * 1.01 * HELD_DAYS + 0.02)
    names = ("retained", "products_held", "overdrawn_positions", "frequency", "cumulative_amount")
    assert [credited[name] for name in names] == [daily[name] for name in names]
    # Without its income the position would have brought clearly less.
    assert credited["retained"] is (user != "sells all")


def test_income_grows_the_lots_of_principal_days(
    spark: SparkSession, inputs: Mapping[str, str]
) -> None:
    users = measured(spark, inputs, basis="principal_days")

    assert users["holds"]["monetary"] == 30_000
    # Of 10,000 yuan one cent at most is left in the crumb, for one day more.
    assert users["sold before the last night"]["monetary"] == pytest.approx(20_000, abs=0.01)


def test_a_position_opened_half_way_grows_on(
    spark: SparkSession, tmp_path: Path, inputs: dict[str, str], users: dict[str, Any]
) -> None:
    state = {
        "user_id": "holds",
        "product_id": "slow",
        "as_of": ago(2),
        "units": Decimal("10001"),
        "purchases": 1,
        "first_purchase_date": ago(3),
        "last_purchase_date": ago(3),
        "cumulative_amount": Decimal(10_000),
        "accrued_fee": Decimal("1.0"),
    }
    path = str(tmp_path / "opening")
    typed(spark, OPENING_TYPES, [state]).write.parquet(path)

    found = measured(spark, inputs | {"opening_positions": path})["holds"]

    assert found["monetary"] == pytest.approx(users["holds"]["monetary"], abs=Decimal("0.00000002"))
    others = set(found) - {"monetary"}
    assert {name: found[name] for name in others} == {name: users["holds"][name] for name in others}


def test_a_day_of_an_input_needs_a_value_or_an_income(spark: SparkSession) -> None:
    row = nav() | {"income_per_10k": "0.7"}
    rows = [
        row | {"product_id": "both"},
        row | {"product_id": "income", "unit_nav": None},
        row | {"product_id": "loss", "unit_nav": None, "income_per_10k": "-0.5"},
        row | {"product_id": "value", "income_per_10k": None},
        row | {"product_id": "neither", "unit_nav": None, "income_per_10k": None},
        row | {"product_id": "text", "income_per_10k": "one"},
        row | {"product_id": "too much", "income_per_10k": "1000.1"},
        row | {"product_id": "worthless", "unit_nav": "0"},
    ]

    classified = classify_nav(as_text(spark, NAV_TYPES, rows), AS_OF).collect()

    assert {found["product_id"]: found["reason"] for found in classified} == {
        **dict.fromkeys(("both", "income", "loss", "value")),
        "neither": "missing_value",
        "text": "unparseable",
        "too much": "out_of_range",
        "worthless": "out_of_range",
    }
    assert {found["income_per_10k_e8"] for found in classified if found["reason"] is None} == {
        70_000_000,
        -50_000_000,
        None,
    }


def test_values_and_incomes_are_told_apart() -> None:
    table = pd.DataFrame(
        [("m", 1, None, 5.0), ("m", 2, 10_100.0, None), ("e", 1, None, 5.0), ("e", 2, 9.0, 5.0)],
        columns=["product_id", "nav_day", "unit_nav_e4", "income_per_10k_e8"],
    )

    values, income = split_values(table, {"m"})

    assert values.values.tolist() == [["m", 1, 10_000], ["m", 2, 10_100], ["e", 2, 9]]
    assert income.values.tolist() == [["m", 1, 5]]
    kinds = values["unit_nav_e4"].dtype, income["income_per_10k_e8"].dtype
    assert {str(kind) for kind in kinds} == {"int64"}


@pytest.mark.parametrize("sign", [1, -1])
def test_the_curve_of_a_growing_unit_equals_exact_fractions(sign: int) -> None:
    random = np.random.default_rng(8)
    first, last = day_number(dt.date(2019, 12, 1)), day_number(dt.date(2020, 3, 1))
    days = sorted(random.choice(np.arange(first, last), 60, replace=False).tolist())
    income = pd.DataFrame({"product_id": "m", "nav_day": days})
    income["income_per_10k_e8"] = random.integers(-(10**7), 3 * 10**8, len(days))
    nav_rows = pd.DataFrame({"product_id": ["m"], "nav_day": [first + 20], "unit_nav_e4": [10_137]})
    rate = sign * 330_000
    products = pd.DataFrame(
        {"product_id": ["m"], "accrued_rate_e8": [rate], "effective_day": [np.nan]}
    )
    as_of = dt.date(1970, 1, 1) + dt.timedelta(days=last)

    curve = build_fee_curves(nav_rows, products, first, as_of, "actual", income).iloc[0]

    by_day = dict(zip(income["nav_day"], income["income_per_10k_e8"].tolist(), strict=True))
    growth, total = 10**12, Fraction(0)
    for day in range(last):
        value = 10_137 if day >= first + 20 else 10_000
        length = 366 if dt.date.fromordinal(719_163 + day + 1).year % 4 == 0 else 365
        if day >= first:
            assert curve["growth"][day - first] == growth
            assert curve["fee_curve"][day - first] == math.floor(total + Fraction(1, 2))
        total += Fraction(value * growth * rate, length * 10**8)
        credited = Fraction(growth * (10**12 + by_day.get(day, 0)), 10**12)
        growth = math.floor(credited + Fraction(1, 2))
    assert (curve["growth_at_as_of"], curve["growth"][-1]) == (growth, growth)
    assert curve["fee_at_as_of"] == math.floor(total + Fraction(1, 2))


def test_an_income_in_the_wrong_unit_is_refused() -> None:
    income = pd.DataFrame({"product_id": "m", "nav_day": range(100), "income_per_10k_e8": 10**11})

    with pytest.raises(InputRefusedError) as refused:
        growth_of_units(income, 200)

    assert str(refused.value) == (
        "input.nav: units of product m would have become 1,051 times as many by its "
        "income_per_10k; it must be yuan per 10,000 units and day: correct it"
    )


def test_units_by_growth_equal_unlimited_integers(spark: SparkSession) -> None:
    random = np.random.default_rng(5)
    pairs: list[tuple[int, int | None]] = [(7, None), (-7, None), (1, 2 * 10**12), (-1, 2 * 10**12)]
    while len(pairs) < 200:
        units = int(random.integers(0, 10 ** int(random.integers(1, 16))))
        growth = int(random.integers(10**10, 10 ** int(random.integers(11, 16))))
        pairs.append((units * int(random.choice([-1, 1])), growth))
    rows = spark.createDataFrame(pairs, "units bigint, growth bigint").coalesce(1)

    columns = F.col("units"), F.col("growth")
    found = rows.select(normalise_units(*columns), grown_units(*columns)).collect()

    def rounded(units: int, by: int, over: int) -> int:
        magnitude = math.floor(Fraction(abs(units) * by, over) + Fraction(1, 2))
        return -magnitude if units < 0 else magnitude

    one = 10**12
    assert [tuple(row) for row in found] == [
        (units, units)
        if growth is None
        else (rounded(units, one, growth), rounded(units, growth, one))
        for units, growth in pairs
    ]
