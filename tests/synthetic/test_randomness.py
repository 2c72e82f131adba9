"""Hash columns behave as random numbers, and as nothing else than their arguments say."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.synthetic.randomness import (
    exponential_draw,
    integer_below,
    nearest_whole,
    normal_draw,
    opaque_id,
    stream_salt,
    uniform_draw,
)

DRAWS = 20_000


def _values(spark: SparkSession, column: Column, partitions: int = 1) -> list[object]:
    rows = spark.range(0, DRAWS, 1, partitions).select(column.alias("value")).collect()
    return [row["value"] for row in rows]


def test_uniform_draws_fill_the_open_unit_interval_evenly(spark: SparkSession) -> None:
    values = np.array(_values(spark, uniform_draw(1, "a", F.col("id"))))
    counts, _ = np.histogram(values, bins=10, range=(0.0, 1.0))
    assert values.min() > 0.0
    assert values.max() < 1.0
    # Five standard deviations of a binomial count with p = 1/10.
    assert np.abs(counts - DRAWS / 10).max() < 5 * np.sqrt(DRAWS * 0.1 * 0.9)


def test_normal_draws_have_mean_zero_and_unit_deviation(spark: SparkSession) -> None:
    values = np.array(_values(spark, normal_draw(1, "a", F.col("id"))))
    assert abs(values.mean()) < 5 / np.sqrt(DRAWS)
    assert abs(values.std() - 1.0) < 5 / np.sqrt(2 * DRAWS)
    assert abs((values < 1.0).mean() - 0.8413) < 0.015


def test_exponential_draws_have_mean_one(spark: SparkSession) -> None:
    values = np.array(_values(spark, exponential_draw(1, "a", F.col("id"))))
    assert abs(values.mean() - 1.0) < 5 / np.sqrt(DRAWS)


def test_integers_below_a_bound_reach_all_of_them_and_no_other(spark: SparkSession) -> None:
    assert set(_values(spark, integer_below(3, 1, "a", F.col("id")))) == {0, 1, 2}


def test_draws_do_not_depend_on_partitions(classic_spark: SparkSession) -> None:
    draw = uniform_draw(1, "a", F.col("id"))
    assert _values(classic_spark, draw, partitions=1) == _values(classic_spark, draw, partitions=7)


@pytest.mark.parametrize(("seed", "stream"), [(2, "a"), (1, "b")])
def test_another_seed_or_stream_is_unrelated(spark: SparkSession, seed: int, stream: str) -> None:
    first = np.array(_values(spark, uniform_draw(1, "a", F.col("id"))))
    second = np.array(_values(spark, uniform_draw(seed, stream, F.col("id"))))
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(DRAWS)


def test_opaque_ids_are_distinct_and_out_of_order(spark: SparkSession) -> None:
    ids = [str(value) for value in _values(spark, opaque_id(1, "a", F.col("id")))]
    assert len(set(ids)) == DRAWS
    assert {len(value) for value in ids} == {16}
    assert ids != sorted(ids)


def test_halves_round_up(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(0.5,), (1.49,), (2.5,)], "x double")
    rows = frame.select(nearest_whole(F.col("x")).alias("value")).collect()
    assert [row["value"] for row in rows] == [1, 1, 3]


def test_a_salt_is_a_signed_64_bit_number_for_any_seed() -> None:
    salts = {stream_salt(seed, "a") for seed in (-1, 0, 1, 10**30)}
    assert len(salts) == 4
    assert all(-(2**63) <= salt < 2**63 for salt in salts)
