"""K-means on the features of all users instead of their scores: ``clustering.space: values``.

Recency is negated, so that more is better everywhere; frequency and monetary value have long tails
and are taken as log1p; all three are standardised. Every fit and every criterion is a pass over all
users, sums of floating-point numbers depend on partitions, and so do the initial centres: unlike
the cells (``sweep.py``), the result may differ between clusters. The limits go with the reason of
the choice of K.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import NamedTuple

import numpy as np
from pyspark.ml.clustering import KMeans
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.clustering.sweep import SweepSettings, plan_k

VALUE_SPACE_LIMITS = (
    "clustered by the features of all users: the result may differ with the partitioning, "
    "and every K costs passes over all users"
)

_COORDINATES = ("x_recency", "x_frequency", "x_monetary")

# Rounding of sums of squares that are zero in exact arithmetic, relative to all scatter.
_NO_SCATTER = 1e-12


@dataclass(frozen=True, eq=False)
class Standardisation:
    """Mean and deviation (3,) of -recency, log1p(frequency) and log1p(monetary in yuan)."""

    means: Floats
    deviations: Floats


@dataclass(frozen=True, eq=False)
class ValueSpace:
    """What assigns a user by their features: ``centres`` (k, 3) in standardised coordinates."""

    standardisation: Standardisation
    centres: Floats


class _ClusterSums(NamedTuple):
    """By cluster with users: label, users (k,), means (k, 3), squared distance to the centre."""

    labels: Floats
    users: Floats
    means: Floats
    squares: Floats


def standardise(features: DataFrame, monetary_scale: int) -> Standardisation:
    """Means and population deviations over all users; a constant feature has deviation 1.

    ``features`` has whole-number ``recency``, ``frequency`` and ``monetary`` (10 ** -scale yuan).
    """
    raw = _raw_coordinates(monetary_scale)
    figures = [F.avg(x) for x in raw] + [F.stddev_pop(x) for x in raw]
    row = features.agg(*[x.alias(f"figure_{i}") for i, x in enumerate(figures)]).collect()[0]
    found = np.array(list(row), dtype=np.float64).reshape(2, 3)
    deviations = np.where(found[1] > 1e-12 * np.maximum(1, np.abs(found[0])), found[1], 1.0)
    return Standardisation(found[0], deviations)


def fit_value_space(
    features: DataFrame, monetary_scale: int, cells: int, settings: SweepSettings
) -> tuple[Standardisation, tuple[KCandidate, ...]]:
    """Fit MLlib's K-means for each K on all users; one candidate per K.

    ``features`` as for ``standardise``; ``cells`` is the number of score cells, which bounds the
    number of distinct users from below. Centres, cost and criteria of the candidates are in
    standardised coordinates; the cost is that of the returned centres, the silhouette MLlib's
    (squared Euclidean).
    """
    standardisation = standardise(features, monetary_scale)
    with _cached_points(features, standardisation, monetary_scale) as points:
        most = settings.fixed_k or settings.k_max
        distinct = cells
        if cells < most:
            distinct = points.select(*_COORDINATES).distinct().limit(most).count()
        k_values = plan_k(distinct, settings)
        candidates = tuple(
            _evaluate(k, points, _fit_centres(points, k, settings)) for k in k_values
        )
    return standardisation, candidates


def nearest_centre_columns(space: ValueSpace, monetary_scale: int) -> Mapping[str, Column]:
    """``label`` (from 0), ``own_distance`` and ``second_distance`` of a user, as expressions.

    Equal distances go to the lowest label; with one centre the second distance is null.
    """
    point = _coordinates(space.standardisation, monetary_scale)
    squares = _squared_distances(point, space.centres)
    ordered = F.sort_array(squares)
    return {
        "label": _first_smallest(squares),
        "own_distance": F.sqrt(F.get(ordered, F.lit(0))),
        "second_distance": F.sqrt(F.get(ordered, F.lit(1))),
    }


def _raw_coordinates(monetary_scale: int) -> tuple[Column, Column, Column]:
    yuan = F.col("monetary").cast("double") / F.lit(float(10**monetary_scale))
    # A net revenue can be negative: the logarithm is taken of the size, the sign stays.
    monetary = F.signum(yuan) * F.log1p(F.abs(yuan))
    recency = F.negative(F.col("recency").cast("double"))
    return recency, F.log1p(F.col("frequency").cast("double")), monetary


def _coordinates(standardisation: Standardisation, monetary_scale: int) -> list[Column]:
    means, deviations = standardisation.means.tolist(), standardisation.deviations.tolist()
    raw = _raw_coordinates(monetary_scale)
    return [
        (x - F.lit(mean)) / F.lit(deviation)
        for x, mean, deviation in zip(raw, means, deviations, strict=True)
    ]


@contextmanager
def _cached_points(
    features: DataFrame, standardisation: Standardisation, monetary_scale: int
) -> Iterator[DataFrame]:
    """All users as ``features`` (vector) and its three coordinates."""
    coordinates = _coordinates(standardisation, monetary_scale)
    named = [x.alias(name) for x, name in zip(coordinates, _COORDINATES, strict=True)]
    assembler = VectorAssembler(inputCols=list(_COORDINATES), outputCol="features")
    points = assembler.transform(features.select(*named)).persist()
    try:
        yield points
    finally:
        points.unpersist()


def _fit_centres(points: DataFrame, k: int, settings: SweepSettings) -> Floats:
    """Centres (k_found, 3); MLlib refuses K = 1, whose centre is the mean."""
    if k == 1:
        return np.zeros((1, len(_COORDINATES)))
    kmeans = KMeans(
        k=k, seed=settings.seed, maxIter=settings.max_iterations, tol=settings.tolerance
    )
    return np.array(kmeans.fit(points).clusterCenters(), dtype=np.float64)


def _evaluate(k: int, points: DataFrame, centres: Floats) -> KCandidate:
    """The candidate that ``centres`` make; centres without users are dropped."""
    squares = _squared_distances([F.col(name) for name in _COORDINATES], centres)
    labelled = points.select(
        "features",
        *_COORDINATES,
        _first_smallest(squares).alias("label"),
        F.array_min(squares).alias("square"),
    )
    sums = _sum_clusters(labelled)
    occupied_centres = centres[sums.labels.astype(np.int64)]
    several = len(occupied_centres) > 1
    return KCandidate(
        k=k,
        centres=occupied_centres[np.lexsort(occupied_centres.T[::-1])],
        cost=float(sums.squares.sum()),
        silhouette=_silhouette(labelled) if several else None,
        calinski_harabasz=_calinski_harabasz(sums, occupied_centres) if several else None,
    )


def _sum_clusters(labelled: DataFrame) -> _ClusterSums:
    sums = [F.sum(name).alias(name) for name in (*_COORDINATES, "square")]
    rows = labelled.groupBy("label").agg(F.count("*").alias("users"), *sums).collect()
    found = np.array(sorted([float(value) for value in row] for row in rows))
    users = found[:, 1]
    return _ClusterSums(found[:, 0], users, found[:, 2:5] / users[:, None], found[:, 5])


def _silhouette(labelled: DataFrame) -> float:
    evaluator = ClusteringEvaluator(
        featuresCol="features", predictionCol="label", metricName="silhouette"
    )
    return float(evaluator.evaluate(labelled))


def _calinski_harabasz(sums: _ClusterSums, centres: Floats) -> float | None:
    """From sums: the scatter about the mean is that about the centre less the mean's offset."""
    k, total = len(sums.users), float(sums.users.sum())
    offsets = ((sums.means - centres) ** 2).sum(axis=1)
    within = float((sums.squares - sums.users * offsets).sum())
    mean = sums.users @ sums.means / total
    between = float(sums.users @ ((sums.means - mean) ** 2).sum(axis=1))
    if not 1 < k < total or within <= _NO_SCATTER * (between + within):
        return None
    return between / (k - 1) / (within / (total - k))


def _squared_distances(point: list[Column], centres: Floats) -> Column:
    """Squared Euclidean distances to all centres, as an array."""
    return F.array(
        *[
            reduce(add, [(x - F.lit(c)) * (x - F.lit(c)) for x, c in zip(point, row, strict=True)])
            for row in centres.tolist()
        ]
    )


def _first_smallest(squares: Column) -> Column:
    return (F.array_position(squares, F.array_min(squares)) - F.lit(1)).cast("int")
