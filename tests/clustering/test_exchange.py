"""Moves of single cells: out of optima in which Lloyd rests, against all partitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rfmf_spark.clustering.exchange import exchange_cells
from rfmf_spark.clustering.lloyd import cost_of, refine


def test_a_cell_moves_although_its_own_mean_is_nearer() -> None:
    # Means 1 (three users, at 0, 0 and 3) and 6 (one user): 3 is 2 from its own, 3 from the other.
    # Alone with 6 it costs 2 x 1.5^2 = 4.5 instead of 3 x 1 + ... = 6.
    points, users = np.array([[0.0, 0, 0], [3, 0, 0], [6, 0, 0]]), np.array([2, 1, 1])
    start = np.array([[1.0, 0, 0], [6, 0, 0]])
    assert refine(points, users, start, 10).tolist() == start.tolist()
    assert cost_of(points, users, start) == 6

    found = exchange_cells(points, users, start, 10, most_moves=5)

    assert found.tolist() == [[0, 0, 0], [4.5, 0, 0]]
    assert cost_of(points, users, found) == 4.5


@pytest.mark.parametrize("seed", range(8))
def test_small_data_end_in_the_cheapest_partition_from_some_start(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, users = rng.integers(1, 11, (8, 3)).astype(float), rng.integers(1, 9, 8)
    points = np.unique(points, axis=0)
    users = users[: len(points)]

    starts = [points[list(chosen)] for chosen in itertools.combinations(range(len(points)), 3)]
    found = [exchange_cells(points, users, start, 20, most_moves=20) for start in starts]

    costs = [cost_of(points, users, centres) for centres in found]
    assert min(costs) == pytest.approx(_cheapest(points, users, 3), rel=1e-9)
    for start, cost in zip(starts, costs, strict=True):
        assert cost <= cost_of(points, users, start) + 1e-9


def test_no_move_is_left_at_the_best() -> None:
    points, users = np.array([[0.0, 0, 0], [9, 0, 0]]), np.array([1, 5])

    assert exchange_cells(points, users, points, 10, 5).tolist() == points.tolist()


def test_a_cluster_without_users_is_left_as_it_is() -> None:
    points, users = np.array([[0.0, 0, 0], [9, 0, 0]]), np.array([1, 5])
    start = np.array([[7.5, 0, 0], [99, 0, 0]])

    assert exchange_cells(points, users, start, 10, 5).tolist() == start.tolist()


def _cheapest(points: np.ndarray, users: np.ndarray, k: int) -> float:
    costs = []
    for labels in itertools.product(range(k), repeat=len(points)):
        groups = [np.array(labels) == label for label in range(k)]
        if all(group.any() for group in groups):
            means = [np.average(points[g], axis=0, weights=users[g]) for g in groups]
            costs.append(
                sum(
                    float(users[g] @ ((points[g] - mean) ** 2).sum(axis=1))
                    for g, mean in zip(groups, means, strict=True)
                )
            )
    return min(costs)
