"""Cut points: what is published scores every value as the rule for ties does by ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.scoring import ScoringSettings, Ties
from rfmf_spark.scoring.cut_points import (
    FeatureCuts,
    _cuts_from_ranks,
    _given_cuts,
    _ranks_of_cuts,
    find_cut_points,
    score_by_ranks,
)
from rfmf_spark.scoring.order_statistics import OrderStatistic

# Heavily tied, like frequencies, and hardly tied, like money.
USERS = st.one_of(
    st.lists(st.integers(0, 5), min_size=1, max_size=60),
    st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=60),
    st.lists(st.sampled_from([1, 1, 1, 1, 1, 1, 2, 2, 3, 10]), min_size=1, max_size=60),
)


def cuts_of(values: Sequence[int], feature: str, bins: int, ties: Ties = "mid") -> FeatureCuts:
    """Cut points from a sorted list in the place of Spark."""
    ordered = sorted(values)
    found = {
        rank: OrderStatistic(
            ordered[rank],
            sum(value < ordered[rank] for value in values),
            ordered.count(ordered[rank]),
        )
        for rank in _ranks_of_cuts(len(values), bins).values()
    }
    return _cuts_from_ranks(feature, found, len(values), ScoringSettings(bins=bins, ties=ties))


def score_by_cuts(value: int, cuts: FeatureCuts) -> int:
    """A score as a reader of the published table would give it."""
    score = 1
    for cut in cuts.cuts:
        beyond = value < cut.value if cuts.lower_is_better else value > cut.value
        if beyond or (cut.inclusive and value == cut.value):
            score = cut.score
    return score


def scores_by_definition(
    values: Sequence[int], bins: int, lower_is_better: bool, ties: Ties
) -> dict[int, int]:
    """The rules of the model, for every value that occurs."""
    scores = {}
    for value in set(values):
        below = sum(v > value if lower_is_better else v < value for v in values)
        at, users = values.count(value), len(values)
        scores[value] = {
            "low": 1 + bins * below // users,
            "mid": 1 + bins * (2 * below + at) // (2 * users),
            "high": 1 + bins * (below + at - 1) // users,
        }[ties]
    return scores


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    values=USERS,
    bins=st.integers(2, 10),
    feature=st.sampled_from(["recency", "frequency"]),
    ties=st.sampled_from(get_args(Ties)),
)
def test_published_cut_points_score_every_user_as_the_ranks_do(
    values: list[int], bins: int, feature: str, ties: Ties
) -> None:
    cuts = cuts_of(values, feature, bins, ties)

    by_cuts = {value: score_by_cuts(value, cuts) for value in values}

    assert by_cuts == scores_by_definition(values, bins, feature == "recency", ties)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(values=USERS, bins=st.integers(2, 10))
def test_a_cut_counts_the_users_that_are_better_and_equal(values: list[int], bins: int) -> None:
    for feature in ("recency", "monetary"):
        cuts = cuts_of(values, feature, bins)

        assert [cut.score for cut in cuts.cuts] == list(range(2, bins + 1))
        for cut in cuts.cuts:
            better = [v < cut.value if feature == "recency" else v > cut.value for v in values]
            assert (cut.beyond, cut.at) == (sum(better), values.count(cut.value))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(values=USERS, bins=st.integers(2, 10))
def test_a_cut_is_the_smallest_value_that_its_share_of_users_does_not_exceed(
    values: list[int], bins: int
) -> None:
    def quantile(j: int) -> int:
        return min(v for v in values if sum(w <= v for w in values) * bins >= j * len(values))

    upwards, downwards = (cuts_of(values, name, bins).cuts for name in ("monetary", "recency"))

    assert [cut.value for cut in upwards] == [quantile(j) for j in range(1, bins)]
    assert [cut.value for cut in downwards] == [quantile(j) for j in range(bins - 1, 0, -1)]


@pytest.mark.parametrize(
    ("worse", "at", "users", "score"),
    [(0, 10, 10, 6), (0, 1, 1, 6), (0, 5, 10, 3), (5, 5, 10, 8), (9, 1, 10, 10), (0, 1, 10, 1)],
)
def test_the_middle_of_the_ranks_decides(worse: int, at: int, users: int, score: int) -> None:
    assert score_by_ranks(worse, at, users, 10) == score


def test_spark_finds_the_cut_points_of_all_three_features(spark: SparkSession) -> None:
    random = np.random.default_rng(8)
    columns = {
        "recency": random.integers(0, 247, 700).tolist(),
        "frequency": random.choice([1, 1, 1, 2, 3, 40], 700).tolist(),
        "monetary": np.floor(random.lognormal(17, 3, 700)).astype(np.int64).tolist(),
    }
    rows = list(zip(*columns.values(), strict=True))
    frame = spark.createDataFrame(rows, "recency bigint, frequency bigint, monetary bigint")

    for bins in (3, 10):
        found = find_cut_points(frame, 700, ScoringSettings(bins=bins), 8)
        assert found == {name: cuts_of(values, name, bins) for name, values in columns.items()}
        assert found["recency"].source == "quantiles (histogram, ties mid)"


def test_one_user_gets_the_middle_score(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(3, 1, -5)], "recency bigint, frequency bigint, monetary bigint")

    found = find_cut_points(frame, 1, ScoringSettings(), 8)

    assert [score_by_cuts(v, found[n]) for n, v in zip(found, (3, 1, -5), strict=True)] == [6, 6, 6]


def test_frequencies_of_which_half_are_one_leave_low_scores_empty() -> None:
    # 51 % bought once, 17 % twice and so on: a typical retailer's first year.
    values = [1] * 51 + [2] * 17 + [3] * 10 + [4] * 7 + [5] * 5 + [7] * 4 + [12] * 4 + [30] * 2

    cuts = cuts_of(values, "frequency", 10)

    scores = {value: score_by_cuts(value, cuts) for value in sorted(set(values))}
    # Middles of the ranks: 25.5, 59.5, 73, 81.5, 87.5, 92, 96, 99 of 100.
    assert scores == {1: 3, 2: 6, 3: 8, 4: 9, 5: 9, 7: 10, 12: 10, 30: 10}
    by_score = {cut.score: (cut.value, cut.inclusive, cut.beyond, cut.at) for cut in cuts.cuts}
    assert by_score[3] == (1, True, 49, 51)
    assert by_score[4] == (1, False, 49, 51)
    assert by_score[6] == (1, False, 49, 51)
    assert by_score[7] == (2, False, 32, 17)


def test_given_cuts_belong_to_the_better_side() -> None:
    recency = _given_cuts("recency", (30, 90), 0)
    frequency = _given_cuts("frequency", (2, 5), 0)

    assert [score_by_cuts(days, recency) for days in (0, 30, 31, 90, 91)] == [3, 3, 2, 2, 1]
    assert [score_by_cuts(count, frequency) for count in (1, 2, 4, 5)] == [1, 2, 2, 3]
    assert (recency.source, recency.cuts[0].beyond, recency.cuts[0].at) == ("given", None, None)


def test_given_cuts_between_whole_numbers_move_to_the_better_side() -> None:
    recency = _given_cuts("recency", (30.5,), 0)
    cents = _given_cuts("monetary", (9.995, 100.10), 2)
    fees = _given_cuts("monetary", (-0.5, 0.1, 106.43835616), 8)

    assert [score_by_cuts(days, recency) for days in (30, 31)] == [2, 1]
    assert [cut.value for cut in cents.cuts] == [1_000, 10_010]
    assert [cut.value for cut in fees.cuts] == [-50_000_000, 10_000_000, 10_643_835_616]


def test_given_and_found_cuts_can_be_mixed(spark: SparkSession) -> None:
    frame = spark.range(100).selectExpr("id AS recency", "1L AS frequency", "id AS monetary")
    scoring = ScoringSettings.model_validate(
        {"bins": 3, "cut_points": {"recency": [7, 30], "monetary": [0.1, 0.5]}}
    )

    found = find_cut_points(frame, 100, scoring, 2)

    assert [cut.value for cut in found["recency"].cuts] == [30, 7]
    assert [cut.value for cut in found["monetary"].cuts] == [10, 50]
    assert [(cut.value, cut.inclusive) for cut in found["frequency"].cuts] == [
        (1, True),
        (1, False),
    ]
