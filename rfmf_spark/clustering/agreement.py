"""How far two clusterings of the same users agree, from cells with counts.

Shapes: two ``labels`` (n,) from 0, ``users`` (n,).
"""

from __future__ import annotations

import numpy as np

from rfmf_spark.clustering.criteria import Floats, Integers


def jaccard_by_cluster(labels: Integers, others: Integers, users: Integers, k: int) -> Floats:
    """Jaccard index (k,) of each cluster of ``labels`` with the most similar one of ``others``."""
    shared = _contingency(labels, others, users, k)
    union = shared.sum(axis=1)[:, None] + shared.sum(axis=0) - shared
    indices: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    best: Floats = indices.max(axis=1)
    return best


def adjusted_rand_index(labels: Integers, others: Integers, users: Integers) -> float:
    """Adjusted Rand index over all pairs of users (Hubert and Arabie 1985); 1 is agreement."""
    shared = _contingency(labels, others, users, int(max(labels.max(), others.max())) + 1)
    together = _pairs(shared)
    one, other = _pairs(shared.sum(axis=1)), _pairs(shared.sum(axis=0))
    every = _pairs(shared.sum())
    expected = one * other / every if every else 0.0
    most = (one + other) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def _contingency(labels: Integers, others: Integers, users: Integers, k: int) -> Floats:
    table = np.bincount(labels * k + others, users, k * k).astype(np.float64)
    return table.reshape(k, k)


def _pairs(counts: Floats) -> float:
    return float((counts * (counts - 1)).sum() / 2)
