"""Geometric mean and least squares, against arithmetic by hand and a search over a grid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rfmf_spark.config.sections.weights import PriorityMethod
from rfmf_spark.weights.ahp import solve_priorities
from rfmf_spark.weights.methods import find_priorities
from tests.weights.matrices import consistent

RFMF = np.array([[1, 1 / 3, 1 / 7], [3, 1, 1 / 5], [7, 5, 1]])


def test_the_eigenvector_is_that_of_ahp_to_the_last_digit() -> None:
    assert find_priorities(RFMF).weights.tolist() == solve_priorities(RFMF).weights.tolist()


def test_geometric_means_of_rows() -> None:
    # Products of the rows: 1/21, 3/5, 35.
    roots = np.array([(1 / 21) ** (1 / 3), 0.6 ** (1 / 3), 35 ** (1 / 3)])

    solved = find_priorities(RFMF, "geometric_mean", "saaty2005")

    np.testing.assert_allclose(solved.weights, roots / roots.sum(), rtol=1e-12)
    assert round(solved.consistency_ratio, 4) == 0.0624


def test_least_squares_beats_every_point_of_a_grid() -> None:
    def error(weights: np.ndarray) -> float:
        return float(((RFMF - weights[:, None] / weights[None, :]) ** 2).sum())

    found = find_priorities(RFMF, "least_squares").weights

    steps = np.arange(0.01, 1, 0.01)
    grid = [
        np.array([a, b, 1 - a - b]) for a, b in itertools.product(steps, steps) if a + b < 0.995
    ]
    best = min(grid, key=error)
    assert error(found) < error(best)
    np.testing.assert_allclose(found, best, atol=0.01)


def test_least_squares_of_two_judgments_solves_its_equation() -> None:
    # One ratio x: (2 - x)² + (1/2 - 1/x)² is least, and 0, at x = 2.
    found = find_priorities(np.array([[1, 2], [0.5, 1]]), "least_squares").weights

    np.testing.assert_allclose(found, [2 / 3, 1 / 3], rtol=1e-6)


@pytest.mark.parametrize("method", ["eigenvector", "geometric_mean", "least_squares"])
def test_all_methods_agree_on_consistent_judgments(method: PriorityMethod) -> None:
    found = find_priorities(consistent(0.5, 0.3, 0.15, 0.05), method)

    np.testing.assert_allclose(found.weights, [0.5, 0.3, 0.15, 0.05], rtol=1e-5)


def test_a_single_criterion_has_all_the_weight() -> None:
    assert find_priorities(np.ones((1, 1)), "least_squares").weights.tolist() == [1.0]
