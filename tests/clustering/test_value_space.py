"""Clustering by values: agreement with numpy and scikit-learn, edges, segments."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from sklearn.metrics import calinski_harabasz_score, silhouette_samples

from rfmf_spark.clustering.sweep import SweepSettings
from rfmf_spark.clustering.value_space import (
    Standardisation,
    ValueSpace,
    fit_value_space,
    nearest_centre_columns,
)
from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.segments.assignment import add_rfmf_score
from rfmf_spark.segments.name_table import load_segment_names
from rfmf_spark.segments.value_assignment import assign_segments_by_values, segment_values

SCORES = ["r_score", "f_score", "m_score"]
COLUMNS = [*SCORES, "recency", "frequency", "monetary"]


def sweep(fixed_k: int) -> SweepSettings:
    return SweepSettings(2, 4, fixed_k, seed=3, max_iterations=50, tolerance=1e-9)


def three_kinds() -> pd.DataFrame:
    """Users of three kinds that differ widely in every feature; cents; scores by kind."""
    rng = np.random.default_rng(8)
    kinds = [(10, 40, 5_000_000, 10), (100, 10, 40_000, 6), (220, 1, 900, 2)]
    parts = [
        pd.DataFrame(
            {
                **dict.fromkeys(SCORES, score),
                "recency": recency + rng.integers(-8, 9, 30),
                "frequency": frequency + rng.integers(0, 2, 30),
                "monetary": (monetary * rng.uniform(0.8, 1.2, 30)).astype(np.int64),
            }
        )
        for recency, frequency, monetary, score in kinds
    ]
    return pd.concat(parts, ignore_index=True)


def in_spark(spark: SparkSession, users: pd.DataFrame) -> DataFrame:
    types = ", ".join(f"{name} {'int' if name in SCORES else 'bigint'}" for name in COLUMNS)
    return spark.createDataFrame(users[COLUMNS].to_numpy().tolist(), types)


def standardised(users: pd.DataFrame) -> np.ndarray:
    raw = np.column_stack(
        [-users["recency"], np.log1p(users["frequency"]), np.log1p(users["monetary"] / 100)]
    )
    return (raw - raw.mean(axis=0)) / raw.std(axis=0)


def test_centres_and_criteria_are_those_of_all_users(classic_spark: SparkSession) -> None:
    users = three_kinds()
    points, kind = standardised(users), np.repeat([0, 1, 2], 30)

    standardisation, (found,) = fit_value_space(in_spark(classic_spark, users), 2, 20, sweep(3))

    # Lexicographic order: the user who bought last is best, so kinds come in reverse.
    means = np.array([points[kind == label].mean(axis=0) for label in (2, 1, 0)])
    np.testing.assert_allclose(found.centres, means, atol=1e-9)
    np.testing.assert_allclose(standardisation.means[0], -users["recency"].mean())
    assert found.cost == pytest.approx(((points - means[2 - kind]) ** 2).sum(), rel=1e-9)
    silhouettes = silhouette_samples(points, kind, metric="sqeuclidean")
    assert found.silhouette == pytest.approx(silhouettes.mean(), abs=1e-9)
    assert found.calinski_harabasz == pytest.approx(calinski_harabasz_score(points, kind))


def test_users_who_are_all_alike_are_one_cluster(classic_spark: SparkSession) -> None:
    alike = in_spark(classic_spark, three_kinds().iloc[[0] * 5])
    standardisation, (only,) = fit_value_space(alike, 2, 1, sweep(4))
    assert (only.k, only.cost, only.silhouette, only.calinski_harabasz) == (1, 0, None, None)
    assert standardisation.deviations.tolist() == [1, 1, 1]


def test_the_nearest_centre_is_found_by_expressions(spark: SparkSession) -> None:
    # A plain space: -recency, log1p(frequency) and the signed log1p of yuan as they are.
    plain = Standardisation(np.zeros(3), np.ones(3))
    space = ValueSpace(plain, np.array([[-10.0, 0, 0], [-14.0, 0, 0], [-10.0, 0, -np.log(2)]]))
    rows = [(11, 0, 0), (12, 0, 0), (10, 0, -100)]
    users = spark.createDataFrame(rows, "recency bigint, frequency bigint, monetary bigint")
    found = [tuple(row) for row in users.select(*_named(space)).collect()]
    # (11): 1 from centre 0, √(1 + ln² 2) from centre 2. (12): 2 from both 0 and 1, the first wins.
    # (10, -1 yuan): exactly centre 2.
    assert [row[0] for row in found] == [0, 0, 2]
    assert [row[1] for row in found] == pytest.approx([1, 2, 0])
    assert [row[2] for row in found] == pytest.approx([np.hypot(1, np.log(2)), 2, np.log(2)])
    single = ValueSpace(plain, space.centres[:1])
    assert [row[2] for row in users.select(*_named(single)).collect()] == [None] * 3


def _named(space: ValueSpace) -> list:
    return [column.alias(name) for name, column in nearest_centre_columns(space, 2).items()]


def test_segments_are_numbered_and_named_by_the_scores_of_their_users(
    classic_spark: SparkSession,
) -> None:
    users = three_kinds()
    # One user of the best kind has a low frequency score: a cell of its own in the same segment.
    users.loc[0, "f_score"] = 4
    scored = in_spark(classic_spark, users)
    cells = add_rfmf_score(
        users.groupby(SCORES).size().reset_index(name="users"), np.array([0.1, 0.2, 0.7])
    )
    standardisation, (found,) = fit_value_space(scored, 2, 20, sweep(3))
    names = load_segment_names(*read_named_file("segments.yaml", "segments.names"))

    space = ValueSpace(standardisation, found.centres)
    segmentation = segment_values(scored, cells, space, names, 2)
    assigned = assign_segments_by_values(scored, segmentation, 2).toPandas()

    expected = np.array([[10.0, 9.8, 10.0], [6.0, 6.0, 6.0], [2.0, 2.0, 2.0]])
    np.testing.assert_allclose(segmentation.centres, expected)
    # Mean scores are 6, 5.93 and 6: only in frequency is the second segment above them.
    assert [name.cell for name in segmentation.names] == ["111", "010", "000"]
    of_best = assigned[assigned["monetary"] > 1_000_000]
    assert set(of_best["segment_id"]) == {1}
    assert set(of_best["segment_key"]) == {segmentation.names[0].key}
    assert sorted(of_best["rfmf_score"].round(6).unique()) == [8.8, 10.0]
    assert assigned.groupby("segment_id").size().tolist() == [30, 30, 30]
    assert (assigned["own_distance"] < assigned["second_distance"]).all()
