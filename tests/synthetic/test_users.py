"""Planted habits: shares near the assumptions, timing inside the period."""

from __future__ import annotations

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.synthetic.archetypes import ARCHETYPES, MAX_PURCHASES
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import build_catalog
from rfmf_spark.synthetic.users import draw_users

USERS = 20_000


@pytest.fixture(scope="module")
def users(spark: SparkSession) -> pd.DataFrame:
    plan = LedgerPlan(users=USERS, seed=5)
    return draw_users(spark.range(USERS), plan, build_catalog(plan)).toPandas()


def test_shares_of_archetypes_are_those_assumed(users: pd.DataFrame) -> None:
    shares = users["archetype"].value_counts(normalize=True)
    for archetype in ARCHETYPES:
        deviation = (archetype.share * (1 - archetype.share) / USERS) ** 0.5
        assert abs(shares[archetype.number] - archetype.share) < 5 * deviation


def test_the_share_of_prospects_is_that_of_the_plan(users: pd.DataFrame) -> None:
    assert abs(users["is_prospect"].mean() - 0.1) < 5 * (0.09 / USERS) ** 0.5


def test_the_order_of_ids_tells_nothing_of_archetypes(users: pd.DataFrame) -> None:
    by_id = users.sort_values("user_id")["archetype"].reset_index(drop=True)
    assert abs(by_id.corr(pd.Series(range(USERS)))) < 5 / USERS**0.5


def test_first_last_and_leave_day_follow_each_other(users: pd.DataFrame) -> None:
    left = users["leave_day"].dropna()
    assert (users["first_day"] >= 0).all()
    assert (users["first_day"] <= users["last_day"]).all()
    assert users["last_day"].max() < 165
    assert (left > users.loc[left.index, "last_day"]).all()
    assert left.max() < 165


def test_a_plan_fits_between_its_first_and_last_purchase(users: pd.DataFrame) -> None:
    plans = users[users["plan_spacing"] > 0]
    span = (plans["purchases"] - 1) * plans["plan_spacing"]
    assert (plans["first_day"] + span == plans["last_day"]).all()
    assert set(plans["plan_spacing"]) == {5, 21}


def test_purchases_are_at_least_one_and_capped(users: pd.DataFrame) -> None:
    assert users["purchases"].between(1, MAX_PURCHASES).all()
    assert (users.loc[users["purchases"] == 1, "plan_spacing"] >= 0).all()


def test_valuable_users_buy_often_and_recently(users: pd.DataFrame) -> None:
    valuable, general = (users[users["archetype"] == number] for number in (5, 2))
    assert valuable["purchases"].mean() > 18
    assert (valuable["purchases"] > 10).mean() > 0.5
    assert valuable["last_day"].min() > general["last_day"].max()


def test_amounts_are_spread_as_assumed(users: pd.DataFrame) -> None:
    for archetype in ARCHETYPES:
        amounts = users.loc[users["archetype"] == archetype.number, "typical_amount"]
        assert amounts.median() == pytest.approx(archetype.amount_median, rel=0.35)
