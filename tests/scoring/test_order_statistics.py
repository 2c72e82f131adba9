"""Order statistics against numpy: exact for any distribution, partitioning and grid."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.scoring import order_statistics
from rfmf_spark.scoring.order_statistics import (
    Group,
    OrderStatistic,
    find_order_statistics,
    grid_bin_number,
)

Values = npt.NDArray[np.int64]

SHARES = [j / 10 for j in range(1, 10)]


def distributions() -> dict[str, Values]:
    random = np.random.default_rng(2019)
    sizes = 3_000
    return {
        "long tail": np.floor(random.lognormal(12, 3, sizes)).astype(np.int64),
        "ties": random.choice([1, 1, 1, 1, 1, 1, 2, 3, 700], sizes).astype(np.int64),
        "negative": -np.floor(random.lognormal(9, 2, sizes)).astype(np.int64),
        "both signs": random.integers(-(10**7), 10**7, sizes),
        "huge": random.integers(-(10**18), 10**18, sizes),
        "close together": 10**17 + random.integers(0, 50, sizes),
        "all equal": np.full(11, -4_097, dtype=np.int64),
        "one row": np.array([10**18], dtype=np.int64),
    }


@pytest.fixture(scope="module")
def groups() -> dict[str, Values]:
    return distributions()


@pytest.fixture(scope="module")
def frame(spark: SparkSession, groups: dict[str, Values]) -> DataFrame:
    table = pd.concat(
        pd.DataFrame({"part": name, "value": values}) for name, values in groups.items()
    )
    return spark.createDataFrame(table.sample(frac=1.0, random_state=3)).coalesce(2).cache()


def ranks_of_shares(groups: dict[str, Values]) -> dict[Group, list[int]]:
    return {
        (name, "value"): [0, len(values) - 1, *(int(np.ceil(len(values) * s)) - 1 for s in SHARES)]
        for name, values in groups.items()
    }


def expected_statistics(
    groups: dict[str, Values], ranks: dict[Group, list[int]]
) -> dict[Group, dict[int, OrderStatistic]]:
    found: dict[Group, dict[int, OrderStatistic]] = {}
    for name, values in groups.items():
        ordered = np.sort(values)
        found[name, "value"] = {
            rank: OrderStatistic(
                int(ordered[rank]),
                int(np.sum(values < ordered[rank])),
                int(np.sum(values == ordered[rank])),
            )
            for rank in ranks[name, "value"]
        }
    return found


@pytest.mark.parametrize("partitions", [1, 7])
def test_values_and_counts_equal_those_of_the_sorted_rows(
    frame: DataFrame, groups: dict[str, Values], partitions: int
) -> None:
    ranks = ranks_of_shares(groups)

    found = find_order_statistics(frame.repartition(partitions), ranks)

    assert found == expected_statistics(groups, ranks)
    for name, values in groups.items():
        quantiles = np.quantile(values, SHARES, method="inverted_cdf")
        assert [
            found[name, "value"][rank].value for rank in ranks[name, "value"][2:]
        ] == quantiles.tolist()


def test_refining_pass_after_pass_gives_the_same_answer(
    frame: DataFrame, groups: dict[str, Values], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_statistics, "_FEW_ROWS", 3)
    monkeypatch.setattr(order_statistics, "_FINER_BINS", 50)
    own = {name: groups[name] for name in ("huge", "long tail", "ties")}
    ranks: dict[Group, list[int]] = {
        (name, "value"): [len(values) // 2, len(values) - 1] for name, values in own.items()
    }

    found = find_order_statistics(frame, ranks)

    assert found == expected_statistics(own, ranks)


def test_the_grid_is_monotone_and_counts_small_values_one_by_one(spark: SparkSession) -> None:
    edges = {base**4 // 8 + step for base in range(1, 4_000, 7) for step in (-1, 0, 1)}
    powers = {10**power + step for power in range(19) for step in (-1, 0, 1)}
    small = set(range(4_097))
    values = sorted(edges | powers | small)
    ordered = [-value for value in reversed(values) if value > 0] + [v for v in values if v >= 0]
    frame = spark.createDataFrame([(value,) for value in ordered], "value bigint").coalesce(1)

    bins = [row[0] for row in frame.select(grid_bin_number(F.col("value"))).collect()]

    assert all(later >= earlier for earlier, later in itertools.pairwise(bins))
    assert bins[ordered.index(0) : ordered.index(4_096) + 1] == list(range(4_097))
    assert max(bins) < 1_000_000
