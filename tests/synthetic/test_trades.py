"""Trades are consistent with NAV, calendar, positions and the assumed shape."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pandas as pd
import pytest

from rfmf_spark.synthetic.calendar import is_trading_day, previous_trading_day
from rfmf_spark.synthetic.ledger import LedgerPlan
from rfmf_spark.synthetic.products import build_catalog
from tests.synthetic.small_ledger import Tables

PURCHASES = ("initial_subscription", "subscription", "recurring_subscription")
REMOVALS = ("redemption", "conversion_out", "forced_redemption", "adjust_out", "transfer_out")
SALES = ("redemption", "conversion_out", "forced_redemption")
ADDITIONS = ("conversion_in", "transfer_in", "adjust_in", "dividend_reinvestment", "split")
WITHOUT_AMOUNT = ("transfer_out", "transfer_in", "adjust_in", "adjust_out", "split")


@pytest.fixture(scope="module")
def priced(small: Tables) -> pd.DataFrame:
    """Trades with the NAV of their day; face value for money funds and launches."""
    nav = small.nav.rename(columns={"nav_date": "trade_date"})
    trades = small.trades.merge(nav, how="left", on=["product_id", "trade_date"])
    face_value: Any = Decimal("1.0000")
    return trades.assign(unit_nav=trades["unit_nav"].fillna(face_value))


@pytest.fixture(scope="module")
def purchases(small: Tables) -> pd.DataFrame:
    return small.trades[small.trades["trade_type"].isin(PURCHASES)]


def test_all_promised_trade_types_occur(small: Tables) -> None:
    income = {"money_fund_income", "cash_dividend"}
    assert set(small.trades["trade_type"]) == {*PURCHASES, *REMOVALS, *ADDITIONS, *income}


def test_trade_ids_are_unique_and_nothing_is_missing(small: Tables) -> None:
    assert small.trades["trade_id"].is_unique
    assert small.trades.drop(columns="order_id").notna().all(axis=None)
    moves_money = ~small.trades["trade_type"].isin(WITHOUT_AMOUNT)
    moves_units = small.trades["trade_type"] != "cash_dividend"
    assert ((small.trades["amount"] > 0) == moves_money).all()
    assert ((small.trades["units"] > 0) == moves_units).all()


def test_purchases_and_only_they_belong_to_an_order(small: Tables) -> None:
    is_purchase = small.trades["trade_type"].isin(PURCHASES)
    assert (small.trades["order_id"].notna() == is_purchase).all()
    orders = small.trades[is_purchase].groupby("order_id")
    assert (orders["user_id"].nunique() == 1).all()
    assert (orders["trade_date"].nunique() == 1).all()
    assert orders.size().max() > 1


def test_early_redemptions_cost_a_fee(small: Tables) -> None:
    trades = small.trades
    charged = trades[trades["fee"] > 0]
    assert set(charged["trade_type"]) == {"redemption"}
    kinds = small.products.drop_duplicates("product_id").set_index("product_id")["product_type"]
    assert "money" not in set(charged["product_id"].map(kinds))
    for amount, fee in charged[["amount", "fee"]].itertuples(index=False):
        assert fee == (amount * Decimal("0.005")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert 0.05 < len(charged) / (trades["trade_type"] == "redemption").sum() < 0.9


def test_a_transfer_arrives_with_the_units_that_left(small: Tables) -> None:
    keys = ["user_id", "product_id", "trade_date", "units"]
    out = small.trades[small.trades["trade_type"] == "transfer_out"]
    into = small.trades[small.trades["trade_type"] == "transfer_in"]
    assert len(out) == len(into) == len(out.merge(into, on=keys))


def test_dividends_of_money_funds_are_income(small: Tables) -> None:
    kinds = small.products.drop_duplicates("product_id").set_index("product_id")["product_type"]
    is_money = small.trades["product_id"].map(kinds) == "money"
    assert is_money[small.trades["trade_type"] == "money_fund_income"].all()
    assert not is_money[small.trades["trade_type"] == "dividend_reinvestment"].any()


def test_every_trade_is_confirmed_on_a_trading_day_of_the_plan(
    small: Tables, small_plan: LedgerPlan
) -> None:
    for day in set(small.trades["trade_date"]):
        assert is_trading_day(day)
        assert small_plan.start <= day <= small_plan.end


def test_orders_come_a_trading_day_before_their_confirmation(small: Tables) -> None:
    pairs = small.trades[["trade_date", "application_date"]].drop_duplicates()
    for confirmed, ordered in pairs.itertuples(index=False):
        assert ordered == previous_trading_day(confirmed)


def test_bought_units_are_the_amount_over_nav(priced: pd.DataFrame) -> None:
    added = priced[priced["trade_type"].isin((*PURCHASES, "conversion_in"))]
    for amount, units, nav in added[["amount", "units", "unit_nav"]].itertuples(index=False):
        assert units == (amount / nav).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_redeemed_amounts_are_units_times_nav(priced: pd.DataFrame) -> None:
    removed = priced[priced["trade_type"].isin(SALES)]
    for amount, units, nav in removed[["amount", "units", "unit_nav"]].itertuples(index=False):
        assert amount == (units * nav).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_no_position_is_ever_below_zero(small: Tables) -> None:
    with duckdb.connect() as oracle:
        oracle.register("trades", small.trades)
        lowest = oracle.sql(
            """
            with moves as (
                select user_id, product_id, trade_date,
                    sum(case when trade_type in ('redemption', 'conversion_out',
                            'forced_redemption', 'adjust_out', 'transfer_out') then -units
                        else units end) as units
                from trades group by all
            ), positions as (
                select sum(units) over (
                    partition by user_id, product_id order by trade_date) as units
                from moves
            )
            select min(units), count(*) filter (units = 0), count(*) filter (units > 0)
            from positions
            """
        ).fetchall()
    ((below, closed, held),) = lowest
    assert below >= 0
    assert closed > 0
    assert held > 0


def test_who_leaves_holds_nothing_afterwards(small: Tables, small_plan: LedgerPlan) -> None:
    sign = small.trades["trade_type"].isin(REMOVALS).map({True: -1, False: 1})
    units = (small.trades["units"] * sign).groupby(small.trades["user_id"]).sum()
    left = small.truth.loc[small.truth["leave_date"].notna(), "user_id"]
    # The last launch of the plan is valued long before its end: nobody is locked in.
    assert max(build_catalog(small_plan).first_nav_days) < 150
    assert (units.loc[left] == 0).all()
    assert (units > 0).mean() > 0.1


def test_a_conversion_moves_one_amount_between_two_products_on_one_day(small: Tables) -> None:
    keys = ["user_id", "trade_date", "amount"]
    out = small.trades[small.trades["trade_type"] == "conversion_out"]
    into = small.trades[small.trades["trade_type"] == "conversion_in"]
    pairs = out.merge(into, on=keys, suffixes=("_out", "_in"))
    assert len(out) == len(into)
    assert set(pairs["trade_id_out"]) == set(out["trade_id"])
    assert (pairs["product_id_out"] != pairs["product_id_in"]).all()


def test_launches_are_bought_before_their_first_nav_and_nothing_else_is(small: Tables) -> None:
    first_nav = small.nav.groupby("product_id")["nav_date"].min()
    launched = small.trades[small.trades["trade_type"] == "initial_subscription"]
    others = small.trades[small.trades["trade_type"] != "initial_subscription"]
    valued = others[others["product_id"].isin(first_nav.index)]
    inception = small.products.groupby("product_id")["inception_date"].min()
    assert (launched["trade_date"] < launched["product_id"].map(first_nav)).all()
    assert (launched["application_date"] >= launched["product_id"].map(inception)).all()
    assert (valued["trade_date"] >= valued["product_id"].map(first_nav)).all()


def test_a_recurring_plan_keeps_product_and_amount(purchases: pd.DataFrame) -> None:
    plans = purchases[purchases["trade_type"] == "recurring_subscription"].groupby("user_id")
    assert (plans["product_id"].nunique() == 1).all()
    assert (plans["amount"].nunique() == 1).all()


def test_most_buyers_buy_once_and_a_few_very_often(purchases: pd.DataFrame) -> None:
    counts = purchases.groupby("user_id").size()
    assert (counts == 1).mean() > 0.5
    assert counts.max() > 20
    assert 1.5 < counts.mean() < 2.0


def test_a_few_users_bring_most_of_the_money(purchases: pd.DataFrame) -> None:
    totals = purchases["amount"].astype(float).groupby(purchases["user_id"]).sum()
    top_tenth = totals.nlargest(len(totals) // 10).sum()
    assert top_tenth / totals.sum() > 0.5
    assert totals.median() * 5 < totals.mean()


def test_a_user_has_about_three_trades(small: Tables) -> None:
    assert 2.6 < small.trades.groupby("user_id").size().mean() < 3.4
