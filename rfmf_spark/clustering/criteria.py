"""Distances, cost and the usual criteria of a clustering for all users, computed from score cells.

A cell stands for its users: every result equals the one for rows repeated once per user, at a cost
that depends only on the number of cells. Shapes: ``points`` (n, d) float64, ``users`` (n,) counts
of at least 1, ``labels`` (n,) integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Distances between pairs of points that are held at once: 64 MB, however many points there are.
_MOST_DISTANCES = 2**23


@dataclass(frozen=True, eq=False)
class Assignment:
    """Nearest centre of each point (n,), its distance, and that of the second nearest.

    Distances are Euclidean; ``second_distance`` is NaN where there is only one centre.
    """

    labels: Integers
    own_distance: Floats
    second_distance: Floats


@dataclass(frozen=True, eq=False)
class _Clusters:
    """Per cluster: number of users (k,), mean of the users (k, d), squared scatter (k,)."""

    index: Integers
    sizes: Floats
    means: Floats
    scatter: Floats


def assign_to_centres(points: Floats, centres: Floats) -> Assignment:
    """Assign ``points`` (n, d) to the nearest of ``centres`` (k, d); ties to the lowest index."""
    distances = np.sqrt(_squared_distances(points, centres))
    labels = np.argmin(distances, axis=1).astype(np.int64)
    ordered = np.sort(distances, axis=1)
    only_one = len(centres) == 1
    second = np.full(len(points), np.nan) if only_one else ordered[:, 1]
    return Assignment(labels, ordered[:, 0], second)


def cluster_cost(points: Floats, users: Integers, centres: Floats, labels: Integers) -> float:
    """Sum over all users of the squared Euclidean distance to the centre of their cluster."""
    offsets = points - centres[labels]
    return float(users @ np.einsum("nd,nd->n", offsets, offsets))


def total_scatter(points: Floats, users: Integers) -> float:
    """Sum over all users of the squared distance to the mean of all: the cost for K = 1."""
    offsets = points - users @ points / users.sum()
    return float(users @ np.einsum("nd,nd->n", offsets, offsets))


def silhouette_of_users(points: Floats, users: Integers, labels: Integers) -> float | None:
    """Mean silhouette over all users, with squared Euclidean distances.

    The mean squared distance from a point to the users of a cluster is the squared distance to
    their mean plus their scatter per user; a user's own cluster leaves the user out. A user alone
    in a cluster has silhouette 0. ``None`` where it is undefined: one cluster, or every user a
    cluster of their own.
    """
    clusters = _summarise(points, users, labels)
    totals = clusters.sizes * _squared_distances(points, clusters.means) + clusters.scatter
    return _mean_silhouette(totals, users, clusters)


def euclidean_silhouette_of_users(
    points: Floats, users: Integers, labels: Integers
) -> float | None:
    """Mean silhouette over all users, with Euclidean distances (Rousseeuw 1987); else as above."""
    clusters = _summarise(points, users, labels)
    weights = np.zeros((len(points), len(clusters.sizes)))
    weights[np.arange(len(points)), clusters.index] = users
    size = max(1, _MOST_DISTANCES // len(points))
    blocks = [points[i : i + size] for i in range(0, len(points), size)]
    totals = np.concatenate([cdist(block, points) @ weights for block in blocks])
    return _mean_silhouette(totals, users, clusters)


def calinski_harabasz_of_users(points: Floats, users: Integers, labels: Integers) -> float | None:
    """Calinski-Harabasz index of all users: between over within variance, each per degree.

    ``None`` where it is undefined: one cluster, every user a cluster of their own, or no scatter
    within the clusters (it would be infinite).
    """
    clusters = _summarise(points, users, labels)
    k, total = len(clusters.sizes), int(users.sum())
    within = float(clusters.scatter.sum())
    if not 1 < k < total or within == 0:
        return None
    mean = users @ points / total
    between = float(clusters.sizes @ ((clusters.means - mean) ** 2).sum(axis=1))
    return between / (k - 1) / (within / (total - k))


def davies_bouldin_of_users(points: Floats, users: Integers, labels: Integers) -> float | None:
    """Davies-Bouldin index of all users: mean over clusters of the worst (s_i + s_j) / d_ij.

    s is the mean distance of a cluster's users to their mean, d the distance of two means; lower
    is better (Davies and Bouldin 1979). 0 where no cluster has scatter or all means coincide;
    ``None`` where it is undefined, as for the silhouette.
    """
    clusters = _summarise(points, users, labels)
    k = len(clusters.sizes)
    if not 1 < k < users.sum():
        return None
    own = np.linalg.norm(points - clusters.means[clusters.index], axis=1)
    within = np.bincount(clusters.index, users * own) / clusters.sizes
    between = cdist(clusters.means, clusters.means)
    if not clusters.scatter.any() or np.allclose(between, 0):
        return 0.0
    between[between == 0] = np.inf
    return float(((within[:, None] + within) / between).max(axis=1).mean())


def _mean_silhouette(totals: Floats, users: Integers, clusters: _Clusters) -> float | None:
    """From the summed distances (n, k) of a user of each cell to the users of each cluster."""
    if not 1 < len(clusters.sizes) < users.sum():
        return None
    rows, own = np.arange(len(users)), clusters.index
    own_size = clusters.sizes[own]
    # The user is no neighbour of their own: S / (W - 1), at distance 0, whatever the cell's users.
    within = totals[rows, own] / np.maximum(own_size - 1, 1)
    between = totals / clusters.sizes
    between[rows, own] = np.inf
    nearest_other = between.min(axis=1)
    larger = np.maximum(within, nearest_other)
    has_value = (own_size > 1) & (larger > 0)
    values = np.zeros(len(users))
    np.divide(nearest_other - within, larger, out=values, where=has_value)
    return float(users @ values / users.sum())


def _squared_distances(points: Floats, centres: Floats) -> Floats:
    # Differences first: the expanded square loses digits where points and centres nearly coincide.
    offsets = points[:, None, :] - centres[None, :, :]
    squares: Floats = np.einsum("nkd,nkd->nk", offsets, offsets)
    return squares


def _summarise(points: Floats, users: Integers, labels: Integers) -> _Clusters:
    found, index = np.unique(labels, return_inverse=True)
    member = (index[:, None] == np.arange(len(found))).astype(np.float64)
    weights = member * users[:, None]
    sizes = weights.sum(axis=0)
    means = weights.T @ points / sizes[:, None]
    offsets = points - means[index]
    # A cluster of equal points has no scatter, whatever the rounding of its mean.
    squares = np.einsum("nd,nd->n", offsets, offsets)
    squares[squares < _rounding_of(points)] = 0.0
    return _Clusters(index.astype(np.int64), sizes, means, weights.T @ squares)


def _rounding_of(points: Floats) -> float:
    magnitude = float(np.abs(points).max(initial=0.0))
    return (8 * np.finfo(np.float64).eps * magnitude) ** 2
