from __future__ import annotations

from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.rule_comparison import build_rule_comparison
from tests.report.builders import as_rows, rule_rows, run_tables

OPTIONS = ReportOptions()


def test_segments_are_spread_over_the_cells_of_the_rule() -> None:
    match = rule_rows({(1, "111"): 150, (1, "101"): 50, (2, "101"): 300})
    tables = run_tables(segment_rule_match=as_rows("segment_rule_match", match))
    rule = build_rule_comparison(tables, OPTIONS)
    assert rule is not None
    assert [label.en for label in rule.labels] == ["Cell 111", "Cell 101"]
    assert [[cell.shown.en for cell in row.cells] for row in rule.rows] == [
        ["75%", "25%"],
        ["", "100%"],
    ]
    assert [cell.agrees for cell in rule.rows[0].cells] == [True, False]
    assert (rule.agreement.en, rule.rand_index.en) == ("78%", "0.73")


def test_a_few_users_in_a_cell_of_the_rule_are_withheld() -> None:
    match = rule_rows({(1, "111"): 150, (1, "101"): 5, (2, "111"): 60, (2, "101"): 300})
    tables = run_tables(segment_rule_match=as_rows("segment_rule_match", match))
    rule = build_rule_comparison(tables, OPTIONS)
    assert rule is not None
    shown = [cell.shown.en for row in rule.rows for cell in row.cells]
    assert shown == ["—"] * 4
