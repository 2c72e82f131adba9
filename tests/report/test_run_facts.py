from __future__ import annotations

from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.run_facts import build_run_facts
from tests.report.builders import as_rows, outcome_row, profile_row, run_tables

OPTIONS = ReportOptions()


def test_tiles_tell_what_was_analysed() -> None:
    tiles = {tile.name.en: tile.figure.en for tile in build_run_facts(run_tables(), OPTIONS).tiles}
    assert tiles == {
        "Users with a purchase": "1,000",
        "Trades used": "5,000",
        "Purchases": "2,500",
        "Amount bought": "¥1,234,568",
        "Product records": "30",
        "Users without a purchase": "fewer than 20",
        "Overdrawn positions": "0",
    }


def test_few_refused_rows_are_not_counted_and_amounts_of_refused_rows_never_shown() -> None:
    accepted, refused = build_run_facts(run_tables(), OPTIONS).outcomes
    assert (accepted.rows.en, accepted.amount.en) == ("5,000", "1,234,567.89")
    assert (refused.outcome.zh, refused.reason.zh) == ("隔离", "超出范围")
    assert (refused.rows.en, refused.amount.en) == ("fewer than 20", "—")


def test_products_are_no_people() -> None:
    products = outcome_row("accepted", "", 7, "0") | {"source": "products"}
    tables = run_tables(reconciliation=as_rows("reconciliation", [products]))
    (row,) = build_run_facts(tables, OPTIONS).outcomes
    assert (row.rows.en, row.amount.en) == ("7", "—")


def test_sums_of_a_few_users_are_not_shown() -> None:
    profile = as_rows("segment_profile", [profile_row(1, 3)])
    facts = build_run_facts(run_tables(segment_profile=profile), OPTIONS)
    assert "Amount bought" not in [tile.name.en for tile in facts.tiles]
    assert [row.amount.en for row in facts.outcomes] == ["—", "—"]


def test_the_window_is_told_as_it_was_configured() -> None:
    whole = build_run_facts(run_tables(), OPTIONS).notes[0]
    assert whole.en == "Window: the whole ledger up to 2019-08-14."
    given = {"features.window_start": "2019-01-01", "features.window_days": 90}
    told = build_run_facts(run_tables(configuration=given), OPTIONS).notes
    assert told[0].en == "Window: from 2019-01-01 to 2019-08-14."
    assert told[1].en == "R and F count purchases of the last 90 days only."
