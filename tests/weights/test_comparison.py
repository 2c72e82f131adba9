"""What other weights change, by hand and against scipy over repeated users."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from rfmf_spark.weights.cells import Cells
from rfmf_spark.weights.comparison import compare_weights, find_deciles, share_unmoved

# Ten users with a high recency score, thirty with a high monetary one.
OPPOSITE = Cells(
    np.array([[10.0, 1, 1], [1, 1, 10]]), np.array([10.0, 30.0]), np.array([1, 2], dtype=np.int64)
)
RECENCY, MONETARY = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])


def test_weights_that_turn_the_order_around_move_everybody() -> None:
    # By recency thirty users share ranks 1-30 (decile 4), ten 31-40 (decile 9); by monetary ten
    # share ranks 1-10 (decile 2), thirty 11-40 (decile 7).
    assert find_deciles(OPPOSITE, RECENCY).tolist() == [9, 4]
    assert find_deciles(OPPOSITE, MONETARY).tolist() == [2, 7]

    same, other = compare_weights({"own": RECENCY, "other": MONETARY}, RECENCY, OPPOSITE)

    assert [row.rank_correlation for row in (same, other)] == pytest.approx([1, -1])
    assert (same.decile_moved_share, other.decile_moved_share) == (0, 1)
    assert (same.segment_moved_share, other.segment_moved_share) == (0, 1)


def test_segments_keep_their_numbers_while_their_order_does() -> None:
    cells = OPPOSITE._replace(scores=np.array([[10.0, 2, 9], [1, 1, 8]]))

    (row,) = compare_weights({"other": MONETARY}, RECENCY, cells)

    assert row.segment_moved_share == 0


def test_without_cells_or_segments_there_are_no_figures_of_users() -> None:
    (row,) = compare_weights({"other": MONETARY}, RECENCY, None)
    assert (row.rank_correlation, row.decile_moved_share, row.segment_moved_share) == (None,) * 3

    (row,) = compare_weights({"other": MONETARY}, RECENCY, OPPOSITE._replace(segment_ids=None))
    assert (row.decile_moved_share, row.segment_moved_share) == (1, None)


def test_users_who_are_all_alike_have_no_rank_correlation() -> None:
    cells = Cells(np.array([[5.0, 5, 5]]), np.array([8.0]), None)

    (row,) = compare_weights({"other": MONETARY}, RECENCY, cells)

    assert (row.rank_correlation, row.decile_moved_share) == (None, 0)


def test_rank_correlation_is_spearmans_over_users() -> None:
    random = np.random.default_rng(9)
    scores, users = random.integers(1, 11, (50, 3)).astype(np.float64), random.integers(1, 9, 50)
    one, other = np.array([0.1, 0.2, 0.7]), np.array([0.4, 0.3, 0.3])

    cells = Cells(scores, users.astype(np.float64), None)
    (row,) = compare_weights({"other": other}, one, cells)

    everybody = np.repeat(scores, users, axis=0)
    # Sums that differ only by rounding are ties.
    ranked = [np.round(everybody @ weights, 9) for weights in (one, other)]
    assert row.rank_correlation == pytest.approx(spearmanr(*ranked).statistic)


def test_users_are_unmoved_whose_decile_is_the_same_under_all_weights() -> None:
    three = Cells(np.array([[1.0, 1, 1], [2, 1, 9], [9, 1, 2]]), np.array([50.0, 25, 25]), None)

    assert share_unmoved(three, RECENCY, np.array([RECENCY])) == 1
    # The two groups of 25 change places, the fifty stay last.
    assert share_unmoved(three, RECENCY, np.array([RECENCY, MONETARY])) == 0.5
