"""How users spread over the values of each feature: few bins, with users and the value they bring.

One pass over the users leaves a small table, so that a report never has to go back to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.scoring.counting import count_true
from rfmf_spark.scoring.cut_points import FeatureCuts

# Four steps per power of ten, nearly even on a logarithmic scale.
_STEPS = (Decimal("1"), Decimal("1.8"), Decimal("3.2"), Decimal("5.6"))
_LARGEST_MAGNITUDE = 13
_SINGLE_FREQUENCIES = 10
# Widths of bins of recency in days; the first that needs no more bins than this is taken.
_DAY_STEPS = (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365)
_MOST_RECENCY_BINS = 30
# Sums over all users pass 64 bits; sums of such parts and of what is left of them never do.
_MONETARY_PART = 1_000_000


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
    value = F.col("monetary").cast("bigint")
    counted = (
        features.select(F.explode(F.array(*pairs)).alias("pair"), "monetary")
        .groupBy("pair.feature", "pair.bin")
        .agg(
            F.count("*").alias("users"),
            F.sum(F.call_function("div", value, F.lit(_MONETARY_PART))).alias("parts"),
            F.sum(value % F.lit(_MONETARY_PART)).alias("rest"),
        )
        .collect()
    )
    rows = sorted(counted, key=lambda row: (FEATURE_NAMES.index(row["feature"]), row["bin"]))
    return pd.DataFrame([_describe(row, edges[row["feature"]], monetary_scale) for row in rows])


def _describe(row: Row, edges: Sequence[int], monetary_scale: int) -> dict[str, object]:
    """The row of the table for a counted bin."""
    number, scale = row["bin"], _scale(row["feature"], monetary_scale)
    monetary = int(row["parts"]) * _MONETARY_PART + int(row["rest"])
    return {
        "feature": row["feature"],
        "lower": Decimal(edges[number - 1]).scaleb(-scale) if number else None,
        "upper": Decimal(edges[number]).scaleb(-scale) if number < len(edges) else None,
        "users": int(row["users"]),
        "monetary": Decimal(monetary).scaleb(-monetary_scale),
    }


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
    value = F.col(feature).cast("bigint")
    return count_true([value >= F.lit(edge).cast("bigint") for edge in edges])
