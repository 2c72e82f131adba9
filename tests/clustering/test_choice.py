"""The choice of K: gates, votes, ties, verdicts and the words of the reason."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.choice import (
    ChoiceRules,
    choose_fixed_k,
    choose_given_centres,
    choose_k,
)
from rfmf_spark.clustering.gates import Gates

# The bend is at K = 4.
BENT = {2: 1000.0, 3: 500.0, 4: 200.0, 5: 180.0, 6: 165.0, 7: 155.0}
THREE = ChoiceRules(criteria=("elbow", "silhouette", "calinski_harabasz"))


def candidate(
    k: int,
    cost: float,
    silhouette: float | None,
    index: float | None,
    found: int | None = None,
    valley: float | None = 0.1,
) -> KCandidate:
    return KCandidate(k, np.zeros((found or k, 3)), cost, silhouette, index, valley=valley)


def candidates_with(
    best_silhouette: int,
    best_index: int,
    costs: dict[int, float] | None = None,
    natural: tuple[int, ...] = (2, 3, 4, 5, 6, 7),
) -> list[KCandidate]:
    return [
        candidate(
            k,
            cost,
            0.7 if k == best_silhouette else 0.5,
            90.0 if k == best_index else 50.0,
            valley=0.1 if k in natural else 0.9,
        )
        for k, cost in (costs or BENT).items()
    ]


def test_most_votes_win() -> None:
    choice = choose_k(candidates_with(best_silhouette=3, best_index=3), THREE)

    assert (choice.k, choice.verdict, choice.runner_up) == (3, "natural", 4)
    assert choice.votes == {"elbow": 4, "silhouette": 3, "calinski_harabasz": 3}
    assert choice.disagreement == pytest.approx(1 / 3)
    assert choice.reason == (
        "K = 3, natural: 2 of 3 criteria agree, runner-up 4 (elbow at 4, cost 200; silhouette "
        "highest at 3, 0.7; Calinski-Harabasz index highest at 3, 90)"
    )


def test_agreement_has_no_runner_up() -> None:
    choice = choose_k(candidates_with(best_silhouette=4, best_index=4), THREE)

    assert (choice.k, choice.runner_up, choice.disagreement) == (4, None, 0)
    assert choice.reason.startswith("K = 4, natural: all 3 criteria agree (elbow")


def test_equal_votes_go_to_the_higher_silhouette() -> None:
    choice = choose_k(candidates_with(best_silhouette=2, best_index=6), THREE)

    # 2, 4 and 6 have one vote each; 4 and 6 have silhouettes of 0.5.
    assert (choice.k, choice.runner_up) == (2, 4)
    assert "the silhouette decides between equals" in choice.reason


def test_a_k_behind_a_gate_gets_no_vote() -> None:
    fits = candidates_with(best_silhouette=7, best_index=7, natural=(2, 3))

    choice = choose_k(fits, THREE)

    assert (choice.k, choice.verdict) == (2, "natural")
    # Among 2 and 3 both have equal values, and of equal ones the smaller K counts.
    assert choice.votes == {"silhouette": 2, "calinski_harabasz": 2}
    assert "no vote from elbow" in choice.reason
    assert choice.reason.endswith("refused by the gates: 4 to 7")
    assert choice.failed[7] == ("valley 0.9 above 0.5",)
    assert choice.failed[2] == ()


def test_where_no_k_passes_the_fallback_is_taken_and_the_verdict_says_so() -> None:
    choice = choose_k(candidates_with(best_silhouette=3, best_index=6, natural=()), THREE)

    assert (choice.k, choice.verdict) == (5, "no_natural_k")
    assert choice.votes == {"elbow": 4, "silhouette": 3, "calinski_harabasz": 6}
    assert (choice.runner_up, choice.disagreement) == (3, 1)
    assert choice.reason == (
        "no natural K: none of 2 to 7 passes the gates; the closest, 2, fails valley 0.9 above "
        "0.5. K = 5 is the fallback (clustering.fallback_k is 5); without gates: elbow at 4, cost "
        "200; silhouette highest at 3, 0.7; Calinski-Harabasz index highest at 6, 90"
    )


@pytest.mark.parametrize(("fallback", "expected"), [(3, 3), (20, 7), (1, 2)])
def test_a_fallback_that_was_not_tried_becomes_the_nearest_k(fallback: int, expected: int) -> None:
    fits = candidates_with(best_silhouette=3, best_index=6, natural=())

    choice = choose_k(fits, ChoiceRules(fallback_k=fallback))

    assert choice.k == expected
    assert f"clustering.fallback_k is {fallback}" in choice.reason


def test_other_gates_make_another_choice() -> None:
    fits = candidates_with(best_silhouette=3, best_index=3, natural=())

    choice = choose_k(fits, ChoiceRules(gates=Gates(max_valley=1)))

    assert (choice.k, choice.verdict) == (3, "natural")


def test_a_criterion_left_out_has_no_vote() -> None:
    fits = candidates_with(best_silhouette=3, best_index=3)

    choice = choose_k(fits, ChoiceRules(criteria=("elbow",)))

    assert (choice.k, choice.votes) == (4, {"elbow": 4})
    assert "the only criterion that votes" in choice.reason


def test_where_the_gates_have_no_figures_the_votes_decide_untested() -> None:
    fits = [candidate(k, 10.0 - k, 0.5, 50.0, valley=None) for k in (5, 3, 4)]

    choice = choose_k(fits, THREE)

    assert (choice.k, choice.verdict) == (3, "not_tested")
    assert choice.votes == {"silhouette": 3, "calinski_harabasz": 3}
    assert choice.reason.startswith("K = 3, not tested whether natural: all 2 criteria agree")


def test_a_fit_with_fewer_clusters_than_asked_for_is_never_chosen() -> None:
    fits = [
        candidate(2, 9.0, 0.5, 50.0, valley=0.9),
        candidate(3, 5.0, 0.9, 90.0, found=2, valley=0.9),
    ]

    assert choose_k(fits, ChoiceRules(fallback_k=3)).k == 2


def test_a_single_candidate_is_taken_and_told() -> None:
    choice = choose_k([candidate(1, 0.0, None, None)])

    assert (choice.k, choice.votes, choice.verdict) == (1, {}, "only_one")
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

    assert (choice.k, choice.verdict) == (5, "given")
    assert choice.reason == "K = 5: fixed by configuration (clustering.fixed_k)"


def test_a_fixed_k_above_the_number_of_cells_becomes_that_number() -> None:
    choice = choose_fixed_k(8, [candidate(3, 0.0, None, None)])

    assert choice.k == 3
    assert "clustering.fixed_k is 8, but there are only 3 distinct score cells" in choice.reason


def test_given_centres_are_told_with_those_that_nobody_is_near() -> None:
    assert choose_given_centres(candidate(4, 1.0, None, None)).reason == (
        "K = 4: centres given by configuration (clustering.centres)"
    )
    assert choose_given_centres(candidate(4, 1.0, None, None, found=3)).reason == (
        "K = 3: centres given by configuration (clustering.centres); 1 of 4 have no users"
    )
