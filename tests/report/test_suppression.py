from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfmf_spark.report.suppression import (
    merge_small,
    round_to_groups,
    withhold,
    withhold_cells,
)

LIMIT = 20


def test_nothing_is_withheld_where_no_group_is_small() -> None:
    assert not withhold([20, 500, 0], LIMIT).any()


def test_a_small_group_takes_the_next_larger_one_with_it() -> None:
    assert withhold([300, 5, 40, 90], LIMIT).tolist() == [False, True, True, False]


def test_two_small_groups_hide_each_other_only_where_they_reach_the_limit_together() -> None:
    assert withhold([15, 8, 300], LIMIT).tolist() == [True, True, False]
    assert withhold([3, 4, 300], LIMIT).tolist() == [True, True, True]


def test_an_empty_group_is_no_small_group() -> None:
    assert withhold([0, 100, 200], LIMIT).tolist() == [False, False, False]


def test_in_a_table_a_small_cell_needs_a_partner_in_its_row_and_in_its_column() -> None:
    counts = np.array([[5, 50, 500], [60, 70, 700], [90, 80, 900]])
    hidden = withhold_cells(counts, LIMIT)
    # The 5 hides the 50 in its row and the 60 in its column; their partners close the square.
    assert hidden.tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, False],
    ]


def test_where_a_row_has_no_other_users_an_empty_cell_hides_a_small_one() -> None:
    hidden = withhold_cells(np.array([[5, 0], [30, 40]]), LIMIT, np.array([True, False]))
    assert hidden[0, 0]
    assert hidden[1, 0]


@given(st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=2, max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_line_of_a_table_gives_a_single_withheld_cell_away(rows: list[list[int]]) -> None:
    counts = np.array(rows)
    hidden = withhold_cells(counts, LIMIT)
    assert hidden[(counts > 0) & (counts < LIMIT)].all()
    for line, mask in [*zip(counts, hidden, strict=True), *zip(counts.T, hidden.T, strict=True)]:
        if mask.any() and not mask.all():
            assert mask.sum() >= 2
            assert line[mask].sum() >= LIMIT or line[~mask].sum() == 0


@pytest.mark.parametrize(
    ("counts", "slices"),
    [
        ([30, 40, 50], [(0, 1), (1, 2), (2, 3)]),
        ([30, 5, 50], [(0, 1), (1, 3)]),
        ([30, 40, 5], [(0, 1), (1, 3)]),
        ([30, 0, 0, 5], [(0, 4)]),
        ([0, 30, 0, 40, 0], [(1, 2), (2, 3), (3, 4)]),
        ([5, 6, 7], []),
        ([], []),
    ],
)
def test_bins_are_merged_until_each_has_enough_users(
    counts: list[int], slices: list[tuple[int, int]]
) -> None:
    assert [(one.start, one.stop) for one in merge_small(counts, LIMIT)] == slices


@given(st.lists(st.integers(0, 60), max_size=12))
def test_merged_bins_hold_all_users_and_never_a_few(counts: list[int]) -> None:
    users = [sum(counts[one]) for one in merge_small(counts, LIMIT)]
    assert all(number == 0 or number >= LIMIT for number in users)
    assert sum(users) == (sum(counts) if sum(counts) >= LIMIT else 0)


def test_a_rounded_count_is_a_multiple_of_the_limit() -> None:
    assert [round_to_groups(count, LIMIT) for count in (20, 29, 30, 3341)] == [20, 20, 40, 3340]
