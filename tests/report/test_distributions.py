from __future__ import annotations

from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.distributions import build_distributions
from rfmf_spark.report.feature_scale import FeatureScale, merge_bins
from rfmf_spark.report.measures import value_words
from tests.report.builders import as_rows, bin_rows, cut_rows, run_tables

OPTIONS = ReportOptions()
FEE = value_words({})


def scale(feature: str, *bins: tuple[str | None, str | None, int, str]) -> FeatureScale:
    return FeatureScale(feature, as_rows("feature_distribution", bin_rows(feature, *bins)), FEE)


def test_days_lie_evenly_and_the_open_end_is_as_wide_as_the_first_bin() -> None:
    bins = scale(
        "recency", (None, "10", 30, "0"), ("10", "20", 40, "0"), ("20", None, 50, "0")
    ).bins()
    assert [(one.left, one.right) for one in bins] == [(0, 10), (10, 20), (20, 30)]
    assert [one.values.en for one in bins] == [
        "0 days–9 days",
        "10 days–19 days",
        "20 days and more",
    ]


def test_money_lies_on_a_logarithmic_axis() -> None:
    own = scale("monetary", (None, "1", 30, "0"), ("1", "10", 30, "0"), ("10", None, 30, "0"))
    assert [(one.left, one.right) for one in own.bins()] == [(-1, 0), (0, 4), (4, 5)]
    assert [one.values.en for one in own.bins()] == [
        "below ¥1.00",
        "¥1.00–¥10.00",
        "¥10.00 and more",
    ]
    assert own.place(0.0) is None


def test_purchases_have_a_place_each() -> None:
    own = scale("frequency", (None, "2", 30, "0"), ("2", "3", 30, "0"), ("10", "18", 30, "0"))
    assert [one.values.zh for one in own.bins()] == ["1 次", "2 次", "10 次–17 次"]
    assert (own.place(1.0), own.place(2.0), own.place(12.0)) == (0, 1, 2)


def test_bins_of_few_users_are_shown_with_their_neighbours_and_about() -> None:
    own = scale("recency", (None, "10", 31, "0"), ("10", "20", 4, "0"), ("20", "30", 44, "0"))
    merged = merge_bins(own.bins(), 20)
    assert [(one.left, one.right, one.users) for one in merged] == [(0, 10, 40), (10, 30, 40)]
    assert merged[1].values.en == "10 days–29 days"


def test_a_large_tie_is_told_with_the_scores_that_it_leaves_empty() -> None:
    recency = build_distributions(run_tables(), OPTIONS)[0]
    assert recency.tie is not None
    assert recency.tie.en == (
        "25% of users have the same value (60 days), so they share a score; that is why nobody has "
        "score 2."
    )


def test_cut_points_of_money_are_rounded_and_small_scores_withheld() -> None:
    cuts = [
        *cut_rows("recency", (500, 0, 500), ("60", "20")),
        *cut_rows("frequency", (100, 700, 200), ("2", "5")),
        *cut_rows("monetary", (9, 391, 600), ("1.23456789", "20.5")),
    ]
    tables = run_tables(score_cut_points=as_rows("score_cut_points", cuts))
    recency, _, monetary = build_distributions(tables, OPTIONS)
    assert [row.begins.en for row in recency.cuts] == ["—", "≤ 60 days", "≤ 20 days"]
    assert [row.begins.en for row in monetary.cuts] == ["—", "≥ ¥1.23", "≥ ¥20.50"]
    assert [row.users.en for row in monetary.cuts] == ["—", "—", "600"]


def test_without_bins_only_scores_are_drawn() -> None:
    tables = run_tables(feature_distribution=as_rows("feature_distribution", []))
    assert [feature.before for feature in build_distributions(tables, OPTIONS)] == [None] * 3
