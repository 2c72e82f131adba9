"""One clustering of the score cells as a candidate for the choice of K, with its criteria.

How candidates are fitted is in ``sweep.py``; how one is picked, in ``choice.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rfmf_spark.clustering.criteria import (
    Assignment,
    Floats,
    Integers,
    assign_to_centres,
    calinski_harabasz_of_users,
    cluster_cost,
    davies_bouldin_of_users,
    euclidean_silhouette_of_users,
    silhouette_of_users,
    total_scatter,
)
from rfmf_spark.clustering.separation import shallowest_valley
from rfmf_spark.clustering.stability import Stability
from rfmf_spark.scoring import scores

SCORE_COLUMNS = list(scores.SCORE_COLUMNS)

Scale = tuple[float, float, float]
UNSCALED: Scale = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class KCandidate:
    """A clustering into ``k`` clusters; ``centres`` (k_found, 3) are in score units.

    Centres are in lexicographic order (r, f, m), and each has users: k_found may be below ``k``.
    ``cost`` and the criteria are over all users, in scaled coordinates where a scale is in use;
    ``None`` where one is undefined or was not computed. ``silhouette`` is that of squared
    distances, ``users`` (k_found,) are those of each cluster, ``cost_mllib`` is what MLlib's own
    centres cost, ``valley`` is defined in ``separation.py``.
    """

    k: int
    centres: Floats
    cost: float
    silhouette: float | None
    calinski_harabasz: float | None
    davies_bouldin: float | None = None
    silhouette_euclidean: float | None = None
    explained_share: float | None = None
    users: Integers | None = None
    valley: float | None = None
    gap: float | None = None
    gap_error: float | None = None
    cost_mllib: float | None = None
    stability: Stability | None = None

    @property
    def k_found(self) -> int:
        """Number of clusters that have users."""
        return len(self.centres)

    @property
    def smallest_share(self) -> float | None:
        """Share of all users in the smallest cluster."""
        return None if self.users is None else float(self.users.min() / self.users.sum())

    @property
    def lowest_jaccard(self) -> float | None:
        """Mean Jaccard index of the least stable cluster."""
        return None if self.stability is None else float(self.stability.jaccard.min())


def sort_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """The score cells (r_score, f_score, m_score, users) in the one order computed with."""
    return cells.sort_values(SCORE_COLUMNS, ignore_index=True)


def points_of(cells: pd.DataFrame) -> Floats:
    """Scores of the cells as points (n, 3)."""
    return cells[SCORE_COLUMNS].to_numpy(dtype=np.float64)


def users_of(cells: pd.DataFrame) -> Integers:
    """Number of users of each cell (n,)."""
    return cells["users"].to_numpy(dtype=np.int64)


def assign_cells(
    cells: pd.DataFrame, centres: Floats, coordinate_scale: Scale = UNSCALED
) -> Assignment:
    """Nearest of ``centres`` (k, 3; score units) for each cell, in the order of ``cells``.

    Distances are in scaled coordinates: each score times its entry of ``coordinate_scale``.
    """
    scale = np.asarray(coordinate_scale)
    return assign_to_centres(points_of(cells) * scale, centres * scale)


def evaluate_centres(
    k: int, cells: pd.DataFrame, centres: Floats, coordinate_scale: Scale = UNSCALED
) -> KCandidate:
    """The candidate that ``centres`` (any order, score units) make of the sorted ``cells``.

    Centres without users are dropped.
    """
    occupied = np.unique(assign_cells(cells, centres, coordinate_scale).labels)
    occupied_centres = centres[occupied]
    ordered = occupied_centres[np.lexsort(occupied_centres.T[::-1])]
    labels = assign_cells(cells, ordered, coordinate_scale).labels
    scale = np.asarray(coordinate_scale)
    points, users = points_of(cells) * scale, users_of(cells)
    cost = cluster_cost(points, users, ordered * scale, labels)
    scatter = total_scatter(points, users)
    return KCandidate(
        k=k,
        centres=ordered,
        cost=cost,
        silhouette=silhouette_of_users(points, users, labels),
        calinski_harabasz=calinski_harabasz_of_users(points, users, labels),
        davies_bouldin=davies_bouldin_of_users(points, users, labels),
        silhouette_euclidean=euclidean_silhouette_of_users(points, users, labels),
        explained_share=1 - cost / scatter if scatter > 0 else None,
        users=np.bincount(labels, users).astype(np.int64),
        valley=shallowest_valley(points, users, labels, scale),
    )
