"""How users spread over the values of each feature: few bins, with users and the value they bring.

One pass over the users leaves a small table, so that a report never has to go back to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.settings import FEATURE_NAMES
from rfmf_spark.scoring.cut_points import FeatureCuts

# Four steps per power of ten, nearly even on a logarithmic scale.
_STEPS = (Decimal("1"), Decimal("1.8"), Decimal("3.2"), Decimal("5.6"))
_LARGEST_MAGNITUDE = 13
_SINGLE_FREQUENCIES = 10
# Widths of bins of recency in days; the first that needs no more bins than this is taken.
_DAY_STEPS = (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365)
_MOST_RECENCY_BINS = 30


def count_distribution(
    features: DataFrame, cuts: Mapping[str, FeatureCuts], monetary_scale: int
) -> pd.DataFrame:
    """Rows of the table ``feature_distribution``, by feature and ascending values.

    ``features`` has the whole-number columns ``recency``, ``frequency`` and ``monetary``. A bin
    holds values from ``lower`` to below ``upper``, in days, purchases or yuan; the first and the
    last one of a feature are open (null). Bins without users have no row. Each has the ``users``
    and the ``monetary`` value that they bring together.
    """
    edges = {name: _edges(name, cuts[name], monetary_scale) for name in FEATURE_NAMES}
    pairs = [
        F.struct(F.lit(name).alias("feature"), _bin_number(name, edges[name]).alias("bin"))
        for name in FEATURE_NAMES
    ]
    counted = (
        features.select(F.explode(F.array(*pairs)).alias("pair"), "monetary")
        .groupBy("pair.feature", "pair.bin")
        .agg(
            F.count("*").alias("users"),
            F.sum(F.col("monetary").cast("decimal(28,0)")).alias("monetary"),
        )
        .collect()
    )
    order = {name: number for number, name in enumerate(FEATURE_NAMES)}
    rows = []
    for row in sorted(counted, key=lambda row: (order[row["feature"]], row["bin"])):
        own, scale = edges[row["feature"]], _scale(row["feature"], monetary_scale)
        number = row["bin"]
        rows.append(
            {
                "feature": row["feature"],
                "lower": Decimal(own[number - 1]).scaleb(-scale) if number else None,
                "upper": Decimal(own[number]).scaleb(-scale) if number < len(own) else None,
                "users": int(row["users"]),
                "monetary": Decimal(row["monetary"]).scaleb(-monetary_scale),
            }
        )
    return pd.DataFrame(rows)


def _scale(feature: str, monetary_scale: int) -> int:
    return monetary_scale if feature == "monetary" else 0


def _edges(feature: str, cuts: FeatureCuts, monetary_scale: int) -> list[int]:
    """Where bins begin, in smallest units of the feature, ascending."""
    if feature == "recency":
        longest = max((cut.value for cut in cuts.cuts), default=1)
        width = next((w for w in _DAY_STEPS if w * _MOST_RECENCY_BINS > longest), _DAY_STEPS[-1])
        return list(range(width, longest + width + 1, width))
    powers = range(_LARGEST_MAGNITUDE)
    if feature == "frequency":
        beyond = [int(step.scaleb(power)) for power in powers for step in _STEPS]
        return [*range(2, _SINGLE_FREQUENCIES), *[e for e in beyond if e >= _SINGLE_FREQUENCIES]]
    least = -min(monetary_scale, 3)
    steps = [
        step.scaleb(power + monetary_scale)
        for power in range(least, _LARGEST_MAGNITUDE)
        for step in _STEPS
    ]
    return [int(edge) for edge in steps if edge == int(edge) and edge < 2**63]


def _bin_number(feature: str, edges: Sequence[int]) -> Column:
    """How many of the edges a value has reached."""
    value, reached = F.col(feature).cast("bigint"), F.lit(0)
    for edge in edges:
        reached = reached + (value >= F.lit(edge).cast("bigint")).cast("int")
    return reached
