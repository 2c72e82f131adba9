"""XIRR by hand, and against Brent's method on 2,000 random series."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from rfmf_spark.advice.internal_rate import solve_pooled_xirr, solve_xirr
from rfmf_spark.errors import InputRefusedError

START = dt.date(2021, 1, 1)
SERIES = 2_000


def years_later(*years: float) -> list[dt.date]:
    return [START + dt.timedelta(days=round(365 * year)) for year in years]


def present_value(rate: float, days: np.ndarray, amounts: np.ndarray) -> float:
    return float(np.sum(amounts * (1 + rate) ** (-days / 365)))


@pytest.mark.parametrize(
    ("years", "amounts", "rate"),
    [
        ((0, 1), (-100, 110), 0.1),
        ((0, 2), (-100, 121), 0.1),
        ((0, 1, 2), (-100, 60, 60), (math.sqrt(0.6**2 + 4 * 0.6) + 0.6) / 2 - 1),
        ((0, 0.2), (-100, 110), 1.1**5 - 1),
        ((0, 1), (-100, 50), -0.5),
        ((1, 0), (110, -100), 0.1),
    ],
)
def test_a_single_solution_by_hand(
    years: tuple[float, ...], amounts: tuple[float, ...], rate: float
) -> None:
    found = solve_xirr(years_later(*years), amounts)
    assert found.solutions == "one"
    assert found.rate == pytest.approx(rate, abs=1e-10)


def test_several_solutions_are_all_told() -> None:
    # −100 x² + 230 x − 132 = −100 (x − 1.1)(x − 1.2) with x = 1 + rate.
    found = solve_xirr(years_later(0, 1, 2), (-100, 230, -132))
    assert (found.rate, found.solutions) == (None, "several")
    assert found.found == pytest.approx((0.1, 0.2), abs=1e-10)


@pytest.mark.parametrize(
    ("years", "amounts"),
    [
        ((), ()),
        ((0,), (-100,)),
        ((0, 1), (-100, -5)),
        ((0, 0), (-100, 100)),
        ((0, 1, 1, 1), (-100, 0.1, 0.2, -0.3)),
        ((0, 1, 2), (-100, 200, -150)),
    ],
)
def test_no_solution_is_told(years: tuple[float, ...], amounts: tuple[float, ...]) -> None:
    assert solve_xirr(years_later(*years), amounts) == (None, "none", ())


def test_three_changes_of_sign_can_still_have_one_solution() -> None:
    found = solve_xirr(years_later(0, 1, 2, 3), (-100, 150, -10, 5))
    assert found.solutions == "one"
    assert found.rate is not None
    assert present_value(
        found.rate, np.array([0, 365, 730, 1095]), np.array([-100, 150, -10, 5])
    ) == pytest.approx(0, abs=1e-9)


def test_a_rate_beyond_all_measure_is_told() -> None:
    doubled_in_a_day = [START, START + dt.timedelta(days=1)]
    assert solve_xirr(doubled_in_a_day, (-100, 200)) == (None, "out_of_range", ())


def test_random_series_against_brents_method() -> None:
    random = np.random.default_rng(2019)
    worst = 0.0
    for _ in range(SERIES):
        paid, received = random.integers(1, 12), random.integers(1, 6)
        days = np.sort(random.choice(np.arange(1, 3_650), paid + received - 1, replace=False))
        days = np.concatenate([[0], days])
        amounts = random.lognormal(6, 1, paid + received).round(2)
        amounts[:paid] *= -1
        found = solve_xirr([START + dt.timedelta(days=int(day)) for day in days], amounts.tolist())
        if found.solutions == "out_of_range":
            signs = {np.sign(present_value(rate, days, amounts)) for rate in (-0.9999, 1e6)}
            assert len(signs) == 1
            continue
        expected = brentq(present_value, -0.9999, 1e6, args=(days, amounts), xtol=1e-13)
        assert found.solutions == "one"
        assert found.rate is not None
        worst = max(worst, abs(found.rate - expected) / (1 + abs(expected)))
    assert worst < 1e-7


def test_random_series_of_any_signs_have_every_solution_that_a_fine_search_finds() -> None:
    random = np.random.default_rng(7)
    rates = np.expm1(np.linspace(np.log(0.001), np.log(1_000), 500))
    kinds = set()
    for _ in range(300):
        days = np.concatenate([[0], np.sort(random.choice(np.arange(1, 2_000), 6, replace=False))])
        amounts = random.normal(0, 1_000, 7)
        values = [present_value(rate, days, amounts) for rate in rates]
        expected = [
            brentq(present_value, rates[n], rates[n + 1], args=(days, amounts), xtol=1e-12)
            for n in np.flatnonzero(np.diff(np.sign(values)))
        ]
        solved = solve_xirr([START + dt.timedelta(days=int(day)) for day in days], amounts.tolist())
        kinds.add(solved.solutions)
        within = [rate for rate in solved.found if rates[0] <= rate <= rates[-1]]
        assert within == pytest.approx(expected, rel=1e-6, abs=1e-8)
    assert {"one", "several", "none"} <= kinds


def test_groups_are_pooled() -> None:
    # Group a: two users who pay 100 each and get 100 and 120 a year later: 220 for 200.
    flows = pd.DataFrame(
        {
            "segment": ["b", "a", "a", "a", "a"],
            "date": years_later(0, 0, 0, 1, 1),
            "amount": [-5.0, -100.0, -100.0, 100.0, 120.0],
        }
    )
    found = solve_pooled_xirr(flows, "segment")
    assert found["segment"].tolist() == ["a", "b"]
    assert found["rate"].iloc[0] == pytest.approx(0.1, abs=1e-10)
    assert math.isnan(found["rate"].iloc[1])
    assert found["solutions"].tolist() == ["one", "none"]


def test_missing_dates_and_amounts_are_refused() -> None:
    with pytest.raises(InputRefusedError, match="flows: 1 rows lack a date or a finite amount"):
        solve_xirr(years_later(0, 1), (-100, math.nan))
