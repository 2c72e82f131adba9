"""Hints for inconsistent judgments: which one, and how far to change it."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.ahp import RandomIndex, solve_priorities
from rfmf_spark.weights.judgments import JudgmentMatrix
from rfmf_spark.weights.repair import (
    Repair,
    check_consistency,
    describe_repairs,
    is_off_scale,
    suggest_repairs,
)

# a12 = 3 and a23 = 3 imply a13 = 9, but it says 1/3.
CONTRADICTION = np.array([[1, 3, 1 / 3], [1 / 3, 1, 3], [3, 1 / 3, 1]])


def judgments_of(values: np.ndarray) -> JudgmentMatrix:
    criteria = ("recency", "frequency", "monetary", "tenure")[: len(values)]
    return JudgmentMatrix("trial", "A. Expert", "2024-05-01", criteria, values)


def ratio_after(
    values: np.ndarray, repair: Repair, value: float, index: RandomIndex = "classic"
) -> float:
    changed = values.copy()
    changed[repair.row, repair.column] = value
    changed[repair.column, repair.row] = 1 / value
    return solve_priorities(changed, index).consistency_ratio


def test_a_consistent_enough_matrix_needs_no_repair() -> None:
    assert suggest_repairs(np.ones((3, 3)), "classic", 0.1) == ()


def test_three_criteria_show_all_judgments_with_the_consistent_value() -> None:
    repairs = suggest_repairs(CONTRADICTION, "classic", 0.1)

    assert [(r.row, r.column) for r in repairs] == [(0, 1), (0, 2), (1, 2)]
    # a13 / a23, a12 * a23, a13 / a12
    assert [r.matching_value for r in repairs] == pytest.approx([1 / 9, 9, 1 / 9])
    for repair in repairs:
        assert ratio_after(CONTRADICTION, repair, repair.matching_value) == pytest.approx(
            0, abs=1e-9
        )


@pytest.mark.parametrize("index", ["classic", "saaty2005"])
def test_three_criteria_show_the_nearest_value_that_reaches_the_limit(index: RandomIndex) -> None:
    for repair in suggest_repairs(CONTRADICTION, index, 0.1):
        assert repair.nearest_value is not None
        reached = ratio_after(CONTRADICTION, repair, repair.nearest_value, index)
        assert reached <= 0.1
        assert reached == pytest.approx(0.1, abs=1e-6)


def test_three_criteria_reach_the_limit_where_the_closed_form_says() -> None:
    # For n = 3 the largest eigenvalue is 1 + t + 1/t with t the cube root of a13 / (a12 a23), so
    # ratio 0.1 (classic) is t + 1/t = 2 + 0.1 * 0.58 * 2.
    half = 1 + 0.1 * 0.58
    t = half - (half**2 - 1) ** 0.5
    repair = suggest_repairs(CONTRADICTION, "classic", 0.1)[1]

    assert repair.nearest_value == pytest.approx(9 * t**3, rel=1e-6)


def test_four_criteria_show_the_judgment_that_deviates_most_from_the_weights() -> None:
    weights = np.array([8.0, 4.0, 2.0, 1.0])
    values = weights[:, None] / weights[None, :]
    values[1, 3], values[3, 1] = 1 / 6, 6  # was 4

    (repair,) = suggest_repairs(values, "classic", 0.1)

    solved = solve_priorities(values).weights
    assert (repair.row, repair.column) == (1, 3)
    assert repair.current_value == pytest.approx(1 / 6)
    assert repair.matching_value == pytest.approx(solved[1] / solved[3])
    assert repair.nearest_value is not None
    assert 1 / 6 < repair.nearest_value < 4
    assert ratio_after(values, repair, repair.nearest_value) == pytest.approx(0.1, abs=1e-6)


def test_no_single_change_may_be_enough() -> None:
    # Two contradictions that share no criterion's pair: mending one leaves the other.
    values = np.array(
        [[1, 9, 1 / 9, 9], [1 / 9, 1, 9, 1 / 9], [9, 1 / 9, 1, 9], [1 / 9, 9, 1 / 9, 1]]
    )

    (repair,) = suggest_repairs(values, "classic", 0.1)

    assert repair.nearest_value is None
    grid = np.exp(np.linspace(-6, 6, 2001))
    assert min(ratio_after(values, repair, value) for value in grid) > 0.1
    assert "no change of this judgment alone reaches the limit" in describe_repairs(
        judgments_of(values), (repair,)
    )


def test_inexact_reciprocals_may_reach_the_limit_by_becoming_exact() -> None:
    values = np.array([[1, 1, 1], [5, 1, 1], [1, 1, 1.0]])

    repair = suggest_repairs(values, "classic", 0.1)[0]

    assert repair.nearest_value == 1


def test_the_refusal_names_ratio_limit_and_every_repair() -> None:
    judgments = judgments_of(CONTRADICTION)

    with pytest.raises(ConfigurationError) as told:
        check_consistency(judgments, solve_priorities(CONTRADICTION), 0.1)

    # Closed form: t = 1/3, so the ratio is (1/3 + 3 - 2) / 2 / 0.58 = 1.1494; t at the limit is
    # 0.7128, so that t cubed times 9 is 3.2597, and 1/9 over it is 1/3.2597.
    message = str(told.value)
    assert message.startswith(
        "weights.judgments: trial by A. Expert has consistency ratio 1.1494, above "
        "weights.max_consistency_ratio = 0.1; reconsider recency over frequency: now 3, in line "
        "with the others at 1/9, within the limit from 1/3.26; or recency over monetary: now 1/3, "
        "in line with the others at 9, within the limit from 3.26; or frequency over monetary"
    )


def test_displayed_values_reach_the_limit_too() -> None:
    repair = suggest_repairs(CONTRADICTION, "classic", 0.1)[1]

    assert (
        ratio_after(CONTRADICTION, repair, 3.26) <= 0.1 < ratio_after(CONTRADICTION, repair, 3.25)
    )


def test_values_off_the_scale_are_marked() -> None:
    values = np.array([[1, 9, 1 / 2], [1 / 9, 1, 9], [2, 1 / 9, 1]])

    text = describe_repairs(judgments_of(values), suggest_repairs(values, "classic", 0.1))

    assert "in line with the others at 81 (off the 1-9 scale)" in text
    assert [is_off_scale(value) for value in (9.0, 1 / 9, 9.1, 0.1)] == [False, False, True, True]


def test_consistent_judgments_pass() -> None:
    values = np.array([[1, 1 / 3, 1 / 7], [3, 1, 1 / 5], [7, 5, 1]])

    check_consistency(judgments_of(values), solve_priorities(values), 0.1)
    with pytest.raises(ConfigurationError, match=r"ratio 0.0559"):
        check_consistency(judgments_of(values), solve_priorities(values), 0.05)


def test_every_judgment_of_four_criteria_can_be_shown_largest_deviation_first() -> None:
    weights = np.array([8.0, 4.0, 2.0, 1.0])
    values = weights[:, None] / weights[None, :]
    values[1, 3], values[3, 1] = 1 / 6, 6

    repairs = suggest_repairs(values, "classic", 0.1, every=True)

    assert len(repairs) == 6
    assert repairs[0] == suggest_repairs(values, "classic", 0.1)[0]
    solved = solve_priorities(values).weights
    deviations = [abs(np.log(r.current_value * solved[r.column] / solved[r.row])) for r in repairs]
    assert deviations == sorted(deviations, reverse=True)
    for repair in repairs:
        if repair.nearest_value is not None:
            reached = ratio_after(values, repair, repair.nearest_value)
            assert reached == pytest.approx(0.1, abs=1e-6)
