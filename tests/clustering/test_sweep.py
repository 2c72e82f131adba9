"""The sweep over K on MLlib: planning, determinism, and agreement with scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from sklearn.metrics import calinski_harabasz_score, silhouette_samples

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.sweep import (
    SweepSettings,
    fit_over_k,
    plan_k,
    search_candidates,
    skipped_k,
)
from rfmf_spark.errors import InputRefusedError


def settings(k_min: int = 2, k_max: int = 4, fixed_k: int | None = None) -> SweepSettings:
    return SweepSettings(k_min, k_max, fixed_k, seed=11, max_iterations=50, tolerance=1e-6)


def cells_of(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["r_score", "f_score", "m_score", "users"])


def three_groups() -> pd.DataFrame:
    """Cells around three far corners, with very different counts; distinct, in no order."""
    rng = np.random.default_rng(3)
    corners = np.array([[2, 2, 2], [9, 2, 5], [8, 9, 9]])
    points = np.vstack([corner + rng.integers(-1, 2, size=(15, 3)) for corner in corners])
    distinct = rng.permutation(np.unique(points, axis=0))
    users = rng.integers(1, 200, size=len(distinct))
    return cells_of([(*point, count) for point, count in zip(distinct, users, strict=True)])


def facts_of(candidates: tuple[KCandidate, ...]) -> list[object]:
    return [
        (c.k, c.centres.tolist(), c.cost, c.silhouette, c.calinski_harabasz) for c in candidates
    ]


def test_the_range_of_k_ends_at_the_number_of_cells() -> None:
    assert plan_k(3, settings(2, 5)) == (2, 3)
    assert skipped_k(3, settings(2, 5)) == (4, 5)
    assert plan_k(100, settings(2, 5)) == (2, 3, 4, 5)
    assert skipped_k(100, settings(2, 5)) == ()


def test_too_few_cells_for_the_smallest_k_leave_the_number_of_cells() -> None:
    assert plan_k(1, settings(2, 5)) == (1,)
    assert skipped_k(1, settings(2, 5)) == (2, 3, 4, 5)
    assert plan_k(3, settings(fixed_k=8)) == (3,)
    assert skipped_k(3, settings(fixed_k=8)) == (8,)


def test_far_groups_are_found_and_the_criteria_are_those_of_all_users(spark: SparkSession) -> None:
    cells = three_groups()

    candidate = fit_over_k(spark, cells, settings(fixed_k=3))[0]

    rows = np.repeat(cells.iloc[:, :3].to_numpy(float), cells["users"], axis=0)
    distances = ((rows[:, None] - candidate.centres) ** 2).sum(axis=2)
    labels = distances.argmin(axis=1)
    means = [rows[labels == label].mean(axis=0) for label in range(3)]
    np.testing.assert_allclose(candidate.centres, means, atol=1e-9)
    assert candidate.cost == pytest.approx(distances.min(axis=1).sum(), rel=1e-9)
    assert candidate.silhouette == pytest.approx(
        silhouette_samples(rows, labels, metric="sqeuclidean").mean(), abs=1e-9
    )
    assert candidate.calinski_harabasz == pytest.approx(
        calinski_harabasz_score(rows, labels), rel=1e-9
    )


def test_row_order_and_partition_settings_change_nothing(spark: SparkSession) -> None:
    cells = three_groups()
    before = spark.conf.get("spark.sql.shuffle.partitions")
    first = fit_over_k(spark, cells, settings())
    try:
        spark.conf.set("spark.sql.shuffle.partitions", "13")
        second = fit_over_k(spark, cells.sample(frac=1, random_state=5), settings())
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", str(before))

    assert [candidate.k for candidate in first] == [2, 3, 4]
    assert facts_of(first) == facts_of(second)


def test_the_cost_of_the_plain_mllib_fit_stands_beside_the_published_one(
    classic_spark: SparkSession,
) -> None:
    cells = three_groups()
    rng = np.random.default_rng(6)
    noisy = cells_of([(*row, 5) for row in np.unique(rng.integers(1, 11, (150, 3)), axis=0)])

    far, even = (
        fit_over_k(classic_spark, cells, settings(3, 3)),
        fit_over_k(classic_spark, noisy, settings(6, 9)),
    )

    # Groups that far apart are found by a single fit too.
    assert far[0].cost_mllib == pytest.approx(far[0].cost, rel=1e-9)
    costs = [(c.cost_mllib, c.cost) for c in even]
    assert all(plain is not None and plain >= cost * (1 - 1e-9) for plain, cost in costs)
    assert any(plain is not None and plain > cost * 1.001 for plain, cost in costs)


def test_without_spark_nothing_is_proposed_and_the_rest_is_the_same(spark: SparkSession) -> None:
    cells = three_groups()

    (alone,) = search_candidates(cells, {}, settings(fixed_k=3))

    (proposed,) = fit_over_k(spark, cells, settings(fixed_k=3))
    assert alone.cost_mllib is None
    assert alone.centres.tolist() == proposed.centres.tolist()
    assert (alone.gap, alone.valley) == (proposed.gap, proposed.valley)


def test_scaled_coordinates_come_back_as_scores(spark: SparkSession) -> None:
    cells = cells_of([(1, 5, 1, 3), (9, 5, 2, 1), (1, 5, 9, 2), (9, 5, 10, 2)])

    # With recency nearly ignored, the clusters are those of the monetary score.
    (candidate,) = fit_over_k(spark, cells, settings(fixed_k=2), (0.01, 0.1, 1.0))

    np.testing.assert_allclose(candidate.centres, [[3, 5, 1.25], [5, 5, 9.5]], rtol=1e-9)
    # Per cluster: 0.01^2 times the recency scatter (48, 64) plus the monetary scatter (0.75, 1).
    assert candidate.cost == pytest.approx(1.75 + 0.0001 * (48 + 64), rel=1e-9)


def test_one_cluster_is_the_mean_of_the_users(spark: SparkSession) -> None:
    (candidate,) = fit_over_k(spark, cells_of([(1, 1, 1, 3), (5, 5, 5, 1)]), settings(fixed_k=1))

    assert candidate.centres.tolist() == [[2, 2, 2]]
    assert candidate.cost == 3 * 3 + 27
    assert candidate.silhouette is None


def test_one_cell_is_one_cluster_without_cost(spark: SparkSession) -> None:
    (candidate,) = fit_over_k(spark, cells_of([(6, 6, 6, 40)]), settings())

    assert (candidate.k, candidate.cost) == (1, 0)
    assert candidate.centres.tolist() == [[6, 6, 6]]
    assert candidate.silhouette is None
    assert candidate.calinski_harabasz is None


def test_as_many_clusters_as_cells_are_the_cells(spark: SparkSession) -> None:
    cells = cells_of([(9, 9, 9, 2), (1, 1, 1, 5)])

    (candidate,) = fit_over_k(spark, cells, settings(2, 6))

    assert (candidate.k, candidate.k_found, candidate.cost) == (2, 2, 0)
    assert candidate.centres.tolist() == [[1, 1, 1], [9, 9, 9]]


def test_no_cells_are_refused(spark: SparkSession) -> None:
    with pytest.raises(InputRefusedError, match="score cells: there is none"):
        fit_over_k(spark, cells_of([]), settings())
