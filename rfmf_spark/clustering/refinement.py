"""Mending a fit: exact weighted Lloyd iterations on the cells, and starts from one K below.

One fit of K-means is one local optimum; alone it can cost more than the fit for one cluster fewer.
Splitting the costliest cluster of the solution below gives a start that cannot. Everything here is
small: at most bins³ points on the driver.
"""

from __future__ import annotations

import numpy as np

from rfmf_spark.clustering.criteria import Floats, Integers, assign_to_centres, cluster_cost


def refine(points: Floats, users: Integers, centres: Floats, max_iterations: int) -> Floats:
    """Centres (k, d) after Lloyd iterations on weighted points, until no label changes.

    A centre that loses all its users stays where it is. The cost never rises.
    """
    labels = assign_to_centres(points, centres).labels
    for _ in range(max_iterations):
        centres = _means(points, users, labels, centres)
        moved = assign_to_centres(points, centres).labels
        if np.array_equal(moved, labels):
            break
        labels = moved
    return centres


def split_costliest(points: Floats, users: Integers, centres: Floats) -> Floats:
    """One more centre: at the point that costs most, within the cluster that costs most."""
    nearest = assign_to_centres(points, centres)
    cost = users * nearest.own_distance**2
    per_cluster = np.bincount(nearest.labels, weights=cost, minlength=len(centres))
    inside = np.where(nearest.labels == np.argmax(per_cluster), cost, -1.0)
    return np.vstack([centres, points[np.argmax(inside)]])


def best_of(points: Floats, users: Integers, solutions: list[Floats]) -> Floats:
    """The solution with the lowest cost; of equal ones the first."""
    return min(solutions, key=lambda centres: _cost(points, users, centres))


def _cost(points: Floats, users: Integers, centres: Floats) -> float:
    return cluster_cost(points, users, centres, assign_to_centres(points, centres).labels)


def _means(points: Floats, users: Integers, labels: Integers, centres: Floats) -> Floats:
    weights = np.bincount(labels, weights=users, minlength=len(centres))
    sums = np.stack(
        [
            np.bincount(labels, weights=users * column, minlength=len(centres))
            for column in points.T
        ],
        axis=1,
    )
    filled = weights > 0
    means = centres.copy()
    means[filled] = sums[filled] / weights[filled, None]
    return means
