"""Weights that follow from the users themselves: how much each criterion tells them apart.

Every row stands for ``users`` (n,) equal users, such as a score cell: results are those of rows
repeated once per user. ``values`` are (n, m): rows by criteria, more is better.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.config.sections.weights import ObjectiveMethod
from rfmf_spark.errors import InputRefusedError

Floats = NDArray[np.float64]

# Shares of the information in one criterion below this are rounding.
_NEGLIGIBLE = 1e-12


def find_objective_weights(method: ObjectiveMethod, values: Floats, users: Floats) -> Floats:
    """Weights (m,) with sum 1; a criterion that is the same for all users gets 0.

    Raises ``InputRefusedError`` where that holds for all criteria, or none conflicts with another.
    """
    information = _METHODS[method](
        np.asarray(values, dtype=np.float64), np.asarray(users, dtype=np.float64)
    )
    total = float(information.sum())
    if not total > _NEGLIGIBLE:
        raise InputRefusedError(
            f"weights by {method}: the scores of all {int(np.sum(users)):,} users are the same, or "
            f"rise and fall together, and tell nothing about weights; use weights.method ahp or "
            f"group"
        )
    weights: Floats = information / total
    return weights


def measure_entropy(values: Floats, users: Floats) -> Floats:
    """1 - entropy of the shares of each criterion's sum, over ln(number of users) (Xu 2004).

    ``values`` are not negative. All 0 for a single user.
    """
    count = users.sum()
    shares = values / (users @ values)
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy = -(users @ (shares * logarithms))
    divergence: Floats = 1 - entropy / np.log(count) if count > 1 else np.zeros(values.shape[1])
    return np.where(divergence > _NEGLIGIBLE, divergence, 0.0)


def measure_critic(values: Floats, users: Floats) -> Floats:
    """Standard deviation times conflict, Σ (1 - correlation), after scaling each criterion to 0…1.

    Criteria importance through intercriteria correlation (Diakoulaki et al. 1995). A criterion
    without scatter is left out.
    """
    reach = np.ptp(values, axis=0)
    scaled = (values - values.min(axis=0)) / np.where(reach > 0, reach, 1.0)
    correlations = _correlate(scaled, users)
    varied = reach > 0
    conflict = ((1 - correlations) * varied).sum(axis=1)
    information: Floats = _deviations(scaled, users) * conflict
    # A criterion that alone varies conflicts with none, and yet is all there is to know.
    return varied.astype(np.float64) if varied.sum() == 1 else information


def measure_deviation(values: Floats, users: Floats) -> Floats:
    """Standard deviation of each criterion, as it is measured (Diakoulaki et al. 1995)."""
    return _deviations(values, users)


def measure_principal_component(values: Floats, users: Floats) -> Floats:
    """Squared loadings on the first principal component of the correlations (Nardo et al. 2008).

    They are the shares of that component's variance, and add up to 1.
    """
    varied = _deviations(values, users) > 0
    squared = np.zeros(len(varied))
    if varied.any():
        _, vectors = np.linalg.eigh(_correlate(values[:, varied], users))
        squared[varied] = vectors[:, -1] ** 2
    return squared


_METHODS: dict[ObjectiveMethod, Callable[[Floats, Floats], Floats]] = {
    "entropy": measure_entropy,
    "critic": measure_critic,
    "standard_deviation": measure_deviation,
    "principal_component": measure_principal_component,
}
OBJECTIVE_METHODS = tuple(_METHODS)


def _deviations(values: Floats, users: Floats) -> Floats:
    offsets = values - np.average(values, axis=0, weights=users)
    # The mean of equal values may be off in its last digit.
    offsets[:, np.ptp(values, axis=0) == 0] = 0.0
    deviations: Floats = np.sqrt(np.average(offsets**2, axis=0, weights=users))
    return deviations


def _correlate(values: Floats, users: Floats) -> Floats:
    """Correlations (m, m); 0 with a criterion without scatter."""
    offsets = values - np.average(values, axis=0, weights=users)
    covariances = offsets.T @ (offsets * users[:, None]) / users.sum()
    deviations = _deviations(values, users)
    scales = np.where(deviations > 0, deviations, 1.0)
    correlations: Floats = covariances / np.outer(scales, scales)
    correlations[:, deviations == 0] = 0.0
    correlations[deviations == 0, :] = 0.0
    np.fill_diagonal(correlations, 1.0)
    return correlations
