"""A run in full on the console: what users have named shows as they wrote it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from rfmf_spark.cli.history_view import print_detail
from rfmf_spark.tables.history import RunDetail, RunSummary

AS_OF = dt.date(2019, 8, 14)


def test_a_run_in_full_keeps_the_brackets_of_its_id_reason_paths_and_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = dt.datetime(2019, 8, 15, 2)
    run_id, reason = "nightly [/a]", "refused by [ops]"
    figures = (None, None, None, "no [/verdict]", 3, reason)
    summary = RunSummary(run_id, AS_OF, "failed", False, now, now, *figures)
    began = {"event": 1, "recorded_at": now, "stage": "clean", "exit_code": 3}
    facts: dict[str, Any] = {
        "inputs": {"trades": "/data/[2019]/[/x]"},
        "configuration": {"input.trades": "/data/[2019]/[/x]", "scoring.bins": 10},
        "versions": {"by": {"user": "night [/watch]", "application": "app [1]"}},
        **{name: {} for name in ("control_totals", "weights", "durations", "outputs")},
    }
    event = began | {"status": "failed", "reason": reason}

    print_detail(RunDetail(summary, "m [1]", [event], facts), {"scoring.bins": 10})

    shown = capsys.readouterr().out
    told = (run_id, reason, "no [/verdict]", "Model: m [1]", "input.trades", "night [/watch]")
    for text in told:
        assert text in shown
    assert shown.count("/data/[2019]/[/x]") == 2
