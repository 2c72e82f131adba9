"""Candidates: centres in a fixed order, empty ones dropped, criteria of the users."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import calinski_harabasz_score, silhouette_samples

from rfmf_spark.clustering.candidate import assign_cells, evaluate_centres, sort_cells

CELLS = pd.DataFrame(
    [(9, 8, 9, 2), (1, 1, 1, 3), (1, 2, 1, 1), (9, 9, 9, 1), (5, 1, 9, 4)],
    columns=["r_score", "f_score", "m_score", "users"],
)


def test_cells_are_sorted_by_their_scores() -> None:
    cells = sort_cells(CELLS)

    assert cells["users"].tolist() == [3, 1, 4, 2, 1]
    assert cells.index.tolist() == [0, 1, 2, 3, 4]


def test_the_order_of_the_given_centres_does_not_matter() -> None:
    centres = np.array([[9.0, 8, 9], [1, 1, 1], [5, 1, 9]])

    one = evaluate_centres(3, sort_cells(CELLS), centres)
    other = evaluate_centres(3, sort_cells(CELLS), centres[[2, 0, 1]])

    assert one.centres.tolist() == other.centres.tolist() == [[1, 1, 1], [5, 1, 9], [9, 8, 9]]
    assert (one.cost, one.silhouette) == (other.cost, other.silhouette)


def test_centres_without_users_are_dropped() -> None:
    centres = np.array([[9.0, 8, 9], [1, 1, 1], [5, 5, 5]])

    candidate = evaluate_centres(3, sort_cells(CELLS.iloc[:4]), centres)

    assert (candidate.k, candidate.k_found) == (3, 2)
    assert candidate.centres.tolist() == [[1, 1, 1], [9, 8, 9]]


@pytest.mark.parametrize("scale", [(1.0, 1.0, 1.0), (0.081, 0.1884, 0.7306)])
def test_criteria_are_those_of_every_user_in_scaled_coordinates(
    scale: tuple[float, float, float],
) -> None:
    cells = sort_cells(CELLS)
    centres = np.array([[1.0, 1, 1], [7, 4, 9]])

    candidate = evaluate_centres(2, cells, centres, scale)

    rows = np.repeat(cells.iloc[:, :3].to_numpy(float) * scale, cells["users"], axis=0)
    distances = ((rows[:, None] - centres * scale) ** 2).sum(axis=2)
    labels = distances.argmin(axis=1)
    silhouette = silhouette_samples(rows, labels, metric="sqeuclidean").mean()
    assert candidate.cost == pytest.approx(distances.min(axis=1).sum(), rel=1e-9)
    assert candidate.silhouette == pytest.approx(silhouette, abs=1e-9)
    assert candidate.calinski_harabasz == pytest.approx(
        calinski_harabasz_score(rows, labels), rel=1e-9
    )
    assert np.repeat(assign_cells(cells, centres, scale).labels, cells["users"]).tolist() == (
        labels.tolist()
    )
