"""Weights of a judgment matrix by any method; the principal eigenvector is in ``ahp.py``."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rfmf_spark.config.sections.weights import PriorityMethod
from rfmf_spark.weights.ahp import Priorities, RandomIndex, solve_priorities


def find_priorities(
    values: NDArray[np.float64],
    method: PriorityMethod = "eigenvector",
    random_index: RandomIndex = "classic",
) -> Priorities:
    """Weights of the judgments ``values`` (n, n) by ``method``; consistency is always that of λmax.

    ``geometric_mean``: of each row, which is least squares of logarithms (Crawford and Williams
    1985). ``least_squares``: least Σ (a_ij - w_i / w_j)², Chu, Kalaba and Spingarn 1979. Raises
    ``ConfigurationError`` as ``solve_priorities``.
    """
    solved = solve_priorities(values, random_index)
    if method == "eigenvector":
        return solved
    if method == "geometric_mean":
        return dataclasses.replace(solved, weights=_geometric_means(values))
    return dataclasses.replace(solved, weights=_least_squares(values, solved.weights))


def _geometric_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    means = np.exp(np.log(values).mean(axis=1))
    weights: NDArray[np.float64] = means / means.sum()
    return weights


def _least_squares(
    values: NDArray[np.float64], eigenvector: NDArray[np.float64]
) -> NDArray[np.float64]:
    if len(values) == 1:
        return np.ones(1)

    def error(logarithms: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = np.exp(np.append(logarithms, 0.0))
        ratios = weights[:, None] / weights[None, :]
        slopes = 2 * (ratios - values) * ratios
        return float(((ratios - values) ** 2).sum()), (slopes.sum(1) - slopes.sum(0))[:-1]

    # There may be several minima, so every column, as the weights that it implies, is a start too.
    starts = [_geometric_means(values), eigenvector, *values.T]
    found = [
        minimize(error, np.log(start / start[-1])[:-1], jac=True, method="BFGS") for start in starts
    ]
    best = min(found, key=lambda one: one.fun)
    ratios = np.exp(np.append(best.x, 0.0))
    weights: NDArray[np.float64] = ratios / ratios.sum()
    return weights
