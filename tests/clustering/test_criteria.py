"""Criteria from cells against scikit-learn on rows repeated once per user, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
    silhouette_score,
)

from rfmf_spark.clustering.criteria import (
    assign_to_centres,
    calinski_harabasz_of_users,
    cluster_cost,
    davies_bouldin_of_users,
    euclidean_silhouette_of_users,
    silhouette_of_users,
    total_scatter,
)

# Two clusters on a line: 0 and 2 (two users each at 0), 10 and 12.
LINE = np.array([[0, 0, 0], [2, 0, 0], [10, 0, 0], [12, 0, 0]], dtype=np.float64)
LINE_USERS = np.array([2, 1, 1, 1])
LINE_LABELS = np.array([0, 0, 1, 1])


def random_cells(seed: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct score cells, their users (many single), and labels with at least one cell each."""
    rng = np.random.default_rng(seed)
    points = np.unique(rng.integers(1, 11, size=(40, 3)), axis=0).astype(np.float64)
    users = rng.choice([1, 1, 2, 5, 30], size=len(points))
    labels = rng.permutation(np.arange(len(points)) % k)
    return points, users, labels


def test_four_cells_by_hand() -> None:
    centres = np.array([[1.0, 0, 0], [11.0, 0, 0]])

    assigned = assign_to_centres(LINE, centres)

    assert assigned.labels.tolist() == [0, 0, 1, 1]
    assert assigned.own_distance.tolist() == [1, 1, 1, 1]
    assert assigned.second_distance.tolist() == [11, 9, 9, 11]
    assert cluster_cost(LINE, LINE_USERS, centres, assigned.labels) == 5


def test_silhouette_of_four_cells_by_hand() -> None:
    # Squared distances. A user at 0: own cluster (0 + 4) / 2 = 2, other (100 + 144) / 2 = 122.
    # At 2: own (4 + 4) / 2 = 4, other (64 + 100) / 2 = 82. At 10: own 4, other (100 + 100 + 64) / 3
    # = 88. At 12: own 4, other (144 + 144 + 100) / 3 = 388 / 3.
    expected = (2 * (1 - 2 / 122) + (1 - 4 / 82) + (1 - 4 / 88) + (1 - 12 / 388)) / 5

    assert silhouette_of_users(LINE, LINE_USERS, LINE_LABELS) == pytest.approx(expected, abs=1e-12)


def test_calinski_harabasz_of_four_cells_by_hand() -> None:
    # Means 2/3, 11 and 24/5; within: 2 (2/3)^2 + (4/3)^2 + 2 = 14/3.
    between = 3 * (2 / 3 - 24 / 5) ** 2 + 2 * (11 - 24 / 5) ** 2

    index = calinski_harabasz_of_users(LINE, LINE_USERS, LINE_LABELS)

    assert index == pytest.approx(between / 1 / (14 / 3 / 3), rel=1e-12)


@pytest.mark.parametrize("k", [2, 3, 7])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_criteria_equal_scikit_learn_on_repeated_rows(seed: int, k: int) -> None:
    points, users, labels = random_cells(seed, k)
    rows, row_labels = np.repeat(points, users, axis=0), np.repeat(labels, users)

    silhouette = silhouette_of_users(points, users, labels)
    index = calinski_harabasz_of_users(points, users, labels)

    expected = silhouette_samples(rows, row_labels, metric="sqeuclidean").mean()
    assert silhouette == pytest.approx(expected, abs=1e-9)
    assert index == pytest.approx(calinski_harabasz_score(rows, row_labels), rel=1e-9)
    assert euclidean_silhouette_of_users(points, users, labels) == pytest.approx(
        silhouette_score(rows, row_labels), abs=1e-9
    )
    assert davies_bouldin_of_users(points, users, labels) == pytest.approx(
        davies_bouldin_score(rows, row_labels), abs=1e-9
    )
    scatter = ((rows - rows.mean(axis=0)) ** 2).sum()
    assert total_scatter(points, users) == pytest.approx(scatter, rel=1e-12)


def test_davies_bouldin_of_four_cells_by_hand() -> None:
    # Means 2/3 and 11; mean distances (2/3 + 2/3 + 4/3) / 3 = 8/9 and 1.
    index = davies_bouldin_of_users(LINE, LINE_USERS, LINE_LABELS)

    assert index == pytest.approx((8 / 9 + 1) / (11 - 2 / 3), rel=1e-12)


