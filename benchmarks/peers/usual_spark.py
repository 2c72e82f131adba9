"""Scores and clusters the usual way in Spark: python -m benchmarks.peers.usual_spark FILE K …

``FILE`` is a Parquet file of user features. ``QuantileDiscretizer`` scores them, MLlib's KMeans
fits all users for each K, and ``ClusteringEvaluator`` judges each fit: what tutorials show. Prints
seconds by phase and, per K, of the fit and its evaluation, as JSON.
"""

from __future__ import annotations

import json
import sys
import time

from pyspark.ml.clustering import KMeans
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import QuantileDiscretizer, VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

_FEATURES = {"recency_days": "r_score", "frequency": "f_score", "monetary": "m_score"}
_SESSION = {
    "spark.master": "local[*]",
    "spark.driver.memory": "8g",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.files.maxPartitionBytes": "16m",
    "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
}


def main(features: str, *ks: str) -> None:
    """Score and cluster, and print what it took."""
    started = time.monotonic()
    builder = SparkSession.builder.appName("usual way")
    for name, value in _SESSION.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    ready = time.monotonic()
    points = _score(spark.read.parquet(features)).persist()
    users = points.count()
    scored = time.monotonic()
    seconds = {"start": ready - started, "scores": scored - ready}
    for k in ks:
        begun = time.monotonic()
        index = _fit_and_judge(points, int(k))
        seconds[f"K = {k}"] = time.monotonic() - begun
        print(f"{users:,} users, K = {k}: silhouette {index:.3f}", flush=True)
    spark.stop()
    print(json.dumps({name: round(taken, 2) for name, taken in seconds.items()}))


def _score(features: DataFrame) -> DataFrame:
    """Deciles of the three features as a vector."""
    values = features.select(
        F.col("recency_days").cast("double"),
        F.col("frequency").cast("double"),
        F.col("monetary_e8").cast("double").alias("monetary"),
    )
    discretizer = QuantileDiscretizer(
        numBucketsArray=[10] * len(_FEATURES),
        inputCols=list(_FEATURES),
        outputCols=list(_FEATURES.values()),
    )
    scored = discretizer.fit(values).transform(values)
    assembler = VectorAssembler(inputCols=list(_FEATURES.values()), outputCol="features")
    return assembler.transform(scored).select("features")


def _fit_and_judge(points: DataFrame, k: int) -> float:
    model = KMeans(k=k, seed=1).fit(points)
    return float(ClusteringEvaluator().evaluate(model.transform(points)))


if __name__ == "__main__":
    main(*sys.argv[1:])
