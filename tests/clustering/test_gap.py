"""The gap statistic: its reference sets against the cheapest of all partitions of the grid."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rfmf_spark.clustering.gap import ReferenceCosts, reference_costs

# Scores 1, 2, 5 / 3, 7 / 4, 6 occur: the grid has twelve cells, of which four have users.
CELLS = np.array([[1.0, 3, 4], [2, 7, 4], [5, 3, 6], [5, 7, 6]])
GRID = np.array([[r, f, m] for r in (1, 2, 5) for f in (3, 7) for m in (4, 6)], dtype=float)


def cheapest_partition(k: int, users: NDArray[Any]) -> float:
    """The lowest cost of users on the cells of the grid, over all assignments to k clusters."""
    labels = np.array(list(itertools.product(range(k), repeat=len(GRID) - 1)))
    labels = np.column_stack([np.zeros(len(labels), dtype=int), labels])
    cost = np.full(len(labels), float(users @ (GRID**2).sum(axis=1)))
    for label in range(k):
        member = (labels == label) * users
        cost -= ((member @ GRID) ** 2).sum(axis=1) / np.maximum(member.sum(axis=1), 1)
    return float(cost.min())


def test_many_users_spread_evenly_cost_what_the_even_grid_costs() -> None:
    users = 12_000_000

    found = reference_costs(CELLS, users, [2, 3], references=5, seed=1)

    for k in (2, 3):
        even = cheapest_partition(k, np.ones(12))
        assert found[k].mean_log_cost == pytest.approx(np.log(even * users / 12), abs=1e-3)
        assert 0 < found[k].error < 1e-3


def test_the_error_is_that_of_the_mean_of_the_reference_sets() -> None:
    # 500 users drawn evenly, the cheapest of all partitions of each draw, s = √(Σ (x - x̄)² / n).
    sets = np.random.default_rng(99).multinomial(500, np.full(12, 1 / 12), 400)
    costs = [cheapest_partition(2, users) for users in sets]
    deviation = float(np.std(np.log(costs)))

    found = {n: reference_costs(CELLS, 500, [2], n, seed=3)[2] for n in (1, 2, 400)}

    # 400 sets tell a deviation to within 3.5 %, on either side; two, by their distance.
    assert found[400].error == pytest.approx(deviation * np.sqrt(1 + 1 / 400), rel=0.15)
    assert found[400].mean_log_cost == pytest.approx(np.mean(np.log(costs)), abs=deviation / 5)
    first, mean = found[1].mean_log_cost, found[2].mean_log_cost
    assert found[1].error == 0
    assert found[2].error == pytest.approx(abs(first - mean) * np.sqrt(1 + 1 / 2), rel=1e-9)


def test_the_gap_is_the_logarithm_of_the_ratio_of_costs() -> None:
    reference = ReferenceCosts(mean_log_cost=float(np.log(80)), error=0.1)

    assert reference.gap(20) == pytest.approx(np.log(4))
    assert reference.gap(0) is None


def test_no_reference_for_one_cluster_or_for_as_many_as_the_grid_has_cells() -> None:
    assert list(reference_costs(CELLS, 900, [1, 2, 11, 12, 13], 2, seed=1)) == [2, 11]
    assert reference_costs(CELLS, 900, [2, 3], 0, seed=1) == {}


def test_a_set_that_some_centres_explain_fully_gives_no_reference() -> None:
    # Two users can lie in at most two cells: nothing is left to compare.
    assert reference_costs(CELLS, 2, [3], 3, seed=1) == {}
