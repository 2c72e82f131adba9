"""Two weights put together, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.weights.combination import COMBINATIONS, combine_weights, solve_deviation

EXPERTS = np.array([0.7, 0.2, 0.1])
DATA = np.array([0.3, 0.4, 0.3])


def test_products_are_divided_by_their_sum() -> None:
    # 0.21, 0.08, 0.03
    found = combine_weights("multiplicative", EXPERTS, DATA, 0.5)

    np.testing.assert_allclose(found, [21 / 32, 8 / 32, 3 / 32])


@pytest.mark.parametrize(
    ("coefficient", "expected"),
    [(0.75, [0.6, 0.25, 0.15]), (1, [0.7, 0.2, 0.1]), (0, [0.3, 0.4, 0.3])],
)
def test_the_coefficient_is_the_share_of_the_experts(
    coefficient: float, expected: list[float]
) -> None:
    found = combine_weights("linear", EXPERTS, DATA, coefficient)

    np.testing.assert_allclose(found, expected)


def test_the_least_deviation_solves_both_equations() -> None:
    # a·a = 0.54, b·b = 0.34, a·b = 0.32: 0.34 × 0.22 = 0.0748 against 0.54 × 0.02 = 0.0108.
    assert solve_deviation(EXPERTS, DATA) == pytest.approx(0.0748 / 0.0856)
    products = np.array([[0.54, 0.32], [0.32, 0.34]])
    shares = np.linalg.solve(products, [0.54, 0.34])
    expected = shares @ [EXPERTS, DATA] / shares.sum()
    np.testing.assert_allclose(
        combine_weights("minimum_deviation", EXPERTS, DATA, 0.5), expected, rtol=1e-12
    )


def test_a_negative_coefficient_counts_as_none() -> None:
    # b·b = 0.52 < a·b = 0.58
    assert solve_deviation(np.array([0.9, 0.1]), np.array([0.6, 0.4])) == 1


@pytest.mark.parametrize("method", COMBINATIONS)
def test_weights_that_agree_stay_but_for_products(method: str) -> None:
    found = combine_weights(method, DATA, DATA, 0.3)  # type: ignore[arg-type]

    expected = DATA**2 / (DATA**2).sum() if method == "multiplicative" else DATA
    np.testing.assert_allclose(found, expected)


def test_products_that_are_all_zero_are_refused() -> None:
    with pytest.raises(InputRefusedError, match="use linear or minimum_deviation"):
        combine_weights("multiplicative", np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.5)
