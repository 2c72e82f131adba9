"""Starts of the search: splits and merges by hand, and what they promise."""

from __future__ import annotations

import numpy as np

from rfmf_spark.clustering.lloyd import cost_of
from rfmf_spark.clustering.starts import merge_starts, plus_plus_starts, split_starts

LINE = np.array([[0.0, 0, 0], [2, 0, 0], [10, 0, 0], [16, 0, 0]])
USERS = np.array([1, 1, 3, 1])


def test_every_cluster_with_scatter_is_split_the_costliest_first() -> None:
    # Costs: 1 + 1 around 1, and 3 x 1.5^2 + 4.5^2 = 27 around 11.5. The last cluster has no cost.
    points, users = np.vstack([LINE, [[50.0, 0, 0]]]), np.append(USERS, 9)
    centres = np.array([[1.0, 0, 0], [11.5, 0, 0], [50, 0, 0]])

    starts = split_starts(points, users, centres)

    assert starts[:, :3].tolist() == [centres.tolist()] * 2
    assert starts[:, 3].tolist() == [[16, 0, 0], [0, 0, 0]]


def test_nothing_to_split_gives_no_start() -> None:
    assert split_starts(LINE, USERS, LINE).shape == (0, 5, 3)


def test_a_split_never_costs_more() -> None:
    rng = np.random.default_rng(4)
    points = np.unique(rng.integers(1, 11, (200, 3)), axis=0).astype(float)
    users = rng.integers(1, 500, len(points))
    centres = points[:4]
    before = cost_of(points, users, centres)

    assert all(
        cost_of(points, users, start) < before for start in split_starts(points, users, centres)
    )


def test_each_pair_of_clusters_is_merged_at_the_mean_of_its_users() -> None:
    centres = np.array([[1.0, 0, 0], [10, 0, 0], [16, 0, 0]])

    starts = merge_starts(LINE, USERS, centres)

    # Users of the clusters: 2, 3 and 1. Merging costs 3 x 1 / 4 x 36, 2 x 3 / 5 x 81, 2 / 3 x 225.
    assert starts[:, :, 0].tolist() == [[1, 11.5], [16, 6.4], [10, 6]]


def test_clusters_without_users_are_merged_in_the_middle() -> None:
    centres = np.array([[0.0, 0, 0], [100, 0, 0], [300, 0, 0]])

    assert [0, 200] in merge_starts(LINE, USERS, centres)[:, :, 0].tolist()


def test_of_many_clusters_only_the_most_promising_are_split_or_merged() -> None:
    points = np.column_stack([np.arange(80.0), np.zeros(80), np.zeros(80)])
    users, centres = np.ones(80, dtype=np.int64), np.arange(0.5, 80, 2)[:, None] * [1, 0, 0]

    assert split_starts(points, users, centres).shape == (12, 41, 3)
    assert merge_starts(points, users, centres).shape == (12, 39, 3)


def test_starts_of_plus_plus_are_cells_and_repeat_with_the_seed() -> None:
    first = plus_plus_starts(LINE, USERS, 3, 5, seed=1)
    cells = {tuple(point) for point in LINE}

    assert first.shape == (5, 3, 3)
    assert {tuple(centre) for start in first for centre in start} <= cells
    assert first.tolist() == plus_plus_starts(LINE, USERS, 3, 5, seed=1).tolist()
    # Only shares of the users count.
    assert first.tolist() == plus_plus_starts(LINE, 2 * USERS, 3, 5, seed=1).tolist()
