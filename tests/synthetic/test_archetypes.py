"""The assumptions hold together, and rows find theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.synthetic.archetypes import (
    ARCHETYPES,
    PLAN_SPACINGS,
    archetype_parameter,
    choose_by_share,
)


def test_archetypes_are_numbered_in_order_and_share_all_users() -> None:
    assert [archetype.number for archetype in ARCHETYPES] == [1, 2, 3, 4, 5]
    assert sum(archetype.share for archetype in ARCHETYPES) == pytest.approx(1.0)
    assert sum(share for _, share in PLAN_SPACINGS) == pytest.approx(1.0)


def test_each_row_gets_the_parameter_of_its_archetype(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(5,), (1,)], "archetype int")
    rows = frame.select(archetype_parameter("share").alias("share")).collect()
    assert [row["share"] for row in rows] == [ARCHETYPES[4].share, ARCHETYPES[0].share]


def test_a_draw_falls_into_the_slice_of_its_choice(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(0.1,), (0.5,), (0.75,), (0.99,)], "u double")
    choice = choose_by_share(F.col("u"), [("a", 0.5), ("b", 0.25), ("c", 0.25)])
    rows = frame.select(choice.alias("choice")).collect()
    assert [row["choice"] for row in rows] == ["a", "b", "c", "c"]


def test_the_documentation_states_the_shares_in_force() -> None:
    document = Path(__file__).parents[2] / "docs" / "synthetic-ledger.md"
    (line,) = re.findall(r"^\| share of users \|(.*)\|$", document.read_text("utf-8"), re.M)
    stated = [float(cell) for cell in line.split("|")]
    assert stated == [archetype.share for archetype in ARCHETYPES]
