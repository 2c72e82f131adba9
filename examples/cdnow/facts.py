"""What a run found out about the customers of CDNOW: python facts.py RESULTS

Prints what can be compared with other tools: users, medians, means, cut points, users per score.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.loading import load_settings
from rfmf_spark.errors import RfmfError
from rfmf_spark.session.spark_session import spark_session
from rfmf_spark.tables.runs import read_current

FEATURES = {"recency": "recency_days", "frequency": "frequency", "monetary": "monetary"}


class Facts(NamedTuple):
    """Users; and by feature the median, the mean, ascending cut values, users by score."""

    users: int
    medians: dict[str, float]
    means: dict[str, float]
    cut_values: dict[str, list[float]]
    users_per_score: dict[str, list[int]]


def read_facts(spark: SparkSession, root: str) -> Facts:
    """The facts of the current run under ``root``."""
    features = read_current(spark, root, "user_features")
    values = {name: F.col(column).cast("double") for name, column in FEATURES.items()}
    row = features.agg(
        F.count("*").alias("users"),
        *[F.median(value).alias(f"median_{name}") for name, value in values.items()],
        *[F.mean(value).alias(f"mean_{name}") for name, value in values.items()],
    ).collect()[0]
    table = read_current(spark, root, "score_cut_points").orderBy("score").toPandas()
    by_feature = {name: table[table["feature"] == name] for name in FEATURES}
    return Facts(
        users=row["users"],
        medians={name: row[f"median_{name}"] for name in FEATURES},
        means={name: row[f"mean_{name}"] for name in FEATURES},
        cut_values={name: _cut_values(rows) for name, rows in by_feature.items()},
        users_per_score={name: rows["users"].tolist() for name, rows in by_feature.items()},
    )


def print_facts(facts: Facts) -> None:
    """Print one block per feature."""
    print(f"users {facts.users:,}")
    for name in FEATURES:
        print(name)
        print(f"  median           {facts.medians[name]:g}")
        print(f"  mean             {facts.means[name]:.7g}")
        print(f"  cut points       {' '.join(f'{value:g}' for value in facts.cut_values[name])}")
        print(f"  users per score  {' '.join(map(str, facts.users_per_score[name]))}")


def _cut_values(rows: pd.DataFrame) -> list[float]:
    return sorted(float(value) for value in rows["cut_value"].dropna())


def main() -> None:
    """Print the facts of the results in the folder of the first argument."""
    if len(sys.argv) != 2:
        sys.exit("usage: python facts.py RESULTS")
    try:
        with spark_session(load_settings("local", [], []).settings) as spark:
            print_facts(read_facts(spark, sys.argv[1]))
    except RfmfError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
