"""The choice of K: elbow, votes, ties and the words of the reason."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.choice import choose_fixed_k, choose_k, find_elbow

# The bend is at K = 4.
BENT = {2: 1000.0, 3: 500.0, 4: 200.0, 5: 180.0, 6: 165.0, 7: 155.0}


def candidate(
    k: int, cost: float, silhouette: float | None, index: float | None, found: int | None = None
) -> KCandidate:
    return KCandidate(k, np.zeros((found or k, 3)), cost, silhouette, index)


def candidates_with(
    best_silhouette: int, best_index: int, costs: dict[int, float]
) -> list[KCandidate]:
    return [
        candidate(k, cost, 0.7 if k == best_silhouette else 0.5, 90.0 if k == best_index else 50.0)
        for k, cost in costs.items()
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


def test_two_votes_win() -> None:
    choice = choose_k(candidates_with(best_silhouette=3, best_index=3, costs=BENT))

    assert choice.k == 3
    assert choice.votes == {"elbow": 4, "silhouette": 3, "calinski_harabasz": 3}
    assert choice.reason == (
        "K = 3: 2 of 3 criteria agree (elbow at 4, cost 200; silhouette highest at 3, 0.7; "
        "Calinski-Harabasz index highest at 3, 90)"
    )


def test_three_different_votes_leave_it_to_the_elbow() -> None:
    choice = choose_k(candidates_with(best_silhouette=2, best_index=6, costs=BENT))

    assert choice.k == 4
    assert "the criteria disagree, and the elbow of the cost decides" in choice.reason


def test_without_an_elbow_the_silhouette_decides() -> None:
    straight = {2: 400.0, 3: 300.0, 4: 200.0, 5: 100.0}

    choice = choose_k(candidates_with(best_silhouette=5, best_index=3, costs=straight))

    assert choice.k == 5
    assert choice.votes == {"silhouette": 5, "calinski_harabasz": 3}
    assert "the silhouette decides" in choice.reason
    assert "the cost curve has no elbow" in choice.reason


def test_equal_maxima_vote_for_the_smaller_k_whatever_the_order() -> None:
    fits = [candidate(k, 10.0 - k, 0.5, 50.0) for k in (5, 3, 4)]

    assert choose_k(fits).votes == {"silhouette": 3, "calinski_harabasz": 3}


def test_a_fit_with_fewer_clusters_than_asked_for_does_not_vote() -> None:
    fits = [candidate(2, 9.0, 0.5, 50.0), candidate(3, 5.0, 0.9, 90.0, found=2)]

    assert choose_k(fits).k == 2


def test_a_single_candidate_is_taken_and_told() -> None:
    choice = choose_k([candidate(1, 0.0, None, None)])

    assert (choice.k, choice.votes) == (1, {})
    assert choice.reason == "K = 1: no other K was possible"


def test_without_any_criterion_the_smallest_k_is_taken() -> None:
    choice = choose_k([candidate(3, 0.0, None, None), candidate(2, 1.0, None, None)])

    assert choice.k == 2
    assert "no criterion is defined" in choice.reason


def test_nothing_to_choose_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="no candidate"):
        choose_k([])


def test_a_fixed_k_is_told_as_such() -> None:
    choice = choose_fixed_k(5, [candidate(5, 1.0, 0.5, 9.0)])

    assert choice.k == 5
    assert choice.reason == "K = 5: fixed by configuration (clustering.fixed_k)"


def test_a_fixed_k_above_the_number_of_cells_becomes_that_number() -> None:
    choice = choose_fixed_k(8, [candidate(3, 0.0, None, None)])

    assert choice.k == 3
    assert "clustering.fixed_k is 8, but there are only 3 distinct score cells" in choice.reason
