"""Profiles and truth: everybody has one, and they fit the trades."""

from __future__ import annotations

import pandas as pd

from rfmf_spark.synthetic.profiles import METROPOLES, OLDEST, OTHER_REGIONS, YOUNGEST
from tests.synthetic.small_ledger import Tables


def test_everybody_has_a_profile_and_a_truth(small: Tables) -> None:
    assert len(small.profiles) == 2_000
    assert small.profiles["user_id"].is_unique
    assert (small.profiles["user_id"] == small.truth["user_id"]).all()


def test_prospects_and_only_they_have_no_trades(small: Tables) -> None:
    prospects = small.truth[small.truth["archetype"].isna()]
    traders = small.truth[small.truth["archetype"].notna()]
    assert 0.07 < len(prospects) / 2_000 < 0.13
    assert set(small.trades["user_id"]) == set(traders["user_id"])


def test_of_a_prospect_only_the_kind_behind_the_profile_and_the_hazard_are_planted(
    small: Tables,
) -> None:
    prospects = small.truth[small.truth["archetype"].isna()]
    assert prospects["profile_archetype"].between(1, 5).all()
    planted = prospects.drop(columns=["user_id", "profile_archetype", "purchase_hazard"])
    assert planted.isna().all(axis=None)


def test_planted_dates_are_those_of_the_trades(small: Tables) -> None:
    is_purchase = small.trades["trade_type"].str.endswith("subscription")
    dates = small.trades[is_purchase].groupby("user_id")["trade_date"].agg(["min", "max", "size"])
    planted = small.truth[small.truth["archetype"].notna()].set_index("user_id").loc[dates.index]
    assert (planted["first_purchase_date"] == dates["min"]).all()
    assert (planted["last_purchase_date"] == dates["max"]).all()
    assert (planted["planned_purchases"] == dates["size"]).all()


def test_users_register_before_their_first_order(small: Tables) -> None:
    first_orders = small.trades.groupby("user_id")["application_date"].min()
    registered = small.profiles.set_index("user_id")["registered_on"].loc[first_orders.index]
    assert (registered <= first_orders).all()


def test_values_are_plausible_and_some_are_missing(small: Tables) -> None:
    profiles = small.profiles
    assert set(profiles["region"]) == {*METROPOLES, *OTHER_REGIONS}
    assert profiles["age"].dropna().between(YOUNGEST, OLDEST).all()
    assert set(profiles["risk_tolerance"].dropna()) == {"conservative", "steady", "aggressive"}
    assert (pd.to_numeric(profiles["monthly_income"].dropna()) % 100 == 0).all()
    for column in ("monthly_income", "age", "risk_tolerance", "wants_to_learn"):
        assert 0.02 < profiles[column].isna().mean() < 0.08, column


def test_profiles_carry_information_about_prospects_too(small: Tables) -> None:
    kinds = small.profiles.merge(small.truth, on="user_id")
    kinds["monthly_income"] = pd.to_numeric(kinds["monthly_income"])
    prospects = kinds[kinds["archetype"].isna()]
    for group in (kinds, prospects):
        is_high_value = group["profile_archetype"].isin([1, 4, 5])
        incomes = group.groupby(is_high_value)["monthly_income"].median()
        assert incomes[True] > 1.2 * incomes[False]
