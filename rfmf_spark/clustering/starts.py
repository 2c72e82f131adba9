"""Where a search for the cheapest clustering starts: k-means++, splits of K - 1, merges of K + 1.

One fit of K-means is one local optimum; alone it can cost a fifth more than the best known, or even
more than a fit for one cluster fewer. What becomes of the starts is in ``search.py``.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from sklearn.cluster import kmeans_plusplus

from rfmf_spark.clustering.criteria import Floats, Integers, assign_to_centres

# Splits, or merges, that one solution gives: the most promising ones.
_MOST_OF_A_KIND = 12


def plus_plus_starts(points: Floats, users: Integers, k: int, number: int, seed: int) -> Floats:
    """``number`` starts (s, k, d) of weighted greedy k-means++ (Arthur and Vassilvitskii 2007)."""
    shares = users / users.sum()
    seeds = np.random.SeedSequence([seed, k]).generate_state(number).tolist()
    return np.stack(
        [kmeans_plusplus(points, k, sample_weight=shares, random_state=s)[0] for s in seeds]
    )


def split_starts(points: Floats, users: Integers, centres: Floats) -> Floats:
    """Starts (s, k + 1, d): each cluster of ``centres`` (k, d) gets a second centre.

    It lies where the cluster costs most. The costliest cluster comes first; a cluster of equal
    points has nothing to split. A split never costs more than what it came from.
    """
    nearest = assign_to_centres(points, centres)
    cost = users * nearest.own_distance**2
    per_cluster = np.bincount(nearest.labels, weights=cost, minlength=len(centres))
    by_cost = np.argsort(-per_cluster, kind="stable")
    starts = [
        np.vstack([centres, points[np.argmax(np.where(nearest.labels == label, cost, -1.0))]])
        for label in by_cost[:_MOST_OF_A_KIND]
        if per_cluster[label] > 0
    ]
    return np.array(starts).reshape(-1, len(centres) + 1, points.shape[1])


def merge_starts(points: Floats, users: Integers, centres: Floats) -> Floats:
    """Starts (s, k - 1, d): pairs of clusters of ``centres`` (k, d) share the pair's mean.

    The pairs that cost least to merge come first (Ward 1963).
    """
    labels = assign_to_centres(points, centres).labels
    sizes = np.bincount(labels, weights=users, minlength=len(centres))
    pairs = np.array(list(combinations(range(len(centres)), 2)))
    one, other = sizes[pairs].T
    lost = one * other / np.maximum(one + other, 1)
    lost *= ((centres[pairs[:, 0]] - centres[pairs[:, 1]]) ** 2).sum(axis=1)
    starts = []
    for pair in pairs[np.argsort(lost, kind="stable")[:_MOST_OF_A_KIND]]:
        both = sizes[pair]
        merged = np.average(centres[pair], axis=0, weights=both if both.sum() else None)
        starts.append(np.vstack([np.delete(centres, pair, axis=0), merged]))
    return np.array(starts)
