"""What Spark's MLlib proposes: one K-means fit on the weighted score cells for each K.

A proposal competes with the starts of ``search.py``, and what it costs is published beside the
cost that the search came to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pandas as pd
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DoubleType, StructField, StructType

from rfmf_spark.clustering.candidate import SCORE_COLUMNS
from rfmf_spark.clustering.criteria import Floats, Integers
from rfmf_spark.session.engines import engine_of
from rfmf_spark.session.small_data import to_spark

_MOST_FITS_AT_ONCE = 8


def propose_centres(
    spark: SparkSession,
    points: Floats,
    users: Integers,
    k_values: Sequence[int],
    seed: int,
    max_iterations: int,
    tolerance: float,
) -> dict[int, Floats]:
    """MLlib's centres (k_found, 3) for each K; ``points`` (n, 3) are distinct and sorted.

    None for K = 1, which MLlib refuses, and for K = n, of which it may lose some; none at all where
    the engine has no MLlib.
    """
    possible = [k for k in k_values if 1 < k < len(points)]
    if not possible or not engine_of(spark).has_mllib:
        return {}

    def fit(k: int) -> KMeansModel:
        kmeans = KMeans(k=k, seed=seed, maxIter=max_iterations, tol=tolerance, weightCol="weight")
        return kmeans.fit(weighted)

    # A fit is a chain of tiny jobs that mostly wait for the driver. Fits share nothing but the
    # cached points, so running them side by side halves the time and changes no result.
    threads = min(len(possible), _MOST_FITS_AT_ONCE)
    with _cached_points(spark, points, users) as weighted, ThreadPoolExecutor(threads) as pool:
        # Over Spark Connect a model can be asked only in the thread that its session is active in.
        found = [model.clusterCenters() for model in pool.map(fit, possible)]
    centres = [np.array(of_model, dtype=np.float64) for of_model in found]
    return dict(zip(possible, centres, strict=True))


@contextmanager
def _cached_points(spark: SparkSession, points: Floats, users: Integers) -> Iterator[DataFrame]:
    """The weighted points as one partition in a fixed order.

    The initial centres depend on partitions and row order, so both must be the same everywhere.
    """
    local = pd.DataFrame(points, columns=SCORE_COLUMNS)
    local["weight"] = users.astype(np.float64)
    schema = StructType([StructField(name, DoubleType()) for name in local.columns])
    ordered_rows = to_spark(spark, local, schema).sortWithinPartitions(*SCORE_COLUMNS)
    assembler = VectorAssembler(inputCols=SCORE_COLUMNS, outputCol="features")
    weighted = assembler.transform(ordered_rows).select("features", "weight").persist()
    try:
        yield weighted
    finally:
        weighted.unpersist()
