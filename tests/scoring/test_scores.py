"""Scores of users, score cells, and the published table of cut points."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.sections.scoring import ScoringSettings
from rfmf_spark.scoring.cut_points import CutPoint, FeatureCuts, find_cut_points
from rfmf_spark.scoring.scores import add_scores, count_cells, cut_point_table

CUTS = {
    "recency": FeatureCuts("recency", (CutPoint(2, 90, False), CutPoint(3, 30, True)), "given"),
    "frequency": FeatureCuts("frequency", (CutPoint(2, 2, True), CutPoint(3, 2, False)), "given"),
    "monetary": FeatureCuts(
        "monetary", (CutPoint(2, 0, True), CutPoint(3, 10**18, False)), "given"
    ),
}


@pytest.fixture(scope="module")
def users(spark: SparkSession) -> DataFrame:
    """Ten users: frequencies 1 (six times), 2 (three times) and 9."""
    rows = [(n * 10, f, n * 100) for n, f in enumerate([1, 1, 1, 2, 2, 2, 1, 1, 1, 9])]
    return spark.createDataFrame(rows, "recency bigint, frequency bigint, monetary bigint")


def test_a_score_counts_the_borders_that_a_value_has_passed(spark: SparkSession) -> None:
    rows = [
        ("worst", 91, 1, -1, 1, 1, 1),
        ("not inclusive", 90, 1, 10**18, 1, 1, 2),
        ("inclusive", 30, 2, 0, 3, 2, 2),
        ("between", 31, 2, 1, 2, 2, 2),
        ("best", 0, 3, 10**18 + 1, 3, 3, 3),
    ]
    frame = spark.createDataFrame(
        rows, "u string, recency bigint, frequency bigint, monetary bigint, r int, f int, m int"
    )

    scored = add_scores(frame, CUTS)

    for row in scored.collect():
        scores = (row["r_score"], row["f_score"], row["m_score"])
        assert scores == (row["r"], row["f"], row["m"]), row["u"]
    assert dict(scored.dtypes)["r_score"] == "int"


def test_cells_count_users_and_are_sorted(users: DataFrame) -> None:
    cells = count_cells(add_scores(users, CUTS))

    assert cells.to_dict("list") == {
        "r_score": [1, 2, 2, 3, 3],
        "f_score": [3, 1, 2, 1, 2],
        "m_score": [2, 2, 2, 2, 2],
        "users": [1, 3, 2, 3, 1],
    }


def test_the_published_table_has_every_score_of_every_feature(users: DataFrame) -> None:
    cuts = find_cut_points(users, 10, ScoringSettings(), 8)
    cells = count_cells(add_scores(users, cuts))

    table = cut_point_table(cells, cuts, 10, 8)

    assert len(table) == 30
    assert table.groupby("feature")["users"].sum().to_dict() == {
        "recency": 10,
        "frequency": 10,
        "monetary": 10,
    }
    frequency = {
        row["score"]: row for row in table.to_dict("records") if row["feature"] == "frequency"
    }
    # Middles of the ranks: 3 of 10, 7.5 of 10, 9.5 of 10.
    assert [row["users"] for row in frequency.values()] == [0, 0, 0, 6, 0, 0, 0, 3, 0, 1]
    assert frequency[1]["cut_value"] is None
    assert frequency[1]["inclusive"] is None
    assert (frequency[4]["cut_value"], frequency[5]["cut_value"]) == (1, 1)
    assert (frequency[4]["inclusive"], frequency[5]["inclusive"]) == (True, False)
    assert (frequency[4]["users_beyond_cut"], frequency[4]["users_at_cut"]) == (4, 6)
    assert table[table["feature"] == "frequency"]["tie_mass"].max() == 0.6
    assert table["user_share"].sum() == pytest.approx(3)


def test_cut_values_are_published_in_days_purchases_and_yuan(users: DataFrame) -> None:
    cells = count_cells(add_scores(users, CUTS))

    table = cut_point_table(cells, CUTS, 3, 8).set_index(["feature", "score"])

    assert table.loc[("recency", 3), "cut_value"] == Decimal(30)
    assert table.loc[("monetary", 3), "cut_value"] == Decimal("10000000000.00000000")
    assert table["tie_mass"].isna().all()
    assert set(table["source"]) == {"given"}


def test_users_who_are_all_equal_share_the_middle_score(spark: SparkSession) -> None:
    frame = spark.range(7).select(
        F.lit(5).cast("bigint").alias("recency"),
        F.lit(1).cast("bigint").alias("frequency"),
        F.lit(0).cast("bigint").alias("monetary"),
    )
    cuts = find_cut_points(frame, 7, ScoringSettings(), 8)

    cells = count_cells(add_scores(frame, cuts))

    expected = pd.DataFrame({"r_score": [6], "f_score": [6], "m_score": [6], "users": [7]})
    assert cells.astype("int64").equals(expected)
    assert cut_point_table(cells, cuts, 10, 8)["tie_mass"].max() == 1.0
