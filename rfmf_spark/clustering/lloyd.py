"""Lloyd's iterations on weighted points, for one solution or for many at once.

Many solutions share the points and differ in their centres, and where needed in the users of each
point (resamples, reference sets); they are iterated together as arrays. Everything here is small:
at most bins³ points on the driver. Shapes: ``points`` (n, d), ``centres`` (s, k, d).
"""

from __future__ import annotations

import numpy as np

from rfmf_spark.clustering.criteria import (
    Floats,
    Integers,
    assign_to_centres,
    cluster_cost,
)

# Costs that agree in so many digits are equal: the rest is the rounding of sums.
_COST_DIGITS = 11

# Solutions are iterated in batches whose arrays stay in the processor's cache.
_CACHED_LABELS = 32_768
# Labels of solutions that are held at once, with what is computed for each: some 100 bytes.
MOST_LABELS = 2**22


def refine(points: Floats, users: Integers, centres: Floats, max_iterations: int) -> Floats:
    """Centres (k, d) after Lloyd iterations on weighted points, until no label changes.

    A centre that loses all its users stays where it is. The cost never rises.
    """
    labels = assign_to_centres(points, centres).labels
    weighted = _weighted(points, users[None, :])
    for _ in range(max_iterations):
        centres = _means(weighted, labels[None, :], centres[None, :, :])[0]
        moved = assign_to_centres(points, centres).labels
        if np.array_equal(moved, labels):
            break
        labels = moved
    return centres


def refine_many(points: Floats, users: Floats, centres: Floats, max_iterations: int) -> Floats:
    """Centres (s, k, d) after Lloyd iterations of every solution on its own users (s, n).

    ``users`` may have one row for all solutions. A solution rests when no label of it changes.
    """
    users = np.broadcast_to(users, (len(centres), len(points)))
    size = max(1, _CACHED_LABELS // len(points))
    return np.concatenate(
        [
            _refine_batch(points, users[i : i + size], centres[i : i + size], max_iterations)
            for i in range(0, len(centres), size)
        ]
    )


def _refine_batch(points: Floats, users: Floats, centres: Floats, max_iterations: int) -> Floats:
    found, active = centres.copy(), np.arange(len(centres))
    weighted = _weighted(points, users)
    labels = nearest_of_many(points, centres)
    for _ in range(max_iterations):
        found[active] = _means(weighted, labels, found[active])
        moved = nearest_of_many(points, found[active])
        changed = (moved != labels).any(axis=1)
        if not changed.all():
            active, weighted, moved = active[changed], weighted[:, changed], moved[changed]
        labels = moved
        if not active.size:
            break
    return found


def nearest_of_many(points: Floats, centres: Floats) -> Integers:
    """Label (s, n) of the nearest centre of each point in every solution; ties to the lowest."""
    labels = np.zeros((len(centres), len(points)), dtype=np.int64)
    nearest = np.full(labels.shape, np.inf)
    squares = (centres**2).sum(axis=2)
    for label in range(centres.shape[1]):
        # ‖x − c‖² without ‖x‖², which is the same for all centres of a point.
        distance = (-2 * centres[:, label, :]) @ points.T
        distance += squares[:, label, None]
        np.copyto(labels, label, where=distance < nearest)
        np.minimum(nearest, distance, out=nearest)
    return labels


def costs_of_many(points: Floats, users: Floats, centres: Floats) -> Floats:
    """Cost (s,) of every solution on its own users (s, n), or on one row of users for all."""
    users = np.broadcast_to(users, (len(centres), len(points)))
    size = max(1, MOST_LABELS // len(points))
    return np.concatenate(
        [
            _costs_of_batch(points, users[i : i + size], centres[i : i + size])
            for i in range(0, len(centres), size)
        ]
    )


def _costs_of_batch(points: Floats, users: Floats, centres: Floats) -> Floats:
    labels = nearest_of_many(points, centres)
    own = np.take_along_axis(centres, labels[:, :, None], axis=1)
    squares = ((points[None, :, :] - own) ** 2).sum(axis=2)
    costs: Floats = (squares * users).sum(axis=1)
    return costs


def cost_of(points: Floats, users: Integers, centres: Floats) -> float:
    """Cost of centres (k, d): every user's squared distance to the nearest of them."""
    return cluster_cost(points, users, centres, assign_to_centres(points, centres).labels)


def comparable_cost(cost: float) -> float:
    """A cost without the digits that only rounding decides."""
    return float(f"{cost:.{_COST_DIGITS}g}")


def _weighted(points: Floats, users: Floats | Integers) -> Floats:
    """Users, and users times each coordinate: (1 + d, s, n)."""
    weights = np.asarray(users, dtype=np.float64)
    return np.stack([weights, *(weights * column for column in points.T)])


def _means(weighted: Floats, labels: Integers, centres: Floats) -> Floats:
    """Means (s, k, d) of the users by label (s, n); an empty cluster keeps its centre."""
    solutions, k, dimensions = centres.shape
    index = (labels + k * np.arange(solutions)[:, None]).ravel()
    sizes, *sums = (np.bincount(index, part.ravel(), solutions * k) for part in weighted)
    means = centres.reshape(-1, dimensions).copy()
    filled = sizes > 0
    means[filled] = np.stack(sums, axis=1)[filled] / sizes[filled, None]
    return means.reshape(centres.shape)
