"""What is typical of each segment: the table of section 5 of the model (Huang 2019, table 1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.scoring.columns import CENTRE_COLUMNS
from rfmf_spark.scoring.order_statistics import OrderStatistic, find_order_statistics
from rfmf_spark.segments.assignment import Segmentation

_MEDIANS = {
    "recency": "recency_days_median",
    "frequency": "frequency_median",
    "monetary": "monetary_median",
}
_MEANS = {
    "recency": "recency_days_mean",
    "frequency": "frequency_mean",
    "monetary": "monetary_mean",
    "cumulative_amount": "cumulative_amount_mean",
    "holding_amount": "holding_amount_mean",
}


def build_profile(
    assigned: DataFrame, segmentation: Segmentation, monetary_scale: int
) -> pd.DataFrame:
    """Rows of the table ``segment_profile``, by segment id.

    ``assigned`` has one row per user: ``segment_id``, whole-number ``recency``, ``frequency``,
    ``monetary`` (of 10 ** -scale yuan), decimal ``cumulative_amount``, ``holding_amount`` and
    ``retained``. Sums and medians are exact.
    """
    cells, centres, names = segmentation[:3]
    sums = _sum_per_segment(assigned)
    medians = _medians_per_segment(assigned, sums, monetary_scale)
    yuan = Decimal(1).scaleb(-monetary_scale)
    total_users = sum(int(row["users"]) for row in sums.values())
    total_monetary = sum((Decimal(row["monetary"]) for row in sums.values()), Decimal(0))
    rows = []
    for segment_id, row in sorted(sums.items()):
        users, name = int(row["users"]), names[segment_id - 1]
        own = cells[cells["segment_id"] == segment_id]
        means = {
            column: _mean(row[feature], users, yuan if feature == "monetary" else Decimal(1))
            for feature, column in _MEANS.items()
        }
        monetary = Decimal(row["monetary"])
        rows.append(
            {
                "segment_id": segment_id,
                "segment_key": name.key,
                "name_zh": name.name_zh,
                "name_en": name.name_en,
                "cell": name.cell,
                "name_reason": name.reason,
                "users": users,
                "user_share": users / total_users,
                "monetary_share": float(monetary / total_monetary) if total_monetary else None,
                **means,
                **medians[segment_id],
                "rfmf_score_mean": float(np.average(own["rfmf_score"], weights=own["users"])),
                "retention_rate": _mean(row["retained"], users),
                **dict(zip(CENTRE_COLUMNS, centres[segment_id - 1].tolist(), strict=True)),
                "strategy_zh": name.strategy_zh,
                "strategy_en": name.strategy_en,
            }
        )
    return pd.DataFrame(rows)


def _sum_per_segment(assigned: DataFrame) -> dict[int, dict[str, Any]]:
    sums = [_exact_sum(name).alias(name) for name in _MEANS]
    retained = F.sum(F.col("retained").cast("bigint")).alias("retained")
    rows = assigned.groupBy("segment_id").agg(F.count("*").alias("users"), *sums, retained)
    return {row["segment_id"]: row.asDict() for row in rows.collect()}


def _exact_sum(name: str) -> Column:
    """A sum that no number of users makes too large."""
    value = F.col(name)
    return F.sum(value.cast("decimal(20,0)") if name in ("frequency", "monetary") else value)


def _medians_per_segment(
    assigned: DataFrame, sums: dict[int, dict[str, Any]], monetary_scale: int
) -> dict[int, dict[str, float]]:
    """Medians of recency, frequency and monetary value; of two middle values their mean."""
    by_segment = assigned.select(F.col("segment_id").alias("part"), *_MEDIANS)
    ranks = {
        (segment_id, feature): [(int(row["users"]) - 1) // 2, int(row["users"]) // 2]
        for segment_id, row in sums.items()
        for feature in _MEDIANS
    }
    found = find_order_statistics(by_segment, ranks)
    return {
        segment_id: {
            column: _median(
                found[segment_id, feature], monetary_scale if feature == "monetary" else 0
            )
            for feature, column in _MEDIANS.items()
        }
        for segment_id in sums
    }


def _median(middle: dict[int, OrderStatistic], scale: int) -> float:
    values = [Decimal(middle[rank].value) for rank in sorted(middle)]
    return float((values[0] + values[-1]) / 2 * Decimal(1).scaleb(-scale))


def _mean(total: object, users: int, unit: Decimal = Decimal(1)) -> float | None:
    return None if total is None else float(Decimal(str(total)) * unit / users)
