"""Profiles of segments against pandas on the same users."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.segments.assignment import Segmentation
from rfmf_spark.segments.naming import SegmentName
from rfmf_spark.segments.profile import build_profile

USERS = (
    "segment_id int, recency bigint, frequency bigint, monetary bigint, "
    "cumulative_amount decimal(20,2), holding_amount decimal(20,2), retained boolean"
)
CENTRES = np.array([[9.0, 8.0, 7.0], [5.0, 5.0, 5.0], [1.0, 2.0, 3.0]])
NAMES = tuple(
    SegmentName(f"key_{n}", f"名{n}", f"name {n}", f"{n:03b}", f"策{n}", f"strategy {n}")
    for n in (1, 2, 3)
)


def random_users() -> pd.DataFrame:
    random = np.random.default_rng(31)
    size = 500
    return pd.DataFrame(
        {
            # 3 is small and, by its size, has two middle users.
            "segment_id": np.r_[[3] * 4, random.choice([1, 2], size - 4)].astype(int),
            "recency": random.integers(0, 247, size),
            "frequency": random.choice([1, 1, 2, 5, 60], size),
            "monetary": np.floor(random.lognormal(19, 3, size)).astype(np.int64) - 10**6,
            "cumulative_amount": [
                Decimal(int(cents)).scaleb(-2) for cents in random.integers(1, 10**9, size)
            ],
            "holding_amount": [
                Decimal(int(cents)).scaleb(-2) for cents in random.integers(0, 10**7, size)
            ],
            "retained": random.random(size) < 0.4,
        }
    )


def profile_of(spark: SparkSession, users: pd.DataFrame, scale: int = 8) -> pd.DataFrame:
    rows = [tuple(record.values()) for record in users.to_dict("records")]
    counts = users["segment_id"].value_counts().sort_index()
    cells = pd.DataFrame(
        {"segment_id": counts.index, "users": counts.to_numpy(), "rfmf_score": 10 - counts.index}
    )
    segmentation = Segmentation(cells, CENTRES, NAMES)
    return build_profile(spark.createDataFrame(rows, USERS).coalesce(2), segmentation, scale)


def test_counts_means_and_medians_equal_those_of_pandas(spark: SparkSession) -> None:
    users = random_users()
    profile = profile_of(spark, users).set_index("segment_id")

    groups = users.assign(
        monetary=users["monetary"] / 1e8,
        cumulative_amount=users["cumulative_amount"].astype(float),
        holding_amount=users["holding_amount"].astype(float),
    ).groupby("segment_id")

    assert profile["users"].to_dict() == groups.size().to_dict()
    expected = {
        "recency_days_mean": groups["recency"].mean(),
        "recency_days_median": groups["recency"].median(),
        "frequency_mean": groups["frequency"].mean(),
        "frequency_median": groups["frequency"].median(),
        "monetary_mean": groups["monetary"].mean(),
        "monetary_median": groups["monetary"].median(),
        "cumulative_amount_mean": groups["cumulative_amount"].mean(),
        "holding_amount_mean": groups["holding_amount"].mean(),
        "retention_rate": groups["retained"].mean(),
        "user_share": groups.size() / len(users),
        "monetary_share": groups["monetary"].sum() / (users["monetary"].sum() / 1e8),
    }
    for column, values in expected.items():
        np.testing.assert_allclose(
            profile[column].to_numpy(dtype=float), values.to_numpy(), rtol=1e-12, err_msg=column
        )


def test_the_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle(
    spark: SparkSession,
) -> None:
    users = random_users().head(4)
    users[["recency", "frequency", "monetary"]] = [
        [1, 1, 100],
        [2, 1, 250],
        [9, 2, 301],
        [80, 7, 10**15],
    ]

    row = profile_of(spark, users, scale=2).iloc[0]

    assert (row["recency_days_median"], row["frequency_median"]) == (5.5, 1.5)
    assert row["monetary_median"] == 2.755


def test_names_centres_and_scores_are_those_of_the_segment(spark: SparkSession) -> None:
    profile = profile_of(spark, random_users())

    assert profile["segment_id"].tolist() == [1, 2, 3]
    assert profile["segment_key"].tolist() == ["key_1", "key_2", "key_3"]
    assert profile["name_zh"].tolist() == ["名1", "名2", "名3"]
    assert profile["strategy_en"].tolist() == ["strategy 1", "strategy 2", "strategy 3"]
    assert profile[["r_centre", "f_centre", "m_centre"]].to_numpy().tolist() == CENTRES.tolist()
    assert profile["rfmf_score_mean"].tolist() == pytest.approx([9, 8, 7])


def test_what_the_basis_amount_does_not_know_stays_unknown(spark: SparkSession) -> None:
    users = random_users().assign(holding_amount=None, retained=None)

    profile = profile_of(spark, users, scale=2)

    assert profile["holding_amount_mean"].isna().all()
    assert profile["retention_rate"].isna().all()
    assert profile["monetary_mean"].notna().all()


def test_segments_that_brought_nothing_have_no_share_of_the_income(spark: SparkSession) -> None:
    profile = profile_of(spark, random_users().assign(monetary=0))

    assert profile["monetary_share"].isna().all()
    assert profile["monetary_mean"].tolist() == [0, 0, 0]
