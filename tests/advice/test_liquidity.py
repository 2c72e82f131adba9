"""The daily advance, by hand and against the exact distribution of a resampled quantile."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from rfmf_spark.advice.liquidity import (
    AdvanceTerms,
    compare_budgets,
    estimate_advance,
    scale_to_holdings,
    sum_daily_demand,
    sum_outstanding,
)
from rfmf_spark.errors import ConfigurationError, InputRefusedError

FIRST, LAST = dt.date(2019, 8, 1), dt.date(2019, 8, 4)


def days_of(values: list[float]) -> pd.Series:
    return pd.Series(values, index=pd.date_range(FIRST, periods=len(values), name="date"))


def test_days_without_requests_have_no_demand() -> None:
    requests = pd.DataFrame(
        {"date": [dt.date(2019, 8, 3), FIRST, dt.date(2019, 8, 3)], "amount": [5.0, 1.0, 2.0]}
    )
    assert sum_daily_demand(requests, FIRST, LAST).tolist() == [1.0, 0.0, 7.0, 0.0]


def test_bad_requests_are_counted_and_refused() -> None:
    requests = pd.DataFrame(
        {"date": [FIRST, FIRST, dt.date(2019, 9, 1)], "amount": [-1.0, None, 2.0]}
    )
    with pytest.raises(InputRefusedError, match=r"2 rows have an amount .* 1 a date outside"):
        sum_daily_demand(requests, FIRST, LAST)


def test_demand_grows_with_holdings() -> None:
    scaled = scale_to_holdings(days_of([10, 0, 30]), days_of([100, 0, 200]), 400.0)
    assert scaled.tolist() == [40.0, 0.0, 60.0]


def test_demand_without_holdings_is_refused() -> None:
    with pytest.raises(InputRefusedError, match=r"1 days .* the first is 2019-08-02"):
        scale_to_holdings(days_of([10, 5]), days_of([100, 0]), 400.0)


def test_advances_stay_out_until_they_settle() -> None:
    assert sum_outstanding(days_of([1, 2, 4, 8]), 2).tolist() == [1, 3, 6, 12]


def test_the_advance_is_a_day_that_has_been() -> None:
    demand = days_of([float(value) for value in range(1, 101)])
    found = estimate_advance(demand, AdvanceTerms(0.05, quantile=0.95))
    assert found.historical == 95.0
    assert found.low <= 95.0 <= found.high


def test_the_same_seed_gives_the_same_interval() -> None:
    demand = days_of(np.random.default_rng(1).lognormal(size=200).tolist())
    one, same, other = (
        estimate_advance(demand, AdvanceTerms(0.05, quantile=0.9, seed=seed)) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_single_days_resampled_have_the_exact_binomial_interval() -> None:
    # The k-th of n values is at least the quantile q of a resample when ⌈q n⌉ draws are up to it.
    n, q = 200, 0.9
    ranks = np.arange(1, n + 1)
    at_most = binom.sf(round(q * n) - 1, n, ranks / n)
    low, high = (int(ranks[np.searchsorted(at_most, share)]) for share in (0.025, 0.975))
    demand = days_of([float(rank) for rank in ranks])
    terms = AdvanceTerms(0.05, quantile=q, block_days=1, resamples=4_000, seed=3)
    found = estimate_advance(demand, terms)
    assert abs(found.low - low) <= 1
    assert abs(found.high - high) <= 1


def test_a_block_as_long_as_history_repeats_history() -> None:
    demand = days_of([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
    found = estimate_advance(demand, AdvanceTerms(0.05, quantile=0.5, block_days=6))
    assert found == (3.0, 3.0, 3.0)


def test_the_chosen_users_beside_all() -> None:
    table = compare_budgets(days_of([2, 3]), days_of([4, 6]), AdvanceTerms(0.05, quantile=1.0))
    assert table["group"].tolist() == ["chosen", "all"]
    assert table["advance"].tolist() == [3.0, 6.0]
    assert table["yearly_cost"].round(12).tolist() == [0.15, 0.3]
    assert table["demand_share"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (AdvanceTerms(0.05, quantile=99), "quantile is 99, allowed is 0 to 1"),
        (AdvanceTerms(5), "funding_rate is 5"),
        (AdvanceTerms(0.05, block_days=0), "block_days is 0, allowed is 1 to"),
    ],
)
def test_impossible_terms_are_refused(terms: AdvanceTerms, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        estimate_advance(days_of([1.0]), terms)


def test_different_days_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="chosen and everyone have different days"):
        compare_budgets(days_of([1]), days_of([1, 2]), AdvanceTerms(0.05))


def test_no_days_are_refused() -> None:
    with pytest.raises(InputRefusedError, match="demand has no days"):
        estimate_advance(days_of([]), AdvanceTerms(0.05))
