"""Where a search for the cheapest clustering starts: k-means++, splits of K - 1, merges of K + 1.

One fit of K-means is one local optimum; alone it can cost a fifth more than the best known, or even
more than a fit for one cluster fewer. What becomes of the starts is in ``search.py``.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from sklearn.cluster import kmeans_plusplus

from rfmf_spark.clustering.criteria import Floats, Integers, assign_to_centres


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
        for label in by_cost
        if per_cluster[label] > 0
    ]
    return np.array(starts).reshape(-1, len(centres) + 1, points.shape[1])


def merge_starts(points: Floats, users: Integers, centres: Floats) -> Floats:
    """Starts (s, k - 1, d): each pair of clusters of ``centres`` (k, d) shares the pair's mean."""
    labels = assign_to_centres(points, centres).labels
    sizes = np.bincount(labels, weights=users, minlength=len(centres))
    starts = []
    for one, other in combinations(range(len(centres)), 2):
        both = sizes[[one, other]]
        merged = np.average(centres[[one, other]], axis=0, weights=both if both.sum() else None)
        starts.append(np.vstack([np.delete(centres, [one, other], axis=0), merged]))
    return np.array(starts)
