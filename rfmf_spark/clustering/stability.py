"""Stability: do the same segments come back when other users of the same kind are clustered?

Resamples have a fixed number of users, because with millions every clustering comes back; it is
variation from user to user that should not matter. Clusters of the full data are matched with the
most similar one of the refit (Hennig 2007); agreement is measured over all users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rfmf_spark.clustering.agreement import adjusted_rand_index, jaccard_by_cluster
from rfmf_spark.clustering.criteria import Floats, Integers, assign_to_centres
from rfmf_spark.clustering.lloyd import nearest_of_many
from rfmf_spark.clustering.refits import refit_many
from rfmf_spark.clustering.search import Solutions


@dataclass(frozen=True, eq=False)
class Stability:
    """Means over resamples, for one K.

    ``jaccard`` (k,) is by cluster of the published centres in lexicographic order; ``rand_index``
    compares refits with the published clustering, ``rand_index_halves`` the two halves of a
    resample with each other.
    """

    jaccard: Floats
    rand_index: float
    rand_index_halves: float


def measure_stability(
    points: Floats,
    users: Integers,
    solutions: Mapping[int, Solutions],
    resamples: int,
    resample_users: int,
    seed: int,
) -> dict[int, Stability]:
    """Stability of the best of ``solutions`` for each K from 2 below the number of points.

    Each of ``resamples`` draws ``resample_users`` users (at most as many as there are) with
    replacement from the cells, and splits them at random into halves.
    """
    possible = [k for k in sorted(solutions) if 1 < k < len(points)]
    if not (resamples and possible):
        return {}
    drawn, first, second = _draw(users, resamples, resample_users, seed)
    sets = np.concatenate([drawn, first, second])
    found = {}
    for k in possible:
        known = np.stack(solutions[k].centres)
        labels = nearest_of_many(points, refit_many(points, sets, known, seed)[0])
        published = assign_to_centres(points, solutions[k].best).labels
        found[k] = _summarise(published, labels.reshape(3, resamples, -1), users, k)
    return found


def _summarise(published: Integers, labels: Integers, users: Integers, k: int) -> Stability:
    """From ``labels`` (3, resamples, n) of whole resamples, first and second halves."""
    whole, first, second = labels
    halves = zip(first, second, strict=True)
    return Stability(
        jaccard=np.mean([jaccard_by_cluster(published, r, users, k) for r in whole], axis=0),
        rand_index=float(np.mean([adjusted_rand_index(published, r, users) for r in whole])),
        rand_index_halves=float(np.mean([adjusted_rand_index(a, b, users) for a, b in halves])),
    )


def _draw(
    users: Integers, resamples: int, resample_users: int, seed: int
) -> tuple[Integers, Integers, Integers]:
    """Counts (resamples, n) of the resamples, and of their first and second halves."""
    total = int(users.sum())
    size = max(2, min(resample_users, total))
    rng = np.random.default_rng(np.random.SeedSequence([seed, resamples]))
    drawn = rng.multinomial(size, users / total, resamples)
    first = np.stack([rng.multivariate_hypergeometric(row, size // 2) for row in drawn])
    return drawn, first, drawn - first
