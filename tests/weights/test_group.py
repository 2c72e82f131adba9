"""Several experts: means, votes, who counts, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gmean

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.ahp import solve_priorities
from rfmf_spark.weights.group import find_disagreement, judge_group
from tests.weights.matrices import consistent, expert, matrix_of

RFMF = np.array([[1, 1 / 3, 1 / 7], [3, 1, 1 / 5], [7, 5, 1]])
CONTRADICTION = np.array([[1, 3, 1 / 3], [1 / 3, 1, 3], [3, 1 / 3, 1]])
OTHER = np.array([[1, 1 / 2, 1 / 9], [2, 1, 1 / 6], [9, 6, 1]])


def two(value: float) -> list[list[float]]:
    return [[1, value], [1 / value, 1]]


def test_the_geometric_mean_of_judgments_keeps_reciprocity() -> None:
    group = judge_group([expert(two(value)) for value in (2, 3, 4)], WeightSettings())

    assert group.values[0, 1] == pytest.approx(24 ** (1 / 3))
    assert group.values[1, 0] == pytest.approx(24 ** (-1 / 3))


def test_votes_are_exponents() -> None:
    # (2 × 16²) to the power of 1/3 is 8.
    group = judge_group([expert(two(2)), expert(two(16), weight=2)], WeightSettings())

    assert group.values[0, 1] == pytest.approx(8)
    np.testing.assert_allclose(group.priorities.weights, [8 / 9, 1 / 9])


def test_judgments_are_averaged_before_weights_follow() -> None:
    group = judge_group([expert(RFMF), expert(OTHER)], WeightSettings())

    expected = solve_priorities(gmean([RFMF, OTHER], axis=0))
    np.testing.assert_allclose(group.priorities.weights, expected.weights, rtol=1e-12)
    assert group.priorities.consistency_ratio == pytest.approx(expected.consistency_ratio)


def test_or_the_weights_of_the_experts_are() -> None:
    settings = WeightSettings(aggregation="priorities")
    experts = [expert(RFMF, weight=2), expert(OTHER)]

    group = judge_group(experts, settings)

    each = [solve_priorities(values).weights for values in (RFMF, RFMF, OTHER)]
    expected = gmean(each, axis=0) / gmean(each, axis=0).sum()
    np.testing.assert_allclose(group.priorities.weights, expected, rtol=1e-12)


def test_one_expert_is_the_group_to_the_last_digit() -> None:
    for aggregation in ("judgments", "priorities"):
        settings = WeightSettings.model_validate({"aggregation": aggregation})
        group = judge_group([expert(RFMF, weight=3)], settings)
        assert group.priorities.weights.tolist() == solve_priorities(RFMF).weights.tolist()
        assert group.consensus is None


def test_experts_who_agree_have_full_consensus_and_no_disagreement() -> None:
    group = judge_group([expert(RFMF), expert(RFMF)], WeightSettings())

    assert group.consensus == pytest.approx(1)
    assert find_disagreement(group) is None


def test_the_largest_disagreement_is_found_in_logarithms() -> None:
    # 1/5 against 1/6, 1/3 against 1/2 (a factor of 1.5), 1/7 against 1/9.
    group = judge_group([expert(RFMF), expert(OTHER)], WeightSettings())

    assert find_disagreement(group) == (0, 1)


def test_an_inconsistent_expert_is_refused_by_name_and_with_repairs() -> None:
    with pytest.raises(ConfigurationError) as told:
        judge_group([expert(RFMF), expert(CONTRADICTION, name="C. Dictor")], WeightSettings())

    assert "trial by C. Dictor has consistency ratio 1.1494, above" in str(told.value)
    assert "reconsider recency over frequency: now 3" in str(told.value)


def test_or_left_out() -> None:
    settings = WeightSettings(above_limit="leave_out")

    group = judge_group([expert(CONTRADICTION), expert(RFMF)], settings)

    assert [opinion.used for opinion in group.opinions] == [False, True]
    assert group.priorities.weights.tolist() == solve_priorities(RFMF).weights.tolist()


def test_a_group_of_which_nobody_is_left_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"consistency ratio 1\.1494, above"):
        judge_group([expert(CONTRADICTION)], WeightSettings(above_limit="leave_out"))


def test_open_judgments_are_completed_and_named() -> None:
    judged = matrix_of({("a", "b"): 2, ("a", "c"): 6}, "abc")

    (opinion,) = judge_group([expert(judged)], WeightSettings()).opinions

    assert opinion.completed == ((1, 2),)
    assert opinion.judgments.values[1, 2] == pytest.approx(3)


def test_experts_with_other_criteria_are_refused() -> None:
    other = expert(consistent(1, 2, 3), name="B", criteria=("frequency", "recency", "monetary"))

    with pytest.raises(ConfigurationError, match=r"trial by B: criteria are frequency, .* same"):
        judge_group([expert(RFMF), other], WeightSettings())
