"""Judgments that nobody made: the values that contradict the others least.

The eigenvalue method of Bozóki, Fülöp and Rónyai (2010, Mathematical and Computer Modelling 52):
of all completions the one with the least λmax. λmax is a convex function of the logarithms of the
missing judgments, and the minimum is unique where the judgments made connect all criteria.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse.csgraph import connected_components

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.judgments import JudgmentMatrix

_GRADIENT_TOLERANCE = 1e-10


def complete_judgments(judgments: JudgmentMatrix) -> JudgmentMatrix:
    """The matrix with all judgments; a complete one comes back as it is.

    Raises ``ConfigurationError`` where some criteria are compared with none of the others.
    """
    if not np.isnan(judgments.values).any():
        return judgments
    _check_connected(judgments)
    values = complete_matrix(judgments.values)
    values.setflags(write=False)
    return dataclasses.replace(judgments, values=values)


def complete_matrix(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The completion of ``values`` (n, n), NaN where missing, that has the least λmax.

    Missing judgments come in mirrored pairs; the others connect all criteria.
    """
    missing = np.argwhere(np.triu(np.isnan(values)))
    rows, columns = missing[:, 0], missing[:, 1]

    def completed(logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
        whole = np.array(values)
        whole[rows, columns], whole[columns, rows] = np.exp(logarithms), np.exp(-logarithms)
        return whole

    def largest_eigenvalue(
        logarithms: NDArray[np.float64],
    ) -> tuple[float, NDArray[np.float64]]:
        whole = completed(logarithms)
        eigenvalue, right = _principal(whole)
        _, left = _principal(whole.T)
        # dλ = leftᵀ dA right / leftᵀ right, for the judgment and for its mirrored entry.
        slopes = np.outer(left, right) * whole / (left @ right)
        return eigenvalue, slopes[rows, columns] - slopes[columns, rows]

    start = _implied_by_means(values)[rows, columns]
    found = minimize(
        largest_eigenvalue, start, jac=True, method="BFGS", options={"gtol": _GRADIENT_TOLERANCE}
    )
    return completed(found.x)


def _principal(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    eigenvalues, eigenvectors = np.linalg.eig(values)
    principal = int(np.argmax(eigenvalues.real))
    return float(eigenvalues[principal].real), np.abs(eigenvectors[:, principal].real)


def _implied_by_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of ratios of the weights that fit the judgments made best in least squares."""
    logarithms = np.log(values)
    judged = ~np.isnan(logarithms)
    laplacian = np.diag(judged.sum(axis=1)) - judged
    weights = np.linalg.lstsq(laplacian, np.nansum(logarithms, axis=1), rcond=None)[0]
    ratios: NDArray[np.float64] = weights[:, None] - weights[None, :]
    return ratios


def _check_connected(judgments: JudgmentMatrix) -> None:
    groups, labels = connected_components(~np.isnan(judgments.values), directed=False)
    if groups > 1:
        first, others = [
            [name for name, own in zip(judgments.criteria, chosen, strict=True) if own]
            for chosen in (labels == 0, labels != 0)
        ]
        raise ConfigurationError(
            f"{judgments.name} by {judgments.expert}: no judgment compares {', '.join(first)} with "
            f"{' or '.join(others)}; add at least one"
        )
