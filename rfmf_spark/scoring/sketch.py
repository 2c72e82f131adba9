"""Approximate quantiles from Spark's sketch, with exact counts around the values that it names.

The sketch (Greenwald-Khanna) proposes values; what is published about them is counted. Which values
it proposes may differ with the partitioning of the data. The exact way is ``order_statistics.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.scoring.order_statistics import OrderStatistic

# Relative rank error at most 1 / accuracy.
_ACCURACY = 10_000


def sketch_quantiles(
    features: DataFrame, names: Sequence[str], bins: int
) -> dict[str, dict[int, OrderStatistic]]:
    """Values near the quantiles j / bins, j = 1 … bins − 1, of each named whole-number column.

    The values come from the sketch, ``below`` and ``at`` from one counting pass over all rows. The
    sketch works with doubles: beyond 2 ** 53 it names a neighbouring whole number.
    """
    probabilities = F.array(*[F.lit(j / bins) for j in range(1, bins)])
    sketched = [
        F.percentile_approx(F.col(name).cast("bigint"), probabilities, _ACCURACY).alias(name)
        for name in names
    ]
    row = features.agg(*sketched).collect()[0]
    proposed = {name: [int(value) for value in row[name]] for name in names}
    counted = count_around(features, proposed)
    return {
        name: {j: counted[name][value] for j, value in enumerate(proposed[name], start=1)}
        for name in names
    }


def count_around(
    features: DataFrame, values: Mapping[str, Sequence[int]]
) -> dict[str, dict[int, OrderStatistic]]:
    """Rows strictly below and equal to each of some values, by column, in one pass."""
    places = [
        F.struct(F.lit(name).alias("name"), _place(name, sorted(set(column_values))).alias("place"))
        for name, column_values in values.items()
    ]
    rows = (
        features.select(F.explode(F.array(*places)).alias("found"))
        .groupBy("found.name", "found.place")
        .agg(F.count("*").alias("rows"))
        .collect()
    )
    counts = {(row["name"], row["place"]): int(row["rows"]) for row in rows}
    return {
        name: _statistics(name, sorted(set(column_values)), counts)
        for name, column_values in values.items()
    }


def _place(name: str, ordered: Sequence[int]) -> Column:
    """2 i + 1 at the i-th of the values, 2 i between it and the one before."""
    value = F.col(name).cast("bigint")
    place = F.lit(0)
    for border in ordered:
        place = place + (value >= F.lit(border)).cast("int") + (value > F.lit(border)).cast("int")
    return place


def _statistics(
    name: str, ordered: Sequence[int], counts: Mapping[tuple[str, int], int]
) -> dict[int, OrderStatistic]:
    found, below = {}, 0
    for index, value in enumerate(ordered):
        below += counts.get((name, 2 * index), 0)
        at = counts.get((name, 2 * index + 1), 0)
        found[value] = OrderStatistic(value, below, at)
        below += at
    return found
