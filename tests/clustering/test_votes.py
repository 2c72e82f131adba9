"""Votes: Kneedle's elbow, the rule of the gap, best values, and which K may be voted for."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.votes import (
    DEFAULT_CRITERIA,
    collect_votes,
    find_elbow,
    find_gap,
    tell_vote,
)

# The bend is at K = 4.
BENT = {2: 1000.0, 3: 500.0, 4: 200.0, 5: 180.0, 6: 165.0, 7: 155.0}


def with_gaps(gaps: list[tuple[float | None, float | None]]) -> list[KCandidate]:
    return [
        KCandidate(k, np.zeros((k, 3)), 1.0, None, None, gap=gap, gap_error=error)
        for k, (gap, error) in enumerate(gaps, start=2)
    ]


def test_the_elbow_of_the_kneedle_paper() -> None:
    assert find_elbow(list(range(10)), [100, 40, 20, 15, 10, 5, 4, 3, 2, 1]) == 2


def test_the_elbow_does_not_depend_on_the_order_of_the_points() -> None:
    ks = list(BENT)[::-1]

    assert find_elbow(ks, [BENT[k] for k in ks]) == 4


@pytest.mark.parametrize(
    "costs",
    [[5.0], [9.0, 5.0], [5.0, 5.0, 5.0], [9.0, 6.0, 3.0, 0.0], [10.0, 9.9, 9.0, 5.0], [1, 2, 3]],
    ids=["one point", "two points", "equal", "straight", "bent the other way", "rising"],
)
def test_a_curve_without_a_bend_has_no_elbow_and_no_warning(costs: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_elbow(list(range(2, 2 + len(costs))), costs) is None


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        # 0.5 >= 0.52 - 0.01 fails, 0.52 >= 0.4 - 0.01 holds.
        ([(0.5, 0.01), (0.52, 0.01), (0.4, 0.01)], 3),
        # The error of the next K makes up for the difference.
        ([(0.5, 0.01), (0.52, 0.03), (0.4, 0.01)], 2),
        ([(0.1, 0.01), (0.2, 0.01), (0.3, 0.01)], None),
        ([(None, None), (0.2, 0.01), (0.1, 0.01)], 3),
        ([(0.2, 0.01), (None, None)], None),
    ],
    ids=["falls", "within the error", "rises", "unknown first", "unknown next"],
)
def test_the_gap_takes_the_first_k_that_the_next_does_not_beat(
    gaps: list[tuple[float | None, float | None]], expected: int | None
) -> None:
    assert find_gap(with_gaps(gaps)) == expected


def candidates() -> list[KCandidate]:
    """Best: silhouette at 3, Calinski-Harabasz at 5, Davies-Bouldin (lowest) at 4, gap at 6."""
    return [
        KCandidate(
            k,
            np.zeros((k, 3)),
            cost,
            silhouette=0.7 if k == 3 else 0.5,
            calinski_harabasz=90.0 if k == 5 else 50.0,
            davies_bouldin=0.4 if k == 4 else 0.6,
            silhouette_euclidean=0.6 if k == 6 else 0.3,
            gap=1.0 - abs(k - 6) / 10,
            gap_error=0.01,
        )
        for k, cost in BENT.items()
    ]


def test_each_criterion_votes_by_its_own_rule() -> None:
    every = (*DEFAULT_CRITERIA, "silhouette_euclidean")

    assert collect_votes(candidates(), every, range(2, 8)) == {
        "elbow": 4,
        "silhouette": 3,
        "calinski_harabasz": 5,
        "davies_bouldin": 4,
        "gap": 6,
        "silhouette_euclidean": 6,
    }


def test_maxima_are_taken_among_the_eligible_and_curves_keep_their_vote_or_lose_it() -> None:
    votes = collect_votes(candidates(), DEFAULT_CRITERIA, [2, 3])

    assert votes == {"silhouette": 3, "calinski_harabasz": 2, "davies_bouldin": 2}


def test_a_criterion_that_is_left_out_or_unknown_has_no_vote() -> None:
    unknown = [KCandidate(k, np.zeros((k, 3)), 1.0, None, None) for k in (2, 3)]

    assert collect_votes(candidates(), ["gap"], range(2, 8)) == {"gap": 6}
    assert collect_votes(unknown, DEFAULT_CRITERIA, [2, 3]) == {}


def test_votes_are_told_with_their_figures() -> None:
    told = [tell_vote(c, k, candidates()) for c, k in (("elbow", 4), ("gap", 6))]
    told += [tell_vote(c, 4, candidates()) for c in ("davies_bouldin", "silhouette")]

    assert told == [
        "elbow at 4, cost 200",
        "gap statistic at 6, 1",
        "Davies-Bouldin index lowest at 4, 0.4",
        "silhouette highest at 4, 0.5",
    ]
