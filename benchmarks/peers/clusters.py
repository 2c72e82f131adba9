"""K-means on weighted score cells, as an expert would write it with scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans

CELL = ["r_score", "f_score", "m_score"]
_WEIGHTS = np.array([0.0810, 0.1884, 0.7306])


def cluster_cells(cells: pd.DataFrame) -> NDArray[np.int64]:
    """Segment id of each cell (three scores, ``users``), by falling mean score.

    K of 2 … 10 is the one with the highest Calinski-Harabasz index.
    """
    points, users = cells[CELL].to_numpy(float), cells["users"].to_numpy(float)
    total = users.sum()
    spread = float(users @ ((points - np.average(points, axis=0, weights=users)) ** 2).sum(axis=1))
    fits = {}
    for k in range(2, min(10, len(cells)) + 1):
        fit = KMeans(k, n_init=10, random_state=0).fit(points, sample_weight=users)
        index = (spread - fit.inertia_) / (k - 1) / (max(fit.inertia_, 1e-12) / (total - k))
        fits[index] = fit
    labels = fits[max(fits)].labels_
    scores = points @ _WEIGHTS
    means = [
        np.average(scores[labels == label], weights=users[labels == label])
        for label in range(labels.max() + 1)
    ]
    ids = np.empty(len(means), dtype=np.int64)
    ids[np.argsort(means)[::-1]] = np.arange(1, len(means) + 1)
    found: NDArray[np.int64] = ids[labels]
    return found