def test_euclidean_silhouette_is_the_same_however_few_distances_are_held_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = np.random.default_rng(3).integers(1, 11, (40, 3)).astype(np.float64)
    users, labels = np.arange(1, 41), np.arange(40) % 3
    at_once = euclidean_silhouette_of_users(points, users, labels)

    monkeypatch.setattr("rfmf_spark.clustering.criteria._MOST_DISTANCES", 90)

    assert euclidean_silhouette_of_users(points, users, labels) == pytest.approx(at_once, rel=1e-12)


def test_euclidean_silhouette_of_four_cells_by_hand() -> None:
    # At 0: own (0 + 2) / 2 = 1, other 11. At 2: own 2, other 9. At 10: own 2, other (10 + 10 + 8)
    # / 3 = 28 / 3. At 12: own 2, other 34 / 3.
    expected = (2 * (1 - 1 / 11) + (1 - 2 / 9) + (1 - 6 / 28) + (1 - 6 / 34)) / 5

    found = euclidean_silhouette_of_users(LINE, LINE_USERS, LINE_LABELS)

    assert found == pytest.approx(expected, abs=1e-12)


def test_a_user_alone_in_a_cluster_has_silhouette_zero() -> None:
    points, users, labels = random_cells(seed=4, k=3)
    users[0], labels[0] = 1, 3
    users[1], labels[1] = 6, 4  # a single cell, but six users
    rows, row_labels = np.repeat(points, users, axis=0), np.repeat(labels, users)

    expected = silhouette_samples(rows, row_labels, metric="sqeuclidean").mean()

    assert silhouette_of_users(points, users, labels) == pytest.approx(expected, abs=1e-9)
    assert euclidean_silhouette_of_users(points, users, labels) == pytest.approx(
        silhouette_score(rows, row_labels), abs=1e-9
    )


def test_cost_equals_the_sum_over_repeated_rows() -> None:
    points, users, _ = random_cells(seed=5, k=2)
    centres = np.random.default_rng(5).uniform(1, 10, size=(4, 3))
    labels = assign_to_centres(points, centres).labels
    rows = np.repeat(points, users, axis=0)

    expected = np.min(((rows[:, None] - centres) ** 2).sum(axis=2), axis=1).sum()

    assert cluster_cost(points, users, centres, labels) == pytest.approx(expected, rel=1e-12)


def test_a_tie_between_centres_goes_to_the_lowest_index() -> None:
    assigned = assign_to_centres(np.array([[5.0, 5, 5]]), np.array([[6.0, 5, 5], [4.0, 5, 5]]))

    assert assigned.labels.tolist() == [0]
    assert assigned.own_distance.tolist() == assigned.second_distance.tolist() == [1]


def test_one_centre_leaves_no_second_distance_and_no_criterion() -> None:
    assigned = assign_to_centres(LINE, LINE[:1])

    assert all(math.isnan(distance) for distance in assigned.second_distance)
    assert silhouette_of_users(LINE, LINE_USERS, assigned.labels) is None
    assert calinski_harabasz_of_users(LINE, LINE_USERS, assigned.labels) is None
    assert davies_bouldin_of_users(LINE, LINE_USERS, assigned.labels) is None
    assert euclidean_silhouette_of_users(LINE, LINE_USERS, assigned.labels) is None


def test_every_user_a_cluster_of_their_own_leaves_no_criterion() -> None:
    users, labels = np.ones(4, dtype=np.int64), np.arange(4)

    assert silhouette_of_users(LINE, users, labels) is None
    assert calinski_harabasz_of_users(LINE, users, labels) is None
    assert davies_bouldin_of_users(LINE, users, labels) is None
    assert euclidean_silhouette_of_users(LINE, users, labels) is None


def test_clusters_without_scatter_have_silhouette_one_and_no_calinski_harabasz() -> None:
    points, users = LINE / 3, np.full(4, 3)

    assert silhouette_of_users(points, users, np.arange(4)) == 1
    assert calinski_harabasz_of_users(points, users, np.arange(4)) is None
    assert euclidean_silhouette_of_users(points, users, np.arange(4)) == 1
    assert davies_bouldin_of_users(points, users, np.arange(4)) == 0


def test_millions_of_users_lose_no_digits() -> None:
    points, users, labels = random_cells(seed=6, k=3)
    many = users * 1_000_000

    few_index = calinski_harabasz_of_users(points, users, labels)
    many_index = calinski_harabasz_of_users(points, many, labels)

    assert few_index is not None
    assert many_index is not None
    # The two variances stay as they are; only the degrees of freedom change.
    ratio = (many.sum() - 3) / (users.sum() - 3)
    assert many_index == pytest.approx(few_index * ratio, rel=1e-12)
