"""The gap statistic: how much cheaper the users cluster than users without any structure.

Tibshirani, Walther and Hastie 2001. A reference set has the same number of users, spread evenly
over all combinations of the scores that occur.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.clustering.refits import refit_many
from rfmf_spark.clustering.search import search_over_k

# Starts of the search on the even grid; each reference set adds its own.
_RESTARTS = 10


@dataclass(frozen=True, eq=False)
class ReferenceCosts:
    """Logarithm of the cost of reference sets for one K: mean, and its standard error s_K."""

    mean_log_cost: float
    error: float

    def gap(self, cost: float) -> float | None:
        """The gap of a clustering with this cost; ``None`` where nothing is left to explain."""
        return self.mean_log_cost - float(np.log(cost)) if cost > 0 else None


def reference_costs(
    points: Floats, users: int, k_values: Sequence[int], references: int, seed: int
) -> dict[int, ReferenceCosts]:
    """Costs of ``references`` sets of ``users`` users for each K that the grid has cells for.

    ``points`` (n, d) are the cells that occur; the grid is the product of their coordinates.
    The standard error is √(1 + 1/references) standard deviations of the logarithms.
    """
    grid = _product_of(points)
    possible = [k for k in k_values if 1 < k < len(grid)]
    if not (references and possible):
        return {}
    even = np.ones(len(grid), dtype=np.int64)
    known = search_over_k(grid, even, dict.fromkeys(possible, ()), _RESTARTS, seed, 100)
    rng = np.random.default_rng(np.random.SeedSequence([seed, len(grid)]))
    counts = rng.multinomial(users, np.full(len(grid), 1 / len(grid)), references)
    found = {}
    for k in possible:
        costs = refit_many(grid, counts, np.stack(known[k].centres), seed)[1]
        if costs.min() > 0:
            logs = np.log(costs)
            error = float(logs.std() * np.sqrt(1 + 1 / references))
            found[k] = ReferenceCosts(float(logs.mean()), error)
    return found


def _product_of(points: Floats) -> Floats:
    axes = [np.unique(column) for column in points.T]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
