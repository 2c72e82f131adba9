"""Products, rates and NAV paths of the catalog; no Spark."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import (
    LAUNCH_TRADING_DAYS,
    NAV_SCALE,
    Catalog,
    build_catalog,
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return build_catalog(LedgerPlan(products=30, seed=3))


def test_all_types_are_offered(catalog: Catalog) -> None:
    names = {product.product_type.name for product in catalog.products}
    assert names == {"money", "bond", "index", "hybrid", "equity"}


def test_ids_are_distinct_six_digit_codes(catalog: Catalog) -> None:
    assert len(set(catalog.product_ids)) == 30
    assert all(len(code) == 6 and code.isdigit() for code in catalog.product_ids)


def test_a_rate_cut_falls_inside_the_period(catalog: Catalog) -> None:
    changed = [product for product in catalog.products if len(product.rates) > 1]
    assert [product.number for product in changed] == [1, 7, 13, 19, 25]
    for product in changed:
        (_, before), (cut_day, after) = product.rates
        assert after == before * Decimal("0.6")
        assert catalog.days[0] < cut_day < catalog.days[-1]


def test_money_funds_stay_at_face_value(catalog: Catalog) -> None:
    assert catalog.products[0].product_type.name == "money"
    assert set(catalog.nav[0].tolist()) == {NAV_SCALE}


def test_the_first_two_products_are_always_open(catalog: Catalog) -> None:
    assert catalog.first_nav_days[:2] == (0, 0)
    assert catalog.products[0].inception_date < catalog.days[0]


def test_a_launch_is_at_face_value_until_its_first_nav(catalog: Catalog) -> None:
    launched = catalog.products[4]
    assert launched.first_nav_day == launched.launch_day + LAUNCH_TRADING_DAYS
    assert launched.inception_date == catalog.days[launched.launch_day]
    path = catalog.period_nav[4]
    assert set(path[: launched.first_nav_day + 1].tolist()) == {NAV_SCALE}
    assert len(set(path[launched.first_nav_day :].tolist())) > 10


def test_orders_of_a_launch_are_confirmed_after_its_inception(catalog: Catalog) -> None:
    launched = catalog.products[4]
    days = [day for day, number in enumerate(catalog.launches_by_day()) if number == 4]
    assert days == list(range(launched.launch_day + 1, launched.first_nav_day))


def test_older_products_enter_the_period_with_a_history(catalog: Catalog) -> None:
    assert catalog.period_nav[3, 0] != NAV_SCALE
    assert catalog.nav_days[0] <= catalog.products[3].inception_date


def test_a_product_without_history_starts_at_face_value(catalog: Catalog) -> None:
    first_nav = catalog.nav_days.index(catalog.products[8].first_nav_date)
    assert catalog.nav[8, first_nav] == NAV_SCALE
    assert catalog.nav[8, first_nav + 1] != NAV_SCALE


def test_bonds_move_less_than_equity(catalog: Catalog) -> None:
    moves = np.abs(np.diff(np.log(catalog.period_nav), axis=1)).mean(axis=1)
    assert moves[1] * 5 < moves[9]


def test_the_same_seed_gives_the_same_paths_and_another_does_not(catalog: Catalog) -> None:
    again = build_catalog(LedgerPlan(products=30, seed=3))
    other = build_catalog(LedgerPlan(products=30, seed=-3))
    assert np.array_equal(catalog.nav, again.nav)
    assert not np.array_equal(catalog.nav, other.nav)


def test_more_products_leave_the_first_ones_unchanged(catalog: Catalog) -> None:
    fewer = build_catalog(LedgerPlan(products=10, seed=3))
    assert np.array_equal(catalog.nav[:10], fewer.nav)


def test_applications_come_a_trading_day_before(catalog: Catalog) -> None:
    assert catalog.application_days[1:] == catalog.days[:-1]
    assert catalog.application_days[0] < catalog.days[0]
