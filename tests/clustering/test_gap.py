"""The gap statistic: its reference sets against the cheapest of all partitions of the grid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rfmf_spark.clustering.gap import ReferenceCosts, reference_costs

# Scores 1, 2, 5 / 3, 7 / 4, 6 occur: the grid has twelve cells, of which four have users.
CELLS = np.array([[1.0, 3, 4], [2, 7, 4], [5, 3, 6], [5, 7, 6]])
GRID = np.array([[r, f, m] for r in (1, 2, 5) for f in (3, 7) for m in (4, 6)], dtype=float)


def cheapest_partition(k: int) -> float:
    """The lowest cost of one user on each cell of the grid, over all assignments to k clusters."""
    labels = np.array(list(itertools.product(range(k), repeat=len(GRID) - 1)))
    labels = np.column_stack([np.zeros(len(labels), dtype=int), labels])
    cost = np.full(len(labels), (GRID**2).sum())
    for label in range(k):
        member = (labels == label).astype(float)
        cost -= ((member @ GRID) ** 2).sum(axis=1) / np.maximum(member.sum(axis=1), 1)
    return float(cost.min())


def test_many_users_spread_evenly_cost_what_the_even_grid_costs() -> None:
    users = 12_000_000

    found = reference_costs(CELLS, users, [2, 3], references=5, seed=1)

    for k, even in {2: cheapest_partition(2), 3: cheapest_partition(3)}.items():
        assert found[k].mean_log_cost == pytest.approx(np.log(even * users / 12), abs=1e-3)
        assert 0 < found[k].error < 1e-3


def test_the_error_is_that_of_the_mean_of_the_reference_sets() -> None:
    few, many = (reference_costs(CELLS, 500, [2], n, seed=3)[2] for n in (10, 400))

    # Both estimate one deviation s: the errors are s √(1 + 1/10) and s √(1 + 1/400).
    assert few.error / np.sqrt(1.1) == pytest.approx(many.error, rel=0.6)
    assert few.mean_log_cost == pytest.approx(many.mean_log_cost, abs=4 * many.error)


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
