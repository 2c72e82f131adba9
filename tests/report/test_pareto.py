from __future__ import annotations

import numpy as np

from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.pareto import build_pareto, find_curve
from tests.report.builders import as_rows, bin_rows, run_tables


def test_the_curve_adds_users_up_from_the_highest_value_down() -> None:
    curve = find_curve(run_tables().feature_distribution, 20)
    assert curve is not None
    # 200 users bring 600 of 1,000, the next 300 bring 300, the last 500 bring 100.
    np.testing.assert_allclose(curve, [(0, 0), (0.2, 0.6), (0.5, 0.9), (1, 1)])


def test_no_step_of_the_curve_holds_a_few_users() -> None:
    bins = bin_rows(
        "monetary", (None, "1", 960, "100"), ("1", "10", 37, "300"), ("10", None, 3, "600")
    )
    curve = find_curve(as_rows("feature_distribution", bins), 20)
    assert curve is not None
    np.testing.assert_allclose(curve, [(0, 0), (0.04, 0.9), (1, 1)])


def test_shares_between_two_points_are_told_as_the_least_that_they_bring() -> None:
    view = build_pareto(run_tables(), ReportOptions())
    assert view is not None
    told = {share.en: brought.en for share, brought in view.shares}
    assert told == {"20%": "60.0%", "50%": "90.0%"}


def test_without_value_or_users_there_is_no_curve() -> None:
    nothing = as_rows("feature_distribution", [])
    assert find_curve(nothing, 20) is None
    worthless = as_rows("feature_distribution", bin_rows("monetary", (None, "1", 500, "-3")))
    assert find_curve(worthless, 20) is None
