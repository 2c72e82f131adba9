from __future__ import annotations

from decimal import Decimal

from pyspark.sql import SparkSession

from rfmf_spark.scoring.cut_points import CutPoint, FeatureCuts
from rfmf_spark.scoring.distribution import count_distribution

CUTS = {
    "recency": FeatureCuts("recency", (CutPoint(2, 100, True), CutPoint(3, 40, True)), "given"),
    "frequency": FeatureCuts("frequency", (CutPoint(2, 2, True),), "given"),
    "monetary": FeatureCuts("monetary", (CutPoint(2, 1, True),), "given"),
}


def test_users_and_their_value_are_counted_by_bin(spark: SparkSession) -> None:
    # Cents. Days reach beyond 100, so bins of 5 days; 12 purchases share a bin with 10 to 17.
    users = spark.createDataFrame(
        [(4, 1, 50), (5, 1, 100), (9, 12, 179), (150, 3, -20)],
        "recency bigint, frequency bigint, monetary bigint",
    )
    table = count_distribution(users, CUTS, monetary_scale=2)
    rows = list(table.itertuples(index=False, name=None))
    assert rows == [
        ("recency", None, 5, 1, Decimal("0.50")),
        ("recency", 5, 10, 2, Decimal("2.79")),
        ("recency", 105, None, 1, Decimal("-0.20")),
        ("frequency", None, 2, 2, Decimal("1.50")),
        ("frequency", 3, 4, 1, Decimal("-0.20")),
        ("frequency", 10, 18, 1, Decimal("1.79")),
        ("monetary", None, Decimal("0.01"), 1, Decimal("-0.20")),
        ("monetary", Decimal("0.32"), Decimal("0.56"), 1, Decimal("0.50")),
        ("monetary", Decimal("1"), Decimal("1.8"), 2, Decimal("2.79")),
    ]


def test_a_ledger_of_years_has_wider_bins_of_days(spark: SparkSession) -> None:
    cuts = CUTS | {"recency": FeatureCuts("recency", (CutPoint(2, 3000, True),), "given")}
    users = spark.createDataFrame(
        [(3100, 1, 1)], "recency bigint, frequency bigint, monetary bigint"
    )
    table = count_distribution(users, cuts, monetary_scale=2)
    # 30 bins of 90 days do not reach 3,000 days; bins of 180 days do.
    assert (table["lower"].iloc[0], table["upper"].iloc[0]) == (3060, None)
