"""Moving single cells between clusters: it leaves local optima in which Lloyd's iterations rest.

Lloyd compares a cell's distances to the means as they are; Hartigan and Wong (1979) take into
account that both means move with the cell. So a cell may move to a mean that is farther away.
"""

from __future__ import annotations

import numpy as np

from rfmf_spark.clustering.criteria import Floats, Integers, assign_to_centres
from rfmf_spark.clustering.lloyd import refine

# Savings below this share of the cost are rounding.
_NO_SAVING = 1e-10


def exchange_cells(
    points: Floats, users: Integers, centres: Floats, max_iterations: int, most_moves: int
) -> Floats:
    """Centres (k, d) after at most ``most_moves`` of the best single moves, each with Lloyd's.

    The cost never rises.
    """
    for _ in range(most_moves):
        labels = assign_to_centres(points, centres).labels
        move = _best_move(points, users, labels, len(centres))
        if move is None:
            break
        cell, cluster = move
        labels[cell] = cluster
        means = [
            np.average(points[labels == c], axis=0, weights=users[labels == c])
            for c in range(len(centres))
        ]
        centres = refine(points, users, np.stack(means), max_iterations)
    return centres


def _best_move(points: Floats, users: Integers, labels: Integers, k: int) -> tuple[int, int] | None:
    """The cell and its new cluster that save most; a cluster's only cell stays."""
    rows = np.arange(len(points))
    member = np.zeros((len(points), k))
    member[rows, labels] = users
    sizes = member.sum(axis=0)
    if not sizes.all():
        return None
    offsets = points[:, None, :] - (member.T @ points) / sizes[:, None]
    squares = np.einsum("nkd,nkd->nk", offsets, offsets) * users[:, None]
    cost = float(squares[rows, labels].sum())
    # Moving w users out of W saves w W / (W - w) d²; moving them in costs w W / (W + w) d².
    left = sizes[labels] - users
    saved = np.divide(
        squares[rows, labels] * sizes[labels], left, out=np.zeros(len(points)), where=left > 0
    )
    change = squares * sizes / (sizes + users[:, None]) - saved[:, None]
    change[rows, labels] = 0.0
    change[left <= 0] = 0.0
    cell, cluster = divmod(int(change.argmin()), k)
    return (cell, cluster) if change[cell, cluster] < -_NO_SAVING * cost else None
