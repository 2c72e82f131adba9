"""The sweep over K: one MLlib K-means fit on the weighted score cells for each K.

What a fit is worth is computed in ``candidate.py`` and ``criteria.py``, which K wins in
``choice.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DoubleType, StructField, StructType

from rfmf_spark.clustering.candidate import (
    SCORE_COLUMNS,
    UNSCALED,
    KCandidate,
    Scale,
    evaluate_centres,
    points_of,
    sort_cells,
    users_of,
)
from rfmf_spark.clustering.criteria import Floats, Integers
from rfmf_spark.clustering.refinement import best_of, refine, split_costliest
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.small_data import to_spark

_MOST_FITS_AT_ONCE = 8


@dataclass(frozen=True)
class SweepSettings:
    """Which K to try, and how each fit starts and stops.

    ``tolerance`` is the largest movement of a centre, in coordinates, that counts as converged.
    """

    k_min: int
    k_max: int
    fixed_k: int | None
    seed: int
    max_iterations: int
    tolerance: float


def plan_k(distinct_cells: int, settings: SweepSettings) -> tuple[int, ...]:
    """The K to fit: the configured range or fixed K, as far as there are cells for it.

    Where even the smallest is too large, the number of cells itself.
    """
    possible = tuple(k for k in _wanted_k(settings) if k <= distinct_cells)
    return possible or (distinct_cells,)


def skipped_k(distinct_cells: int, settings: SweepSettings) -> tuple[int, ...]:
    """The configured K that are not fitted, because there are fewer distinct cells."""
    return tuple(k for k in _wanted_k(settings) if k > distinct_cells)


def fit_over_k(
    spark: SparkSession,
    cells: pd.DataFrame,
    settings: SweepSettings,
    coordinate_scale: Scale = UNSCALED,
) -> tuple[KCandidate, ...]:
    """Fit K-means for each K on score cells weighted by their users; one candidate per K.

    ``cells`` has the columns r_score, f_score, m_score and users (≥ 1), one row per cell in any
    order. Each score is multiplied by its positive entry of ``coordinate_scale`` before distances
    are taken. Raises ``InputRefusedError`` where there is no cell.
    """
    if cells.empty:
        raise InputRefusedError(
            "score cells: there is none, so no user can be clustered; check that the trades up to "
            "the business date contain purchases"
        )
    ordered = sort_cells(cells)
    scaled = points_of(ordered) * np.asarray(coordinate_scale)
    k_values = plan_k(len(ordered), settings)
    with _cached_points(spark, scaled, ordered) as points:
        fits = _fit_all(points, scaled, ordered, k_values, settings)
    centres = _refine_all(scaled, users_of(ordered), fits, settings.max_iterations)
    return tuple(
        evaluate_centres(k, ordered, found / np.asarray(coordinate_scale), coordinate_scale)
        for k, found in zip(k_values, centres, strict=True)
    )


def _wanted_k(settings: SweepSettings) -> tuple[int, ...]:
    if settings.fixed_k is not None:
        return (settings.fixed_k,)
    return tuple(range(settings.k_min, settings.k_max + 1))


@contextmanager
def _cached_points(
    spark: SparkSession, scaled: Floats, ordered: pd.DataFrame
) -> Iterator[DataFrame]:
    """The weighted points as one partition in a fixed order.

    The initial centres depend on partitions and row order, so both must be the same everywhere.
    """
    local = pd.DataFrame(scaled, columns=SCORE_COLUMNS)
    local["weight"] = users_of(ordered).astype(np.float64)
    schema = StructType([StructField(name, DoubleType()) for name in local.columns])
    ordered_rows = to_spark(spark, local, schema).sortWithinPartitions(*SCORE_COLUMNS)
    assembler = VectorAssembler(inputCols=SCORE_COLUMNS, outputCol="features")
    points = assembler.transform(ordered_rows).select("features", "weight").persist()
    try:
        yield points
    finally:
        points.unpersist()


def _fit_all(
    points: DataFrame,
    scaled: Floats,
    ordered: pd.DataFrame,
    k_values: tuple[int, ...],
    settings: SweepSettings,
) -> list[Floats]:
    # A fit is a chain of tiny jobs that mostly wait for the driver. Fits share nothing but the
    # cached points, so running them side by side halves the time and changes no result.
    with ThreadPoolExecutor(max_workers=min(len(k_values), _MOST_FITS_AT_ONCE)) as pool:
        return list(
            pool.map(lambda k: _fit_centres(points, scaled, ordered, k, settings), k_values)
        )


def _refine_all(
    scaled: Floats, users: Integers, fits: list[Floats], max_iterations: int
) -> list[Floats]:
    """The better of each fit and the solution below it with one cluster split, both refined."""
    refined: list[Floats] = []
    for fit in fits:
        starts = [fit]
        if refined and len(refined[-1]) + 1 == len(fit):
            starts.append(split_costliest(scaled, users, refined[-1]))
        solutions = [refine(scaled, users, start, max_iterations) for start in starts]
        refined.append(best_of(scaled, users, solutions))
    return refined


def _fit_centres(
    points: DataFrame, scaled: Floats, ordered: pd.DataFrame, k: int, settings: SweepSettings
) -> Floats:
    """Centres (k_found, 3) in scaled coordinates; MLlib refuses K = 1 and may lose K = n."""
    if k == len(scaled):
        return scaled
    if k == 1:
        return np.average(scaled, axis=0, weights=users_of(ordered))[None, :]
    kmeans = KMeans(
        k=k,
        seed=settings.seed,
        maxIter=settings.max_iterations,
        tol=settings.tolerance,
        weightCol="weight",
    )
    return np.array(kmeans.fit(points).clusterCenters(), dtype=np.float64)
