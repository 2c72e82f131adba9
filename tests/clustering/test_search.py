"""The search: near the best of scikit-learn, never rising with K, the same for twice the users."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.cluster import KMeans as ReferenceKMeans
from threadpoolctl import threadpool_limits

from benchmarks.cells import blob, planted, uniform
from rfmf_spark.clustering.lloyd import cost_of
from rfmf_spark.clustering.search import search_over_k

RANGE = range(2, 11)


def long_tailed(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Few scores of one axis, and counts over four orders of magnitude."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack(
        [rng.integers(1, 11, 250), rng.choice([3, 6, 9], 250), rng.integers(1, 11, 250)]
    )
    points = np.unique(rows, axis=0).astype(np.float64)
    return points, np.ceil(rng.lognormal(4, 2, len(points))).astype(np.int64)


DATA = {
    "uniform": uniform(2_000, 1),
    "one blob": blob(5_000, 2),
    "planted": planted(5, 20_000, 3)[:2],
    "long-tailed": long_tailed(4),
}


@pytest.mark.parametrize("name", DATA)
def test_the_cost_is_within_a_thousandth_of_the_best_of_many_fits(name: str) -> None:
    points, users = DATA[name]

    found = search_over_k(points, users, dict.fromkeys(RANGE, ()), 50, 7, 100)

    for k in RANGE:
        reference = ReferenceKMeans(k, n_init=100, random_state=0)
        # One thread: scikit-learn's own threads wait for each other on a busy machine.
        with threadpool_limits(1):
            best = reference.fit(points, sample_weight=users).inertia_
        assert found[k].costs[0] <= 1.001 * best, k
        cost = cost_of(points, users, found[k].best)
        assert found[k].costs[0] == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize("restarts", [1, 10])
@pytest.mark.parametrize("seed", range(4))
def test_the_cost_never_rises_with_k(seed: int, restarts: int) -> None:
    points, users = long_tailed(seed)

    found = search_over_k(points, users, dict.fromkeys(range(2, 20), ()), restarts, seed, 100)

    costs = [found[k].costs[0] for k in range(2, 20)]
    assert all(later < earlier for earlier, later in itertools.pairwise(costs))


def test_solutions_differ_and_the_cheapest_comes_first() -> None:
    points, users = DATA["one blob"]

    (found,) = search_over_k(points, users, {6: ()}, 50, 7, 100).values()

    assert 1 < len(found.costs) == len(found.centres)
    assert list(found.costs) == sorted(found.costs)
    assert len({tuple(centres.ravel()) for centres in found.centres}) == len(found.centres)


def test_a_proposal_that_is_better_than_everything_else_wins() -> None:
    # Two far pairs; from one k-means++ start with this seed the pairs may be cut wrongly.
    points = np.array([[1.0, 1, 1], [1, 1, 2], [9, 9, 9], [9, 9, 10], [5, 1, 1]])
    users = np.array([100, 100, 100, 100, 1])
    proposal = np.array([[1.0, 1, 1.5], [5, 1, 1], [9, 9, 9.5]])

    (found,) = search_over_k(points, users, {3: (proposal,)}, 1, 0, 100).values()

    # Without one of the pairs' cuts: 4 x 50 x 0.25 x 2 = 100; cutting a pair costs more.
    assert found.costs[0] <= cost_of(points, users, proposal) == 100


def test_a_proposal_with_too_few_centres_is_left_aside() -> None:
    points, users = DATA["planted"]

    found = search_over_k(points, users, {3: (points[:2],)}, 5, 0, 100)

    assert found[3].best.shape == (3, 3)


def test_as_many_clusters_as_points_cost_nothing() -> None:
    points, users = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]), np.array([5, 1, 7])

    found = search_over_k(points, users, {2: (), 3: ()}, 3, 0, 100)

    assert found[3].costs == (0.0,)
    assert found[3].best.tolist() == points.tolist()


@pytest.mark.parametrize("name", DATA)
def test_twice_the_users_have_the_same_centres(name: str) -> None:
    points, users = DATA[name]

    once = search_over_k(points, users, dict.fromkeys(RANGE, ()), 10, 7, 100)
    twice = search_over_k(points, 2 * users, dict.fromkeys(RANGE, ()), 10, 7, 100)

    for k in RANGE:
        assert once[k].best.tolist() == twice[k].best.tolist()
