"""Quick fits of many sets of users on the same points: resamples and reference sets.

Each set starts from the local optima that the search kept, and from k-means++ on its own users, so
that it is free to prefer another clustering than the published one.
"""

from __future__ import annotations

import numpy as np
from sklearn.cluster import kmeans_plusplus

from rfmf_spark.clustering.criteria import Floats, Integers
from rfmf_spark.clustering.lloyd import MOST_LABELS, costs_of_many, refine_many

# Starts of k-means++ of each set, beside the known local optima.
_FRESH_STARTS = 2
# Where Lloyd has not settled by then, cells on the border of two clusters still change hands.
_MOST_ITERATIONS = 50


def refit_many(points: Floats, users: Integers, known: Floats, seed: int) -> tuple[Floats, Floats]:
    """The cheapest clustering of each set of users: centres (s, k, d) and costs (s,).

    ``users`` (s, n) are counts of each set on ``points`` (n, d), which may be 0; ``known`` (m, k,
    d) are local optima to start from.
    """
    sets, starts = len(users), [np.broadcast_to(known, (len(users), *known.shape))]
    k = known.shape[1]
    seeds = np.random.SeedSequence([seed, k]).generate_state(sets * _FRESH_STARTS).tolist()
    fresh = [
        kmeans_plusplus(points, k, sample_weight=users[i // _FRESH_STARTS], random_state=s)[0]
        for i, s in enumerate(seeds)
    ]
    starts.append(np.array(fresh).reshape(sets, _FRESH_STARTS, k, -1))
    every = np.concatenate(starts, axis=1)
    size = max(1, MOST_LABELS // (len(points) * every.shape[1]))
    batches = [slice(i, i + size) for i in range(0, sets, size)]
    found = [_cheapest_of_each(points, users[batch], every[batch]) for batch in batches]
    centres, costs = zip(*found, strict=True)
    return np.concatenate(centres), np.concatenate(costs)


def _cheapest_of_each(points: Floats, users: Integers, starts: Floats) -> tuple[Floats, Floats]:
    """Centres (s, k, d) and costs (s,) of each set of users (s, n) from its starts (s, m, k, d)."""
    sets, number, k, dimensions = starts.shape
    of_set = np.repeat(users.astype(np.float64), number, axis=0)
    found = refine_many(points, of_set, starts.reshape(-1, k, dimensions), _MOST_ITERATIONS)
    costs = costs_of_many(points, of_set, found).reshape(sets, number)
    best = costs.argmin(axis=1)
    return found.reshape(starts.shape)[np.arange(sets), best], costs.min(axis=1)
