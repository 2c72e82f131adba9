"""Stability over resamples: segments come back, arbitrary cuts do not, whatever the users."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.cells import planted, uniform
from rfmf_spark.clustering.search import search_over_k
from rfmf_spark.clustering.stability import Stability, measure_stability


def stability_of(
    points: np.ndarray, users: np.ndarray, k: int, resample_users: int = 5000
) -> Stability:
    found = search_over_k(points, users, {k: ()}, 20, 1, 100)
    return measure_stability(points, users, found, 20, resample_users, 2)[k]


def test_planted_segments_come_back_in_every_resample() -> None:
    points, users, _ = planted(5, 20_000, 1)

    found = stability_of(points, users, 5)

    assert found.jaccard.tolist() == [1] * 5
    assert (found.rand_index, found.rand_index_halves) == (1, 1)


def test_an_even_crowd_is_cut_in_two_along_another_axis_each_time() -> None:
    found = stability_of(*uniform(100_000, 1), 2)

    assert found.jaccard.max() < 0.9
    assert found.rand_index < 0.8
    assert found.rand_index_halves < 0.8


def test_the_cluster_that_is_cut_arbitrarily_is_the_unstable_one() -> None:
    # One segment far away, and an even square of cells that a third cluster cuts.
    square = np.array([[r, f, 1] for r in range(1, 7) for f in range(1, 7)], dtype=float)
    points = np.vstack([square, [[1, 1, 10]]])
    users = np.append(np.full(36, 100), 3600)

    found = stability_of(points, users, 3)

    # The centres are in lexicographic order, the far one among them by its first score.
    assert sorted(found.jaccard)[-1] == 1
    assert sorted(found.jaccard)[0] < 0.9


def test_a_thousand_times_the_users_are_as_stable() -> None:
    points, users = uniform(20_000, 3)

    few, many = stability_of(points, users, 3), stability_of(points, users * 1000, 3)

    np.testing.assert_allclose(few.jaccard, many.jaccard, rtol=1e-9)
    assert few.rand_index == pytest.approx(many.rand_index, abs=1e-3)


def test_a_resample_has_no_more_users_than_there_are() -> None:
    points, users = uniform(300, 3)

    whole, capped = stability_of(points, users, 3, 300), stability_of(points, users, 3, 5000)

    assert whole.jaccard.tolist() == capped.jaccard.tolist()


def test_nothing_is_measured_for_one_cluster_or_as_many_as_cells() -> None:
    points, users = np.array([[1.0, 1, 1], [2, 2, 2], [9, 9, 9]]), np.array([5, 5, 5])
    found = search_over_k(points, users, {2: (), 3: ()}, 3, 1, 100)

    assert list(measure_stability(points, users, found, 5, 100, 1)) == [2]
    assert measure_stability(points, users, found, 0, 100, 1) == {}
