from __future__ import annotations

import numpy as np

from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.score_maps import build_maps, count_by_scores, withheld_scores
from tests.report.builders import as_rows, run_tables


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
    assert 'data-tip-zh="R 1, 1：500 名用户，多属第 3 类"' in by_value.figure


def test_an_empty_square_that_protects_a_small_one_looks_like_it() -> None:
    # The 5 hides 30 and 60; in the row of the 60, only an empty square is left to hide that.
    cells = run_tables().score_cells.assign(
        r_score=[1, 1, 2, 3], f_score=[1, 2, 2, 1], users=[5, 30, 40, 60]
    )
    page = build_maps(run_tables(score_cells=cells), ReportOptions())[0].figure
    for scores in ("1, 1", "3, 1", "3, 2"):
        assert f'data-tip-en="R {scores}: size withheld"' in page


def test_very_many_scores_share_squares() -> None:
    cuts = as_rows("score_cut_points", [{"score": score} for score in range(1, 101)])
    cells = run_tables().score_cells.assign(r_score=[100, 97, 1, 5], f_score=[99, 6, 6, 1])
    page = build_maps(run_tables(score_cells=cells, score_cut_points=cuts), ReportOptions())[0]
    assert 'data-tip-en="R 96–100, 96–100: 200 users, mostly kind 1"' in page.figure
    assert 'data-tip-en="R 1–5, 6–10: 400 users, mostly kind 3"' in page.figure


def test_without_segments_of_cells_squares_tell_users_only() -> None:
    cells = run_tables().score_cells.assign(segment_id=None)
    by_frequency, _ = build_maps(run_tables(score_cells=cells), ReportOptions())
    assert 'data-tip-en="R 3, 3: 200 users"' in by_frequency.figure
