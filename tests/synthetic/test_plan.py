"""Plans that cannot be generated are refused with the remedy."""

from __future__ import annotations

from datetime import date

import pytest

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.synthetic.plan import LedgerPlan


def test_the_default_plan_is_the_published_period() -> None:
    plan = LedgerPlan()
    assert (plan.start, plan.end) == (date(2018, 12, 11), date(2019, 8, 14))


def test_no_users_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"users = 0 .* from 1 to"):
        LedgerPlan(users=0)


@pytest.mark.parametrize("products", [4, 1_001])
def test_too_few_or_too_many_products_are_refused(products: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"products = {products} .* from 5 to 1000"):
        LedgerPlan(products=products)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_zero_and_one_is_refused(share: float) -> None:
    with pytest.raises(ConfigurationError, match=r"prospect_share = .* from 0 to 1"):
        LedgerPlan(prospect_share=share)


@pytest.mark.parametrize("name", ["profile_signal", "dirty"])
def test_other_shares_are_checked_too(name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"{name} = 1.5 .* from 0 to 1"):
        LedgerPlan(**{name: 1.5})  # type: ignore[arg-type]


@pytest.mark.parametrize("opening", [date(2018, 12, 10), date(2019, 8, 14)])
def test_an_opening_outside_of_the_period_is_refused(opening: date) -> None:
    with pytest.raises(ConfigurationError, match=rf"opening = {opening} .* 2018-12-11"):
        LedgerPlan(opening=opening)


def test_a_ledger_that_is_cut_off_cannot_be_dirty() -> None:
    with pytest.raises(
        ConfigurationError, match=r"opening = 2019-03-01 and dirty = 0.1 .* exclude"
    ):
        LedgerPlan(opening=date(2019, 3, 1), dirty=0.1)


def test_the_heavy_user_buys_no_more_often_than_there_are_users() -> None:
    assert LedgerPlan(users=500).heavy_user_purchases == 500
    assert LedgerPlan(users=500, skew_purchases=70).heavy_user_purchases == 70


def test_a_period_without_enough_trading_days_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"enclose 5 trading days.* at least 40"):
        LedgerPlan(start=date(2019, 8, 5), end=date(2019, 8, 11))


def test_an_inverted_period_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="enclose 0 trading days"):
        LedgerPlan(start=date(2019, 8, 14), end=date(2018, 12, 11))
