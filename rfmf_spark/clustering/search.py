"""The cheapest clusterings that can be found for every K: starts, Lloyd, and what is kept.

For each K the search keeps a few different local optima, the cheapest first. The cheapest is what a
run publishes; the others are starts for resamples and reference sets, which must be free to
prefer another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rfmf_spark.clustering.criteria import Floats, Integers
from rfmf_spark.clustering.exchange import exchange_cells
from rfmf_spark.clustering.lloyd import (
    comparable_cost,
    cost_of,
    costs_of_many,
    refine,
    refine_many,
)
from rfmf_spark.clustering.starts import merge_starts, plus_plus_starts, split_starts

# Local optima that are kept for each K.
_KEPT = 5
# Local optima out of a batch of starts in which single cells are moved, and the moves of each.
_POLISHED = 10
_MOST_MOVES = 50


@dataclass(frozen=True, eq=False)
class Solutions:
    """Different local optima for one K, each (k, d), the cheapest first."""

    centres: tuple[Floats, ...]
    costs: tuple[float, ...]

    @property
    def best(self) -> Floats:
        """Centres (k, d) of the cheapest."""
        return self.centres[0]


def search_over_k(
    points: Floats,
    users: Integers,
    proposals: Mapping[int, Sequence[Floats]],
    restarts: int,
    seed: int,
    max_iterations: int,
) -> dict[int, Solutions]:
    """The cheapest clusterings of distinct weighted points for each K of ``proposals``.

    ``proposals`` are centres (k, d) from elsewhere that compete with ``restarts`` starts of
    k-means++, with the splits of the solution below and the merges of the solution above. Where
    K follow each other the cost does not rise. As many clusters as points are the points.
    """
    found: dict[int, Solutions] = {}
    ks = sorted(proposals)
    for k in ks:
        starts = [start[None] for start in proposals[k] if len(start) == k]
        if k == len(points):
            found[k] = Solutions((points.copy(),), (0.0,))
            continue
        starts.append(plus_plus_starts(points, users, k, restarts, seed))
        found[k] = _keep_best(points, users, np.concatenate(starts), None, max_iterations)
        _improve(found, k, k - 1, points, users, max_iterations)
    for k in reversed(ks[:-1]):
        _improve(found, k, k + 1, points, users, max_iterations)
    for k in ks:
        _improve(found, k, k - 1, points, users, max_iterations)
    return found


def _improve(
    found: dict[int, Solutions],
    k: int,
    neighbour: int,
    points: Floats,
    users: Integers,
    max_iterations: int,
) -> None:
    """Let the solutions kept for a neighbouring K give starts for K."""
    if neighbour not in found or k == len(points):
        return
    build = split_starts if neighbour < k else merge_starts
    starts = np.concatenate([build(points, users, c) for c in found[neighbour].centres])
    if len(starts):
        found[k] = _keep_best(points, users, starts, found[k], max_iterations)


def _keep_best(
    points: Floats,
    users: Integers,
    starts: Floats,
    known: Solutions | None,
    max_iterations: int,
) -> Solutions:
    """The cheapest of the refined ``starts`` (s, k, d) and of what is known, without repeats."""
    weights = users[None, :].astype(np.float64)
    solutions = refine_many(points, weights, starts, max_iterations)
    costs = costs_of_many(points, weights, solutions)
    ordered = [_in_order(solutions[i]) for i in np.argsort(costs, kind="stable")]
    pool = {} if known is None else {_identity(c): c for c in known.centres}
    for centres in _different(ordered)[:_POLISHED]:
        exact = refine(points, users, centres, max_iterations)
        exact = _in_order(exchange_cells(points, users, exact, max_iterations, _MOST_MOVES))
        pool.setdefault(_identity(exact), exact)
    # Equal costs (mirrored solutions) are ordered by their centres, never by rounding.
    ranked = sorted(
        ((comparable_cost(cost_of(points, users, c)), key, c) for key, c in pool.items()),
        key=lambda entry: entry[:2],
    )[:_KEPT]
    return Solutions(tuple(c for *_, c in ranked), tuple(cost for cost, *_ in ranked))


def _different(solutions: list[Floats]) -> list[Floats]:
    return list({_identity(centres): centres for centres in solutions}.values())


def _in_order(centres: Floats) -> Floats:
    return centres[np.lexsort(centres.T[::-1])]


def _identity(centres: Floats) -> tuple[float, ...]:
    return tuple(np.round(centres, 9).ravel().tolist())
