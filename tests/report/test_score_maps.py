from __future__ import annotations

import numpy as np

from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.score_maps import build_maps, count_by_scores, withheld_scores
from tests.report.builders import run_tables


def test_users_are_counted_by_two_scores() -> None:
    counts = count_by_scores(run_tables().score_cells, "r_score", "f_score", 3)
    assert counts.tolist() == [[100, 400, 0], [0, 0, 0], [0, 300, 200]]


def test_a_small_square_is_withheld_with_others_that_hide_it() -> None:
    counts = np.array([[5, 400, 0], [0, 0, 0], [50, 300, 200]])
    hidden = withheld_scores(counts, 20)
    assert hidden[0, 0]
    assert hidden[0].sum() >= 2
    assert hidden[:, 0].sum() >= 2


def test_squares_tell_users_and_segment_in_both_languages() -> None:
    by_frequency, by_value = build_maps(run_tables(), ReportOptions())
    assert 'data-tip-en="R 3, 3: 200 users, mostly kind 1"' in by_frequency.figure
    assert 'data-tip-zh="R 1，1：500 名用户，多属第 3 类"' in by_value.figure


def test_without_segments_of_cells_squares_tell_users_only() -> None:
    cells = run_tables().score_cells.assign(segment_id=None)
    by_frequency, _ = build_maps(run_tables(score_cells=cells), ReportOptions())
    assert 'data-tip-en="R 3, 3: 200 users"' in by_frequency.figure
