from __future__ import annotations

import dataclasses
import datetime as dt

from rfmf_spark.report.contents import PreviousRun, ReportOptions
from rfmf_spark.report.run_comparison import build_run_comparison
from tests.report.builders import as_rows, profile_row, run_tables

OPTIONS = ReportOptions()


def previous(*rows: dict[str, object]) -> PreviousRun:
    profile = as_rows("segment_profile", list(rows))
    configuration = run_tables().configuration
    return PreviousRun("2019-07-14-b", dt.date(2019, 7, 14), configuration, profile)


def test_a_segment_is_compared_with_the_nearest_centre_before() -> None:
    # Centres before: number 2 lies where number 1 lies now, half a score lower in R.
    before = previous(
        profile_row(1, 900, r_centre=1.0, f_centre=2.0, m_centre=1.0),
        profile_row(2, 100, r_centre=2.5, f_centre=2.0, m_centre=3.0, monetary_share=0.65),
    )
    comparison = build_run_comparison(run_tables(previous=before), OPTIONS)
    assert comparison is not None
    first = comparison.segments[0]
    assert (first.nearest.en, first.distance.en) == ("2 Sort 2", "0.50")
    assert (first.users.en, first.users_before.en) == ("200", "100")
    assert (first.share.en, first.change.en, first.value_change.en) == (
        "20.0%",
        "+10.0 pp",
        "-5.0 pp",
    )


def test_sizes_of_small_segments_of_either_run_are_withheld() -> None:
    before = previous(profile_row(1, 5), profile_row(2, 995, m_centre=0.0, r_centre=0.0))
    comparison = build_run_comparison(run_tables(previous=before), OPTIONS)
    assert comparison is not None
    assert [one.users_before.en for one in comparison.segments] == ["—"] * 3
    assert [one.change.en for one in comparison.segments] == ["—"] * 3


def test_other_settings_of_the_earlier_run_are_told() -> None:
    same = previous(profile_row(1, 1000))
    other = dataclasses.replace(same, configuration={"features.basis": "amount"})
    comparison, warned = (
        build_run_comparison(run_tables(previous=before), OPTIONS) for before in (same, other)
    )
    assert comparison is not None
    assert comparison.warning is None
    assert warned is not None
    assert warned.warning is not None
    assert warned.warning.en == (
        "Both runs had different settings (features.basis), so figures do not compare directly."
    )


def test_without_an_earlier_run_there_is_nothing_to_compare() -> None:
    assert build_run_comparison(run_tables(), OPTIONS) is None
