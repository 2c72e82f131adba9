"""Weights and consistency of a judgment matrix: the principal eigenvector method.

Reading matrices is in ``judgments.py``; refusing an inconsistent one, and how to mend it, in
``repair.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.errors import ConfigurationError

RandomIndex = Literal["classic", "saaty2005"]

# Mean consistency index of random matrices for n = 3, 4, … 10.
_RANDOM_INDICES: dict[RandomIndex, tuple[float, ...]] = {
    "classic": (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
    "saaty2005": (0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49),
}
MAX_CRITERIA = 10


@dataclass(frozen=True, eq=False)
class Priorities:
    """What follows from a judgment matrix; ``weights`` is (n,), positive, and sums to 1."""

    weights: NDArray[np.float64]
    lambda_max: float
    consistency_index: float
    consistency_ratio: float
    random_index: RandomIndex


def solve_priorities(
    values: NDArray[np.float64], random_index: RandomIndex = "classic"
) -> Priorities:
    """Weights and consistency ratio of the judgments ``values`` (n, n).

    The weights are the principal right eigenvector; the consistency index is (λmax - n)/(n - 1) and
    the ratio divides it by the random index of n (Huang 2019, after Saaty). One or two criteria are
    always consistent. Raises ``ConfigurationError`` for a matrix that is not square and positive,
    or has more than 10 criteria.
    """
    _check_matrix(values)
    n = len(values)
    eigenvalues, eigenvectors = np.linalg.eig(values)
    principal = int(np.argmax(eigenvalues.real))
    # A positive matrix has one eigenvector without sign changes; solvers return either sign of it.
    weights = np.abs(eigenvectors[:, principal].real)
    lambda_max = float(eigenvalues[principal].real)
    index = (lambda_max - n) / (n - 1) if n > 1 else 0.0
    ratio = index / _RANDOM_INDICES[random_index][n - 3] if n > 2 else 0.0
    return Priorities(weights / weights.sum(), lambda_max, index, ratio, random_index)


def _check_matrix(values: NDArray[np.float64]) -> None:
    if values.ndim != 2 or values.shape[0] != values.shape[1] or values.size == 0:
        raise ConfigurationError(
            f"weights.judgments: a matrix of shape {values.shape}; it must be square"
        )
    if len(values) > MAX_CRITERIA:
        raise ConfigurationError(
            f"weights.judgments: {len(values)} criteria; random indices are known for at most "
            f"{MAX_CRITERIA}, so group the criteria"
        )
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise ConfigurationError(
            "weights.judgments: a judgment that is not a positive number; correct the matrix"
        )
