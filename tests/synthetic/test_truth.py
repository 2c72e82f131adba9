"""The hazard of prospects, and how much of it and of the archetype a profile tells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.synthetic.ledger import LedgerPlan, generate_ledger
from tests.synthetic.small_ledger import Tables


@pytest.fixture(scope="module")
def prospects(spark: SparkSession) -> dict[float, pd.DataFrame]:
    """Prospects with profile and truth, by the signal of their profiles."""
    plans = {
        signal: LedgerPlan(users=1_500, seed=3, prospect_share=1.0, profile_signal=signal)
        for signal in (0.0, 1.0)
    }
    return {signal: _profiles_and_truth(spark, plan) for signal, plan in plans.items()}


def _profiles_and_truth(spark: SparkSession, plan: LedgerPlan) -> pd.DataFrame:
    ledger = generate_ledger(spark, plan, partitions=1)
    users = ledger.profiles.join(ledger.truth, on="user_id", how="inner").toPandas()
    return users.sort_values("user_id", ignore_index=True)


def _score(users: pd.DataFrame) -> pd.Series:
    income = (users["monthly_income"].astype(float) / 7_500).fillna(1.0).map(np.log)
    risk = users["risk_tolerance"].map({"aggressive": 1.0, "conservative": -1.0}).fillna(0.0)
    learns = users["wants_to_learn"].map({True: 1.0, False: 0.0}).fillna(0.0)
    return 0.8 * income + 0.5 * risk + 0.9 * learns


def test_prospects_and_only_they_have_a_hazard(small: Tables) -> None:
    is_prospect = small.truth["archetype"].isna()
    assert (small.truth["purchase_hazard"].notna() == is_prospect).all()
    assert small.truth["purchase_hazard"].dropna().between(1e-5, 0.1).all()


def test_with_all_signal_the_hazard_is_a_function_of_the_published_profile(
    prospects: dict[float, pd.DataFrame],
) -> None:
    users = prospects[1.0]
    expected = 0.5 / 365 * np.exp(_score(users))
    np.testing.assert_allclose(users["purchase_hazard"], expected, rtol=1e-12)


def test_without_signal_profiles_tell_nothing_about_the_hazard(
    prospects: dict[float, pd.DataFrame],
) -> None:
    users = prospects[0.0]
    correlation = np.corrcoef(_score(users), np.log(users["purchase_hazard"]))[0, 1]
    # Four standard errors of 1,500 users.
    assert abs(correlation) < 4 / np.sqrt(len(users))
    assert np.log(users["purchase_hazard"]).std() == pytest.approx(0.7, rel=0.1)


def test_without_signal_profiles_tell_nothing_about_the_archetype(spark: SparkSession) -> None:
    users = _profiles_and_truth(spark, LedgerPlan(users=1_500, seed=3, profile_signal=0.0))
    traders = users[users["archetype"].notna()]
    is_valuable = traders["archetype"].isin([1, 4, 5])
    incomes = traders.groupby(is_valuable)["monthly_income"].median().astype(float)
    assert incomes[True] == pytest.approx(incomes[False], rel=0.15)
    looks_valuable = traders["profile_archetype"].isin([1, 4, 5])
    assert abs(np.corrcoef(is_valuable, looks_valuable)[0, 1]) < 4 / np.sqrt(len(traders))
    # Nobody registered after the first day on which anybody could order.
    assert traders["registered_on"].max() < pd.Timestamp("2018-12-11").date()
