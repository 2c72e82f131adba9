"""Checks, reconciliations, refused rows and sensitivities show as they are, and steer nothing."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from rfmf_spark.cli.checks_view import print_checks
from rfmf_spark.cli.figures import show_number, show_share
from rfmf_spark.cli.progress_view import show_stage
from rfmf_spark.cli.quarantine_view import print_quarantine
from rfmf_spark.cli.reconciliation_view import print_reconciliation
from rfmf_spark.cli.sensitivity_view import print_sensitivity
from rfmf_spark.ledger.inspection import QuarantineReport
from rfmf_spark.run.progress import Stage
from rfmf_spark.session.doctor import Check
from rfmf_spark.session.engine_choice import EngineChoice
from rfmf_spark.tables.store import RunKey

RUN = RunKey(dt.date(2019, 8, 14), "r [/1]")
HOSTILE = "[/x]\x1b[2J :smile:"
SHOWN = r"[/x]\x1b[2J :smile:"


def test_figures_that_are_not_there_are_left_blank() -> None:
    assert [show_number(1234.5, 1), show_number(None, 1), show_number(float("nan"), 1)] == [
        "1,234.5",
        "",
        "",
    ]
    assert [show_share(0.12345), show_share(0.5, 1), show_share(None)] == ["12.35%", "50.0%", ""]


def test_a_stage_is_a_line_of_name_rows_seconds_and_note(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_stage(Stage("clean", 12345, HOSTILE, 1.25))
    show_stage(Stage("publish"))

    assert capsys.readouterr().out.splitlines() == [
        f"clean            12,345 rows      1.2 s  {SHOWN}",
        "publish                           0.0 s",
    ]


def test_a_check_that_fails_is_followed_by_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [
        Check("Python", True, "3.12"),
        Check("Write access", False, HOSTILE, f"free {HOSTILE}"),
        Check("Java", False, "none", needed=False),
    ]

    print_checks(EngineChoice("embedded", "one computer"), checks)

    assert capsys.readouterr().out.splitlines() == [
        "     Engine           embedded (one computer)",
        "ok   Python           3.12",
        f"FAIL Write access     {SHOWN}",
        f"                      free {SHOWN}",
        "-    Java             none",
    ]


def test_a_reconciliation_has_a_row_per_input_outcome_and_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {"source": "trades", "outcome": "accepted", "reason": HOSTILE, "rows": 1234}

    print_reconciliation(pd.DataFrame([row | {"amount": 5678, "units": 0}]))

    shown = capsys.readouterr().out
    assert [cell.strip() for cell in shown.splitlines()[4].split("│")[1:-1]] == [
        "trades",
        "accepted",
        SHOWN,
        "1,234",
        "5,678",
        "0",
    ]


def test_refused_rows_are_counted_and_sampled_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    where = {"source": "trades", "reason": "bad_date"}
    counts, samples = (pd.DataFrame([where | more]) for more in ({"rows": 2}, {"record": HOSTILE}))

    print_quarantine(QuarantineReport(RUN, counts, samples))

    shown = capsys.readouterr().out
    assert "Refused by run r [/1]" in shown
    assert shown.endswith(f"\ntrades bad_date: {SHOWN}\n")


def test_a_run_that_has_refused_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_quarantine(QuarantineReport(RUN, pd.DataFrame(), pd.DataFrame()))

    assert capsys.readouterr().out == "Run r [/1] has refused no row.\n"


def test_a_choice_shows_what_moved_or_why_it_was_not_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moved = {
        "choice": "scoring.bins",
        "value_before": "10",
        "value_after": "5",
        "k_before": 4,
        "k_after": 3.0,
        "moved_share": 0.125,
        "renamed_share": 0.0,
        "rand_index": 0.75,
        "names_new": HOSTILE,
        "note": None,
    }
    nothing = dict.fromkeys(("k_after", "moved_share", "renamed_share", "rand_index", "names_new"))

    print_sensitivity(RUN, pd.DataFrame([moved, moved | nothing | {"note": "why [/not]"}]))

    shown = capsys.readouterr().out
    rows = [line.split("│")[1:-1] for line in shown.splitlines() if line.startswith("│")]
    assert "Sensitivity of run r [/1] (K = 4)" in shown
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["scoring.bins", "10 → 5", "3", "12.50%", "0.00%", "0.750", SHOWN],
        ["scoring.bins", "10 → 5", "", "", "", "", "why [/not]"],
    ]
