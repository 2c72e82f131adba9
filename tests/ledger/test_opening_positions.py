"""A ledger that is cut at a day and opened with its positions gives what the whole gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.features.holdings import build_holdings
from rfmf_spark.features.priced_ledger import PricedLedger, price_ledger
from rfmf_spark.features.purchases import feature_options
from rfmf_spark.features.user_features import build_user_features
from rfmf_spark.ledger.audit import LedgerAudit
from rfmf_spark.ledger.clean_ledger import clean_ledger
from rfmf_spark.ledger.reconciliation import check_balance
from rfmf_spark.ledger.trade_types import TRADE_TYPES as ALL_TYPES
from rfmf_spark.ledger.trade_types import purchase_types
from tests.builders import NAV_TYPES, PRODUCT_TYPES, TRADE_TYPES, Row, nav, product, trade, typed
from tests.ledger.simulation import PURCHASES, Terms, accrued_e8, change_e4, open_lots

AS_OF = dt.date(2019, 6, 30)
FIRST = dt.date(2019, 6, 1)
MIDDLE = dt.date(2019, 6, 18)
ALL_TRADE_TYPES = f"{TRADE_TYPES}, application_date date, fee decimal(18,2)"
ALL_PRODUCT_TYPES = (
    f"{PRODUCT_TYPES}, sales_service_fee_rate decimal(12,8), trailing_commission_rate decimal(12,8)"
)
Inputs = Mapping[str, str]

OPENING_TYPES = (
    "user_id string, product_id string, as_of date, units decimal(20,4), purchases bigint, "
    "first_purchase_date date, last_purchase_date date, cumulative_amount decimal(20,2), "
    "accrued_fee decimal(28,8), net_fees decimal(28,8), principal_days decimal(20,2), "
    "open_lots array<struct<entry_date:date;units:decimal(20,4);units_left:decimal(20,4);"
    "principal:decimal(18,2)>>"
)

TERMS = {
    "p": Terms(
        {dt.date(2000, 1, 1): (Decimal("0.015"), Decimal("0.0175"))},
        {dt.date(2019, 5, 31): Decimal("1.0137"), dt.date(2019, 6, 14): Decimal("0.9871")},
    ),
    "q": Terms(
        {
            dt.date(2000, 1, 1): (Decimal("0.0123"), Decimal("0.0123")),
            dt.date(2019, 6, 12): (Decimal("0.0045"), Decimal("-0.0005")),
        },
        {dt.date(2019, 6, 3): Decimal("2.3456"), dt.date(2019, 6, 20): Decimal("2.5")},
    ),
}
NAVS = [
    nav(product_id=name, nav_date=day, unit_nav=value)
    for name, terms in TERMS.items()
    for day, value in terms.navs.items()
]
PRODUCTS = [
    product(product_id=name, management_fee_rate=fee, effective_from=day)
    | {
        "sales_service_fee_rate": max(kept - fee, Decimal(0)),
        "trailing_commission_rate": max(fee - kept, Decimal(0)),
    }
    for name, terms in TERMS.items()
    for day, (fee, kept) in terms.rates.items()
]


@cache
def random_trades() -> list[Row]:
    """A few trades of every type for each of 150 users, small enough to meet often."""
    random = np.random.default_rng(4)
    rows = []
    for number in range(1_100):
        kind = ALL_TYPES[0 if number < 150 else int(random.integers(len(ALL_TYPES)))]
        units = Decimal(int(random.integers(1, 300_000))) / 10_000
        if kind.units == "signed" and random.random() < 0.5:
            units = -units
        day = FIRST + dt.timedelta(days=int(random.integers(30)))
        rows.append(
            trade(
                trade_id=f"{random.integers(10**9)}-{number}",
                user_id=f"u{number % 150}",
                product_id="pq"[int(random.integers(2))],
                trade_date=day,
                trade_type=kind.name,
                amount=Decimal(int(random.integers(1, 5_000))) / 100,
                units=units,
                application_date=day - dt.timedelta(days=int(random.integers(3))),
                fee=Decimal(int(random.integers(100))) / 100,
            )
        )
    return rows


def positions_at(day: dt.date, trades: Sequence[Row]) -> list[Row]:
    """What the trades up to a day have led to, position by position."""
    by_position: dict[tuple[str, str], list[Row]] = {}
    for row in trades:
        if row["trade_date"] <= day:
            by_position.setdefault((row["user_id"], row["product_id"]), []).append(row)
    return [position_of(day, key, rows) for key, rows in sorted(by_position.items())]


def position_of(day: dt.date, key: tuple[str, str], trades: Sequence[Row]) -> Row:
    terms = TERMS[key[1]]
    bought = [row for row in trades if row["trade_type"] in PURCHASES]
    ordered = [row["application_date"] for row in bought]
    fee = accrued_e8(trades, terms, day, 0)
    paid = sum(int(row["fee"] * 100) for row in trades) * 10**6
    cent_days, lots = open_lots(trades, day)
    return {
        "user_id": key[0],
        "product_id": key[1],
        "as_of": day,
        "units": Decimal(sum(change_e4(row) for row in trades)).scaleb(-4),
        "purchases": len(bought),
        "first_purchase_date": min(ordered, default=None),
        "last_purchase_date": max(ordered, default=None),
        "cumulative_amount": sum((row["amount"] for row in bought), Decimal(0)),
        "accrued_fee": Decimal(fee).scaleb(-8),
        "net_fees": Decimal(accrued_e8(trades, terms, day, 1) + paid - fee).scaleb(-8),
        "principal_days": Decimal(cent_days).scaleb(-2),
        "open_lots": [
            (
                lot.day,
                Decimal(lot.units).scaleb(-4),
                Decimal(lot.left).scaleb(-4),
                Decimal(lot.principal).scaleb(-2),
            )
            for lot in lots
        ],
    }


def opened_ledger(
    spark: SparkSession,
    folder: Path,
    trades: Sequence[Row],
    opening: Sequence[Row] | None,
    navs: Sequence[Row] = NAVS,
    products: Sequence[Row] = PRODUCTS,
) -> dict[str, str]:
    """Inputs of a ledger, written as Parquet, with opening positions where they are given."""
    tables: list[tuple[str, str, Sequence[Row]]] = [
        ("trades", ALL_TRADE_TYPES, trades),
        ("nav", NAV_TYPES, navs),
        ("products", ALL_PRODUCT_TYPES, products),
    ]
    for name, types, rows in tables:
        typed(spark, types, rows).coalesce(1).write.parquet(str(folder / name))
    inputs = {name: str(folder / name) for name, _, _ in tables}
    if opening is not None:
        inputs["opening_positions"] = str(folder / "opening_positions")
        write_opening(spark, inputs["opening_positions"], opening)
    return inputs


def write_opening(spark: SparkSession, path: str, rows: Sequence[Row]) -> None:
    names = [column.split()[0] for column in OPENING_TYPES.split(", ")]
    types = OPENING_TYPES.replace(";", ",")
    frame = spark.createDataFrame([tuple(row[name] for name in names) for row in rows], types)
    frame.coalesce(1).write.parquet(path)


def opened(spark: SparkSession, inputs: Inputs, basis: str) -> PricedLedger:
    settings = Settings.model_validate({"input": inputs, "features": {"basis": basis}})
    clean = clean_ledger(spark, settings, AS_OF)
    return price_ledger(spark, clean, settings.features, AS_OF)


def balanced(ledger: PricedLedger) -> LedgerAudit:
    audit = ledger.count()
    for each in audit.inputs:
        check_balance(each.source, each.input_totals, each.outcomes)
    return audit


def features(spark: SparkSession, inputs: Inputs, basis: str) -> dict[str, Any]:
    """Features of all users; their purchases are held against the totals of the inputs."""
    ledger = opened(spark, inputs, basis)
    settings = Settings.model_validate({"features": {"basis": basis}}).features
    audit, rows = balanced(ledger), ledger.rows
    holdings = build_holdings(
        rows.trades,
        rows.curves,
        purchase_types(settings),
        feature_options(settings, AS_OF),
        rows.opening,
    )
    frame = build_user_features(holdings, ledger.curves, AS_OF, settings.basis, 0.01)
    users = {row["user_id"]: row.asDict() for row in frame.collect()}
    cents = int(100 * sum(row["cumulative_amount"] for row in users.values()))
    frequency = sum(row["frequency"] for row in users.values())
    assert (audit.purchases.rows, audit.purchases.cents) == (frequency, cents)
    ledger.release()
    return users


@pytest.fixture(scope="module")
def whole(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return opened_ledger(spark, tmp_path_factory.mktemp("whole"), random_trades(), None)


def cut_at(spark: SparkSession, folder: Path, whole: Mapping[str, str], day: dt.date) -> Inputs:
    """The whole ledger, whose earlier trades must not count again, with its positions at a day."""
    path = str(folder / "opening_positions")
    write_opening(spark, path, positions_at(day, random_trades()))
    return {**whole, "opening_positions": path}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("basis", "days"),
    [
        ("management_fee", [MIDDLE, AS_OF]),
        ("principal_days", [FIRST + dt.timedelta(days=4), MIDDLE]),
        ("net_revenue", [MIDDLE]),
    ],
)
def test_a_ledger_opened_at_any_day_gives_the_features_of_the_whole(
    spark: SparkSession, tmp_path: Path, whole: Inputs, basis: str, days: Sequence[dt.date]
) -> None:
    expected = features(spark, whole, basis)
    assert len(expected) == 150
    assert len({row["monetary"] for row in expected.values()}) > 100
    assert sum(row["overdrawn_positions"] for row in expected.values()) > 10

    for day in days:
        cut = cut_at(spark, tmp_path / str(day), whole, day)
        assert features(spark, cut, basis) == expected


def test_purchase_amounts_need_neither_products_nor_units(
    spark: SparkSession, tmp_path: Path, whole: Inputs
) -> None:
    trades_only = {"trades": whole["trades"]}
    cut = cut_at(spark, tmp_path, trades_only, MIDDLE)

    found = features(spark, cut, "amount")

    assert found == features(spark, trades_only, "amount")
    assert {row["holding_amount"] for row in found.values()} == {None}


@pytest.mark.slow
def test_the_worked_example_opened_half_way(spark: SparkSession, tmp_path: Path) -> None:
    # 10,000 units at 1.00, bought 60 days before, at 0.00365 a year: 0.1 yuan a night. At the
    # opening 4 of 60 nights are over and 4,000 of the units are gone, 30 nights before the end.
    day, end = AS_OF - dt.timedelta(days=56), AS_OF - dt.timedelta(days=30)
    bought = day - dt.timedelta(days=4)
    sold = trade(trade_type="redemption", trade_date=end, amount=Decimal(4000), units=Decimal(4000))
    rows = [sold | {"application_date": None, "fee": Decimal("2.50")}]
    state = {
        "user_id": "u1",
        "product_id": "p1",
        "as_of": day,
        "units": Decimal(10_000),
        "purchases": 2,
        "first_purchase_date": dt.date(2018, 1, 1),
        "last_purchase_date": bought,
        "cumulative_amount": Decimal(10_500),
        "accrued_fee": Decimal("0.4"),
        "net_fees": Decimal("1.5"),
        "principal_days": Decimal(40_000),
        "open_lots": [
            (day - dt.timedelta(days=4), Decimal(10_000), Decimal(10_000), Decimal(9000))
        ],
    }
    terms = product(management_fee_rate=Decimal("0.00365"))
    rates = {"sales_service_fee_rate": None, "trailing_commission_rate": None}
    inputs = opened_ledger(spark, tmp_path, rows, [state], [nav()], [terms | rates])

    fee = features(spark, inputs, "management_fee")["u1"]
    assert fee["monetary"] == Decimal("0.4") + Decimal("0.1") * 26 + Decimal("0.06") * 30
    assert (fee["frequency"], fee["recency_days"], fee["cumulative_amount"]) == (2, 60, 10_500)
    assert (fee["holding_amount"], fee["first_purchase_date"]) == (6_000, dt.date(2018, 1, 1))
    revenue = features(spark, inputs, "net_revenue")["u1"]["monetary"]
    assert revenue == fee["monetary"] + Decimal("1.5") + Decimal("2.5")
    # 9,000 yuan for 4 days, as told, and for 26; then 5,400 for 30.
    days = features(spark, inputs, "principal_days")["u1"]["monetary"]
    assert days == 40_000 + 9_000 * 26 + 5_400 * 30


def state(**changed: object) -> Row:
    """100 units of product p, bought for 120 yuan on two days, and opened in the middle of June."""
    bought = dt.date(2019, 6, 3)
    return {
        "user_id": "u1",
        "product_id": "p",
        "as_of": MIDDLE,
        "units": Decimal(100),
        "purchases": 2,
        "first_purchase_date": dt.date(2019, 6, 2),
        "last_purchase_date": bought,
        "cumulative_amount": Decimal(120),
        "accrued_fee": Decimal("0.05"),
        "net_fees": Decimal(0),
        "principal_days": Decimal(1_500),
        "open_lots": [
            (bought, Decimal(50), Decimal(30), Decimal(60)),
            (bought, Decimal(70), Decimal(70), Decimal(60)),
        ],
    } | changed


NO_PURCHASES = {
    "purchases": 0,
    "cumulative_amount": Decimal(0),
    "first_purchase_date": None,
    "last_purchase_date": None,
}
NO_UNITS = {"units": Decimal(0), "open_lots": None}


def lot(**changed: object) -> list[tuple[object, ...]]:
    """One lot of 100 units."""
    whole = {"entry_date": dt.date(2019, 6, 3), "units": Decimal(100), "left": Decimal(100)}
    return [tuple((whole | {"principal": Decimal(60)} | changed).values())]


BAD_STATES: dict[str, tuple[str, Row]] = {
    "no user": ("missing_value", {"user_id": None}),
    "no units": ("missing_value", {"units": None}),
    "no principal days": ("missing_value", {"principal_days": None}),
    "purchases without dates": ("missing_value", NO_PURCHASES | {"purchases": 1}),
    "held without lots": ("missing_value", {"open_lots": []}),
    "no such product": ("unknown_product", {"product_id": "x"}),
    "product without a value": ("no_nav", {"product_id": "r"}),
    "negative purchases": ("out_of_range", {"purchases": -1}),
    "an amount without purchases": (
        "out_of_range",
        NO_PURCHASES | {"cumulative_amount": Decimal(1)},
    ),
    "a negative amount": ("out_of_range", {"cumulative_amount": Decimal("-0.01")}),
    "bought after the opening": (
        "out_of_range",
        {"last_purchase_date": MIDDLE + dt.timedelta(days=1)},
    ),
    "last before first": ("out_of_range", {"last_purchase_date": dt.date(2019, 6, 1)}),
    "too many units": ("out_of_range", {"units": Decimal(10_000_000_001)}),
    "negative principal days": ("out_of_range", {"principal_days": Decimal(-1)}),
    "lots of other units": ("out_of_range", {"units": Decimal(99)}),
    "lots without units": ("out_of_range", {"units": Decimal(0)}),
    "more left than opened": ("out_of_range", {"open_lots": lot(units=Decimal(99))}),
    "a closed lot": ("out_of_range", {"open_lots": lot() + lot(left=Decimal(0))}),
    "a lot of the future": ("out_of_range", {"open_lots": lot(entry_date=AS_OF)}),
    "a lot without a day": ("out_of_range", {"open_lots": lot(entry_date=None)}),
    "a lot of debts": ("out_of_range", {"open_lots": lot(principal=Decimal(-1))}),
    "lots in disorder": (
        "out_of_range",
        {
            "open_lots": lot(left=Decimal(50))
            + lot(entry_date=FIRST, left=Decimal(50), units=Decimal(50))
        },
    ),
    "the second lot in part": (
        "out_of_range",
        {"open_lots": lot(left=Decimal(50)) + lot(left=Decimal(50))},
    ),
}
GOOD_STATES: dict[str, Row] = {
    "plain": {},
    "given units only": NO_PURCHASES,
    "nothing left": NO_UNITS,
    "short of units": NO_UNITS | {"units": Decimal(-3)},
    "purchases for nothing": {"cumulative_amount": Decimal(0)},
    # Its dates mean nothing, and must not become those of the user.
    "dates of no purchases": {"purchases": 0, "cumulative_amount": Decimal(0)},
}


def test_every_opening_position_counts_or_has_its_reason(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = [state(user_id=name) | changed for name, (_, changed) in BAD_STATES.items()]
    rows += [state(user_id=name) | changed for name, changed in GOOD_STATES.items()]
    rows += [state(user_id="twice"), state(user_id="twice")]
    rows += [state(user_id="torn"), state(user_id="torn", units=Decimal(-1), open_lots=None)]
    products = [*PRODUCTS, PRODUCTS[0] | {"product_id": "r"}]
    # One purchase of the day of the opening, which is part of the state, and one of the day after.
    trades = [
        row | {"application_date": None, "fee": None}
        for row in (
            trade(product_id="p", user_id="plain", trade_date=MIDDLE),
            trade(trade_id="t2", product_id="p", user_id="plain", trade_date=AS_OF),
        )
    ]
    inputs = opened_ledger(spark, tmp_path, trades, rows, products=products)

    ledger = opened(spark, inputs, "principal_days")

    audit = balanced(ledger)
    (source, *_) = [each for each in audit.inputs if each.source == "opening_positions"]
    assert source.rejected is not None
    rejected = {
        row["raw"]["user_id"]: row["reason"]
        for row in source.rejected.select("raw", "reason").collect()
    }
    expected = {name: reason for name, (reason, _) in BAD_STATES.items() if name != "no user"}
    assert rejected == expected | {
        None: "missing_value",
        "twice": "duplicate",
        "torn": "conflicting_duplicate",
    }
    opening = ledger.rows.opening
    assert opening is not None
    users = {row["user_id"]: row for row in opening.collect()}
    assert set(users) == {*GOOD_STATES, "twice"}
    assert users["dates of no purchases"]["last_purchase_date"] is None
    # Two purchases for 120 yuan each of: plain, nothing left, short of units, twice; and one trade.
    assert (audit.purchases.rows, audit.purchases.cents) == (5 * 2 + 1, 4 * 12_000 + 10_000)
    outcomes = {o.reason: o.totals.rows for o in audit.outcomes if o.source == "trades"}
    assert outcomes == {"": 1, "before_opening": 1}
    input_totals = source.input_totals
    amounts = sum(row["cumulative_amount"] for row in rows)
    assert (input_totals.rows, input_totals.cents) == (len(rows), int(100 * amounts))
    ledger.release()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [state(), state(user_id="u2", as_of=FIRST)],
            "has positions of 2019-06-01 and of 2019-06-18, but one day must hold for all; give "
            "the positions of one day, and the trades after it",
        ),
        (
            [state(as_of=dt.date(2019, 7, 1))],
            "has positions of 2019-07-01, after the business date 2019-06-30; give the positions "
            "of an earlier day, or a later --as-of",
        ),
        (
            [state(as_of=dt.date(1969, 12, 31))],
            "has positions of 1969-12-31, but days count from 1970-01-01; give the positions of a "
            "later day",
        ),
        (
            [state(as_of=None)],
            "has no row with a readable as_of; correct the path, or map the column with "
            "input.columns.opening_positions",
        ),
    ],
    ids=["two days", "the future", "before all days", "no day"],
)
def test_positions_that_are_not_of_one_possible_day_are_refused(
    spark: SparkSession, tmp_path: Path, whole: Inputs, rows: Sequence[Row], told: str
) -> None:
    path = str(tmp_path / "opening_positions")
    write_opening(spark, path, rows)

    with pytest.raises(InputRefusedError) as refused:
        opened(spark, {**whole, "opening_positions": path}, "management_fee")

    assert str(refused.value) == f"input.opening_positions: {path} {told}"


def test_a_basis_without_its_columns_is_refused(
    spark: SparkSession, tmp_path: Path, whole: Inputs
) -> None:
    path = str(tmp_path / "opening_positions")
    write_opening(spark, path, [state()])
    fewer = f"{path}-fewer"
    spark.read.parquet(path).drop("net_fees").withColumn("open_lots", F.lit("none")).write.parquet(
        fewer
    )
    inputs = {**whole, "opening_positions": fewer}

    with pytest.raises(InputRefusedError, match=r"has no column net_fees .*; map it with input"):
        opened(spark, inputs, "net_revenue")
    with pytest.raises(
        InputRefusedError,
        match=r"column open_lots of .* is string, but must be an array of struct<entry_date, "
        r"units, units_left, principal> of dates and numbers; convert the column",
    ):
        opened(spark, inputs, "principal_days")
