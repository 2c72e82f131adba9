"""The three rules for ties: worked scores, and published cuts that score as the ranks do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.scoring import ScoringSettings, Ties
from rfmf_spark.scoring.cut_points import (
    LOWER_IS_BETTER,
    FeatureCuts,
    _cuts_from_ranks,
    _ranks_of_cuts,
    find_cut_points,
    score_by_ranks,
)
from rfmf_spark.scoring.order_statistics import OrderStatistic
from rfmf_spark.scoring.scores import add_scores

RULES: tuple[Ties, ...] = ("low", "mid", "high")

# Purchases of the 23,570 users of CDNOW (7 means 7 or more, who share the top score).
CDNOW_FREQUENCY = {1: 11908, 2: 4079, 3: 2217, 4: 1441, 5: 995, 6: 635, 7: 2295}
CDNOW_SCORES = {
    "low": [11908, 0, 0, 0, 0, 4079, 2217, 1441, 1630, 2295],
    "mid": [0, 0, 11908, 0, 0, 4079, 0, 2217, 3071, 2295],
    "high": [0, 0, 0, 0, 0, 11908, 4079, 2217, 2436, 2930],
}

VALUES = st.one_of(
    st.lists(st.integers(0, 6), min_size=1, max_size=80),
    st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=40),
)


def cuts_of(values: Sequence[int], feature: str, chosen: ScoringSettings) -> FeatureCuts:
    """Cut points from a sorted list, without Spark."""
    ordered = sorted(values)
    found = {}
    for rank in _ranks_of_cuts(len(values), chosen.bins).values():
        value = ordered[rank]
        found[rank] = OrderStatistic(value, ordered.index(value), ordered.count(value))
    return _cuts_from_ranks(feature, found, len(values), chosen)


def score_by_cuts(value: int, cuts: FeatureCuts) -> int:
    """One more than the number of borders passed."""
    sign = -1 if cuts.lower_is_better else 1
    return 1 + sum(
        sign * value > sign * cut.value or (cut.inclusive and value == cut.value)
        for cut in cuts.cuts
    )


def scores_by_ranks(values: Sequence[int], feature: str, chosen: ScoringSettings) -> dict[int, int]:
    sign = -1 if feature in LOWER_IS_BETTER else 1
    counts = Counter(values)
    return {
        value: score_by_ranks(
            sum(at for other, at in counts.items() if sign * other < sign * value),
            at_value,
            len(values),
            chosen.bins,
            chosen.ties,
        )
        for value, at_value in counts.items()
    }


@pytest.mark.parametrize(("ties", "score"), [("low", 1), ("mid", 6), ("high", 10)])
def test_users_who_are_all_tied_share_the_score_of_the_rule(ties: Ties, score: int) -> None:
    assert score_by_ranks(0, 20, 20, 10, ties) == score


def test_untied_users_score_alike_under_every_rule() -> None:
    # Ten users, ten bins: the user with n worse ones has score n + 1.
    for ties in RULES:
        assert [score_by_ranks(worse, 1, 10, 10, ties) for worse in range(10)] == [*range(1, 11)]


def test_high_gives_the_top_tenth_the_top_score() -> None:
    # 20 users; 3 tied on top hold the ranks 17 to 19: 1 + 10 * 19 // 20, 1 + 10 * 37 // 40, …
    assert score_by_ranks(17, 3, 20, 10, "high") == 10
    assert score_by_ranks(17, 3, 20, 10, "mid") == 10
    assert score_by_ranks(17, 3, 20, 10, "low") == 9


@pytest.mark.parametrize("ties", RULES)
def test_the_published_users_per_score_of_a_real_shop_come_out(ties: Ties) -> None:
    users = sum(CDNOW_FREQUENCY.values())
    on_score, worse = Counter[int](), 0
    for at in CDNOW_FREQUENCY.values():
        on_score[score_by_ranks(worse, at, users, 10, ties)] += at
        worse += at
    assert users == 23570
    assert [on_score[score] for score in range(1, 11)] == CDNOW_SCORES[ties]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    values=VALUES,
    bins=st.integers(2, 20),
    ties=st.sampled_from(RULES),
    feature=st.sampled_from(["recency", "frequency"]),
)
def test_scoring_by_published_cuts_equals_scoring_by_ranks(
    values: list[int], bins: int, ties: Ties, feature: str
) -> None:
    chosen = ScoringSettings(bins=bins, ties=ties)
    cuts = cuts_of(values, feature, chosen)
    by_ranks = scores_by_ranks(values, feature, chosen)
    assert {value: score_by_cuts(value, cuts) for value in by_ranks} == by_ranks


@pytest.mark.parametrize("ties", ["low", "high"])
def test_spark_scores_users_as_their_ranks_do(spark: SparkSession, ties: Ties) -> None:
    rows = [(5 * n % 13, 1 + n % 7 // 4, n * n % 17 * 10**9) for n in range(40)]
    users = spark.createDataFrame(rows, "recency bigint, frequency bigint, monetary bigint")
    chosen = ScoringSettings(bins=7, ties=ties)
    found = add_scores(users, find_cut_points(users, len(rows), chosen, 8)).collect()
    for position, name in enumerate(("recency", "frequency", "monetary")):
        expected = scores_by_ranks([row[position] for row in rows], name, chosen)
        assert all(row[f"{name[0]}_score"] == expected[row[name]] for row in found)
