"""Mended fits: never worse than what they started from, never rising with K."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.cluster import KMeans as ReferenceKMeans

from rfmf_spark.clustering.criteria import assign_to_centres, cluster_cost
from rfmf_spark.clustering.refinement import best_of, refine, split_costliest


def cells(seed: int, number: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = np.unique(rng.integers(1, 11, (number, 3)), axis=0).astype(np.float64)
    users = np.ceil(rng.lognormal(4, 1.5, len(points))).astype(np.int64)
    return points, users


def cost(points: np.ndarray, users: np.ndarray, centres: np.ndarray) -> float:
    return cluster_cost(points, users, centres, assign_to_centres(points, centres).labels)


def test_two_pairs_of_points_are_found_from_a_bad_start() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [9, 0, 0], [10, 0, 0]])
    users = np.array([1, 3, 1, 1])

    found = refine(points, users, np.array([[0.0, 0, 0], [1, 0, 0]]), 20)

    assert found == pytest.approx(np.array([[0.75, 0, 0], [9.5, 0, 0]]))


@pytest.mark.parametrize("seed", range(5))
def test_lloyd_equals_that_of_scikit_learn_from_the_same_start(seed: int) -> None:
    points, users = cells(seed)
    # Off the grid, no point is equally near to two centres, which either may then take.
    points += np.random.default_rng(seed).normal(0, 0.01, points.shape)
    start = points[np.random.default_rng(seed).choice(len(points), 6, replace=False)]
    reference = ReferenceKMeans(6, init=start, n_init=1, max_iter=300, tol=0, algorithm="lloyd")

    found = refine(points, users, start, 300)

    expected = reference.fit(points, sample_weight=users).inertia_
    assert cost(points, users, found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_splitting_and_refining_never_costs_more_than_one_cluster_fewer(seed: int) -> None:
    points, users = cells(seed)
    centres = np.average(points, axis=0, weights=users)[None, :]
    costs = [cost(points, users, centres)]
    for _ in range(2, 12):
        centres = refine(points, users, split_costliest(points, users, centres), 100)
        costs.append(cost(points, users, centres))

    assert all(later < earlier for earlier, later in itertools.pairwise(costs))


def test_a_centre_without_users_stays_where_it_is() -> None:
    points, users = np.array([[0.0, 0, 0], [1, 0, 0]]), np.array([1, 1])

    found = refine(points, users, np.array([[0.5, 0, 0], [99.0, 0, 0]]), 10)

    assert found.tolist() == [[0.5, 0, 0], [99, 0, 0]]


def test_the_cheapest_solution_is_kept_and_of_equal_ones_the_first() -> None:
    points, users = np.array([[0.0, 0, 0], [2, 0, 0]]), np.array([1, 1])
    solutions = [np.array([[5.0, 0, 0]]), np.array([[1.0, 0, 0]]), np.array([[1.0, 0, 0]])]

    assert best_of(points, users, solutions) is solutions[1]
