"""Weights and consistency ratios, against published cases."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.ahp import solve_priorities

RFMF = np.array([[1, 1 / 3, 1 / 7], [3, 1, 1 / 5], [7, 5, 1]])
LEADERS = np.array([[1, 4, 3, 7], [1 / 4, 1, 1 / 3, 3], [1 / 3, 3, 1, 5], [1 / 7, 1 / 3, 1 / 5, 1]])
AVERAGED = np.array([[1, 0.71, 0.46], [1.41, 1, 0.85], [2.18, 1.18, 1]])


@pytest.mark.parametrize(
    ("values", "weights", "lambda_max", "digits", "classic", "saaty2005"),
    [
        (RFMF, [0.0810, 0.1884, 0.7306], 3.0649, 4, 0.0559, 0.0624),
        (LEADERS, [0.5476, 0.1266, 0.2699, 0.0559], 4.11842, 5, 0.0439, 0.0444),
        (AVERAGED, [0.2206, 0.3403, 0.4390], 3.01047, 5, 0.0090, 0.0101),
    ],
    ids=["Huang 2019", "leader choice", "five experts averaged"],
)
def test_published_cases_come_out_to_the_printed_digits(
    values: np.ndarray,
    weights: list[float],
    lambda_max: float,
    digits: int,
    classic: float,
    saaty2005: float,
) -> None:
    solved = solve_priorities(values)

    assert solved.weights.round(4).tolist() == weights
    assert round(solved.lambda_max, digits) == lambda_max
    assert round(solved.consistency_ratio, 4) == classic
    assert round(solve_priorities(values, "saaty2005").consistency_ratio, 4) == saaty2005


def test_the_consistency_index_of_the_paper() -> None:
    assert round(solve_priorities(RFMF).consistency_index, 4) == 0.0324


def test_a_consistent_matrix_gives_back_its_weights() -> None:
    weights = np.array([0.5, 0.3, 0.15, 0.05])

    solved = solve_priorities(weights[:, None] / weights[None, :])

    np.testing.assert_allclose(solved.weights, weights, rtol=1e-12)
    assert solved.lambda_max == pytest.approx(4)
    assert solved.consistency_ratio == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "weights"), [([[1.0]], [1.0]), ([[1, 9], [1 / 9, 1]], [0.9, 0.1])]
)
def test_one_or_two_criteria_are_always_consistent(
    values: list[list[float]], weights: list[float]
) -> None:
    solved = solve_priorities(np.array(values))

    np.testing.assert_allclose(solved.weights, weights)
    assert solved.consistency_ratio == 0


def test_ten_criteria_are_solved_and_eleven_refused() -> None:
    assert solve_priorities(np.ones((10, 10))).weights.tolist() == pytest.approx([0.1] * 10)
    with pytest.raises(ConfigurationError, match=r"11 criteria; .* at most 10"):
        solve_priorities(np.ones((11, 11)))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (np.ones((2, 3)), r"shape \(2, 3\); it must be square"),
        (np.zeros((2, 2)), "not a positive number"),
        (np.array([[1, np.nan], [1, 1]]), "not a positive number"),
    ],
)
def test_a_matrix_that_cannot_be_solved_is_refused(values: np.ndarray, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        solve_priorities(values)
