"""Distances, cost, silhouette and Calinski-Harabasz of all users, computed from score cells.

A cell stands for its users: every result equals the one for rows repeated once per user, at a cost
that depends only on the number of cells. Shapes: ``points`` (n, d) float64, ``users`` (n,) counts
of at least 1, ``labels`` (n,) integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


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


def silhouette_of_users(points: Floats, users: Integers, labels: Integers) -> float | None:
    """Mean silhouette over all users, with squared Euclidean distances.

    The mean squared distance from a point to the users of a cluster is the squared distance to
    their mean plus their scatter per user; a user's own cluster leaves the user out. A user alone
    in a cluster has silhouette 0. ``None`` where it is undefined: one cluster, or every user a
    cluster of their own.
    """
    clusters = _summarise(points, users, labels)
    if not 1 < len(clusters.sizes) < users.sum():
        return None
    totals = clusters.sizes * _squared_distances(points, clusters.means) + clusters.scatter
    rows, own = np.arange(len(points)), clusters.index
    own_size = clusters.sizes[own]
    within = totals[rows, own] / np.maximum(own_size - 1, 1)
    between = totals / clusters.sizes
    between[rows, own] = np.inf
    nearest_other = between.min(axis=1)
    larger = np.maximum(within, nearest_other)
    has_value = (own_size > 1) & (larger > 0)
    values = np.zeros(len(points))
    np.divide(nearest_other - within, larger, out=values, where=has_value)
    return float(users @ values / users.sum())


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
