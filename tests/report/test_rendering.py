from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser

import pytest

from rfmf_spark.report.contents import PreviousRun, ReportOptions
from rfmf_spark.report.rendering import render_report
from tests.report.builders import as_rows, cut_rows, profile_row, run_tables

SCRIPT = "<script>alert('x')</script>"
MOST_BYTES = 3_000_000


class Page(HTMLParser):
    """Tags with their attributes, ids and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def render(**changes: object) -> str:
    return render_report(run_tables(**changes), ReportOptions())


@pytest.fixture(scope="module")
def page() -> str:
    before = PreviousRun("run-before", dt.date(2019, 7, 14), {}, run_tables().segment_profile)
    return render(previous=before)


def test_every_section_is_there_and_every_link_leads_to_one(page: str) -> None:
    tags = Page(page).tags
    ids = {attributes["id"] for tag, attributes in tags if tag == "section"}
    assert ids == {
        "segments",
        "analysed",
        "profile",
        "pareto",
        "k",
        "maps",
        "distributions",
        "weights",
        "rule",
        "previous",
        "glossary",
    }
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    assert {str(link).removeprefix("#") for link in links} == ids - {"segments"}


def test_the_page_fetches_nothing(page: str) -> None:
    tags = Page(page).tags
    assert [a for tag, a in tags if tag in ("img", "iframe", "object", "embed")] == []
    assert [a for tag, a in tags if tag == "link"] == [{"rel": "icon", "href": "data:,"}]
    assert [a for tag, a in tags if a.get("src")] == []
    assert not re.search(r"url\((?!#)", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_only_the_own_script_may_run(page: str) -> None:
    assert [tag for tag, _ in Page(page).tags].count("script") == 1
    assert "script-src 'sha256-" in page


def test_the_page_is_small(page: str) -> None:
    assert len(page.encode()) < MOST_BYTES


def test_the_page_stays_small_with_as_many_scores_and_segments_as_can_be() -> None:
    segments = [profile_row(number, 400) for number in range(1, 51)]
    scores = range(1, 101)
    cuts = [
        row
        for feature in ("recency", "frequency", "monetary")
        for row in cut_rows(feature, (200,) * 100, tuple(str(n) for n in range(99)))
    ]
    cells = [
        {
            "r_score": r,
            "f_score": f,
            "m_score": 1 + (r + f) % 100,
            "users": 2,
            "segment_id": 1 + r // 2,
        }
        for r in scores
        for f in scores
    ]
    page = render(
        segment_profile=as_rows("segment_profile", segments),
        score_cut_points=as_rows("score_cut_points", cuts),
        score_cells=as_rows("score_cells", cells),
    )
    assert len(page.encode()) < MOST_BYTES


def test_every_text_stands_in_both_languages(page: str) -> None:
    classes = [attributes.get("class") for _, attributes in Page(page).tags]
    assert classes.count("zh") == classes.count("en") > 100


def test_the_language_is_that_of_the_options() -> None:
    page = render_report(run_tables(), ReportOptions(language="en"))
    assert '<html lang="en" data-lang="en"' in page
    assert "<title>Customer segments 2019-08-14</title>" in page


@pytest.mark.parametrize(
    "changes",
    [
        {
            "segment_profile": as_rows(
                "segment_profile",
                [profile_row(1, 1000, name_zh=SCRIPT, name_en=SCRIPT, strategy_en=SCRIPT)],
            )
        },
        {"weights": dict(run_tables().weights) | {"judgments": SCRIPT}},
        {"versions": {"rfmf_spark": SCRIPT}},
        {"run_id": SCRIPT},
        {"model_id": SCRIPT},
    ],
    ids=["segment", "judgments", "versions", "run", "model"],
)
def test_a_script_in_any_text_is_shown_as_text(changes: dict[str, object]) -> None:
    page = render(**changes)
    assert "<script>alert" not in page
    assert [tag for tag, _ in Page(page).tags].count("script") == 1


def test_a_small_segment_leaves_no_figure_anywhere_in_the_page() -> None:
    small = profile_row(1, 7, user_share=0.0077, monetary_mean=777.77, monetary_share=0.0707)
    rows = [small, profile_row(2, 300), profile_row(3, 693)]
    page = render(segment_profile=as_rows("segment_profile", rows))
    assert "777.77" not in page
    assert "7.1%" not in page
    assert "0.8%" not in page


@pytest.mark.parametrize(
    "empty",
    ["segment_rule_match", "feature_distribution", "reconciliation", "segment_stability"],
)
def test_a_table_without_rows_leaves_its_part_out(empty: str) -> None:
    assert "</html>" in render(**{empty: as_rows(empty, [])})


def test_a_single_user_is_no_reason_to_fail() -> None:
    profile = as_rows("segment_profile", [profile_row(1, 1)])
    cells = as_rows(
        "score_cells",
        [{"r_score": 2, "f_score": 2, "m_score": 2, "users": 1, "segment_id": 1}],
    )
    page = render(segment_profile=profile, score_cells=cells)
    assert "不足 20" in page
