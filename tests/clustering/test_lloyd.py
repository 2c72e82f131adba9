"""Lloyd's iterations: against scikit-learn, by hand, and many solutions at once."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans as ReferenceKMeans

from rfmf_spark.clustering.lloyd import (
    comparable_cost,
    cost_of,
    costs_of_many,
    nearest_of_many,
    refine,
    refine_many,
)


def cells(seed: int, number: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = np.unique(rng.integers(1, 11, (number, 3)), axis=0).astype(np.float64)
    users = np.ceil(rng.lognormal(4, 1.5, len(points))).astype(np.int64)
    return points, users


def off_the_grid(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """There no point is equally near to two centres, which either may then take."""
    points, users = cells(seed)
    return points + np.random.default_rng(seed).normal(0, 0.01, points.shape), users


def starts_of(points: np.ndarray, number: int, k: int) -> np.ndarray:
    rng = np.random.default_rng(number)
    return np.stack([points[rng.choice(len(points), k, replace=False)] for _ in range(number)])


def test_two_pairs_of_points_are_found_from_a_bad_start() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [9, 0, 0], [10, 0, 0]])
    users = np.array([1, 3, 1, 1])

    found = refine(points, users, np.array([[0.0, 0, 0], [1, 0, 0]]), 20)

    assert found == pytest.approx(np.array([[0.75, 0, 0], [9.5, 0, 0]]))


@pytest.mark.parametrize("seed", range(5))
def test_lloyd_equals_that_of_scikit_learn_from_the_same_start(seed: int) -> None:
    points, users = off_the_grid(seed)
    start = starts_of(points, 1, 6)[0]
    reference = ReferenceKMeans(6, init=start, n_init=1, max_iter=300, tol=0, algorithm="lloyd")

    found = refine(points, users, start, 300)

    expected = reference.fit(points, sample_weight=users).inertia_
    assert cost_of(points, users, found) == pytest.approx(expected, rel=1e-9)


def test_a_centre_without_users_stays_where_it_is() -> None:
    points, users = np.array([[0.0, 0, 0], [1, 0, 0]]), np.array([1, 1])
    start = np.array([[0.5, 0, 0], [99.0, 0, 0]])

    assert refine(points, users, start, 10).tolist() == [[0.5, 0, 0], [99, 0, 0]]
    many = refine_many(points, users[None, :].astype(float), start[None], 10)
    assert many.tolist() == [[[0.5, 0, 0], [99, 0, 0]]]


@pytest.mark.parametrize("solutions", [1, 7, 300])
def test_many_solutions_are_the_same_as_one_by_one(solutions: int) -> None:
    points, _ = off_the_grid(7)
    # Every solution has users of its own, some of them none on a point.
    of_each = np.random.default_rng(1).poisson(3, (solutions, len(points))).astype(float)
    starts = starts_of(points, solutions, 5)

    found = refine_many(points, of_each, starts, 100)
    costs = costs_of_many(points, of_each, found)

    for number in {0, solutions // 2, solutions - 1}:
        own = of_each[number].astype(np.int64)
        alone = refine(points, own, starts[number], 100)
        np.testing.assert_allclose(found[number], alone, rtol=1e-9)
        assert costs[number] == pytest.approx(cost_of(points, own, alone), rel=1e-9)


def test_one_row_of_users_serves_all_solutions() -> None:
    points, users = cells(3)
    starts = starts_of(points, 4, 3)
    shared = users[None, :].astype(float)

    found = refine_many(points, shared, starts, 100)

    repeated = refine_many(points, np.repeat(shared, 4, axis=0), starts, 100)
    assert found.tolist() == repeated.tolist()


def test_the_nearest_centre_of_each_solution_and_ties_to_the_lowest() -> None:
    points = np.array([[0.0, 0, 0], [4, 0, 0], [5, 0, 0]])
    centres = np.array([[[1.0, 0, 0], [7, 0, 0]], [[7, 0, 0], [1, 0, 0]]])

    assert nearest_of_many(points, centres).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_costs_that_differ_by_rounding_compare_as_equal() -> None:
    assert 0.1 + 0.2 != 0.3
    assert comparable_cost(0.1 + 0.2) == comparable_cost(0.3)
    assert comparable_cost(522335.1) != comparable_cost(522335.2)
