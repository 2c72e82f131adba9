"""The valley between clusters: deep between segments, none in an even crowd."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.clustering.separation import shallowest_valley

STEP = np.ones(3)


def on_a_line(users: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Cells with recency scores 1, 2, … and their users, without the empty ones."""
    counts = np.array(users)
    scores = np.arange(1, len(users) + 1)[counts > 0]
    points = np.column_stack([scores, np.full(len(scores), 5), np.full(len(scores), 5)])
    return points.astype(np.float64), counts[counts > 0]


def valley_of(users: list[int], last_of_first: int, step: np.ndarray = STEP) -> float:
    points, counts = on_a_line(users)
    labels = (points[:, 0] > last_of_first).astype(np.int64)
    found = shallowest_valley(points * step, counts, labels, step)
    assert found is not None
    return found


def test_two_cells_by_hand() -> None:
    # Distance 8, bandwidth 0.96: the middle is 4 away from either, where each is at its peak.
    expected = 2 * np.exp(-0.5 * (4 / 0.96) ** 2) / (1 + np.exp(-0.5 * (8 / 0.96) ** 2))

    assert valley_of([7, 0, 0, 0, 0, 0, 0, 0, 7], 5) == pytest.approx(expected, rel=1e-9)


def test_the_lower_peak_is_what_a_valley_is_measured_by() -> None:
    # Both kernels on 41 places; at the far end stand the 10 users alone, but for a tail of 1e-13.
    kernel = np.exp(-0.5 * (np.linspace(0, 8, 41) / 0.96) ** 2)
    lowest = (100 * kernel + 10 * kernel[::-1]).min()

    for users in ([100, 0, 0, 0, 0, 0, 0, 0, 10], [10, 0, 0, 0, 0, 0, 0, 0, 100]):
        assert valley_of(users, 5) == pytest.approx(lowest / 10, rel=1e-9)


@pytest.mark.parametrize(
    "users",
    [[10] * 10, [1, 2, 4, 7, 9, 9, 7, 4, 2, 1], [512, 256, 128, 64, 32, 16, 8, 4, 2, 1]],
    ids=["even", "one hump", "falling"],
)
def test_a_crowd_cut_in_two_has_no_valley(users: list[int]) -> None:
    assert valley_of(users, 5) > 0.9


def test_two_humps_have_a_valley_that_fills_with_users() -> None:
    found = [valley_of([9, 9, 9, stray, stray, stray, 9, 9, 9], 5) for stray in (0, 1, 3, 9)]

    assert found == sorted(found)
    assert found[0] < 0.05
    assert found[-1] > 0.9


def test_the_pair_with_the_least_valley_decides() -> None:
    points, users = on_a_line([9, 9, 0, 0, 0, 0, 0, 0, 9, 9])
    two, four = np.array([0, 0, 1, 1]), np.array([0, 1, 2, 2])

    assert shallowest_valley(points, users, two, STEP) == pytest.approx(0, abs=0.01)
    cut = shallowest_valley(points, users, four, STEP)
    assert cut is not None
    assert cut > 0.9


@pytest.mark.parametrize("factor", [0.05, 3.0])
def test_the_unit_of_the_coordinates_does_not_matter(factor: float) -> None:
    users = [9, 9, 3, 1, 3, 9, 9]

    assert valley_of(users, 4, STEP * factor) == pytest.approx(valley_of(users, 4), rel=1e-9)


def test_more_users_of_the_same_kind_change_nothing() -> None:
    users = [9, 9, 3, 1, 3, 9, 9]

    assert valley_of([1000 * n for n in users], 4) == pytest.approx(valley_of(users, 4), rel=1e-12)


def test_one_cluster_has_no_valley_to_measure() -> None:
    points, users = on_a_line([1, 2, 3])

    assert shallowest_valley(points, users, np.zeros(3, dtype=np.int64), STEP) is None


def test_clusters_with_one_mean_are_not_apart() -> None:
    points, users = on_a_line([1, 2, 1])

    assert shallowest_valley(points, users, np.array([0, 1, 0]), STEP) == 1
