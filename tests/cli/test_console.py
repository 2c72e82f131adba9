"""Findings on the console: names and reasons of users show as they were written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from rfmf_spark.cli.console import print_findings
from rfmf_spark.cli.history_view import print_detail
from rfmf_spark.run.context import RunResult
from rfmf_spark.tables.history import RunDetail, RunSummary
from rfmf_spark.tables.store import RunKey

AS_OF = dt.date(2019, 8, 14)
FIGURES = {"monetary_share": 0.5, "user_share": 0.5, "retention_rate": None} | {
    f"{name}_{kind}": 1.0
    for name in ("recency_days", "frequency", "monetary")
    for kind in ("mean", "median")
}


def test_names_of_segments_and_of_judgments_and_reasons_keep_their_brackets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    profile = {"segment_id": 1, "name_en": "key [VIP]", "name_zh": "重要 [/大]", "users": 3}
    means = {f"{name}_mean": 1.0 for name in ("cumulative_amount", "holding_amount", "rfmf_score")}
    choice = {"k": 2, "chosen": True, "votes": 1, "reason": "given by [model of /r/[x]]"}
    criteria = ("cost", "silhouette", "calinski_harabasz", "davies_bouldin", "gap", "valley")
    weights = {
        "values": {"recency": 1.0},
        "judgments": "own [2024] by Bob [/ops]",
        "consistency_ratio": 0.05,
    }

    print_findings(
        RunResult(
            RunKey(AS_OF, "r"),
            "root",
            weights,
            k_selection=pd.DataFrame([choice | dict.fromkeys((*criteria, "stability"))]),
            profile=pd.DataFrame([profile | FIGURES | means]),
        )
    )

    shown = capsys.readouterr().out
    for text in (
        "key [VIP]",
        "重要 [/大]",
        "given by [model of /r/[x]]",
        "Weights (own [2024] by Bob [/ops]): recency 1.0000; consistency ratio 0.0500",
    ):
        assert text in shown


def test_a_run_in_full_keeps_the_brackets_of_its_id_reason_paths_and_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = dt.datetime(2019, 8, 15, 2)
    run_id, reason = "nightly [/a]", "refused by [ops]"
    figures = (None, None, None, "no [/verdict]", 3, reason)
    summary = RunSummary(run_id, AS_OF, "failed", False, now, now, *figures)
    told = {"event": 1, "recorded_at": now, "stage": "clean", "exit_code": 3}
    facts: dict[str, Any] = {
        "inputs": {"trades": "/data/[2019]/[/x]"},
        "configuration": {"input.trades": "/data/[2019]/[/x]", "scoring.bins": 10},
        **{name: {} for name in ("control_totals", "weights", "durations", "outputs")},
    }
    event = told | {"status": "failed", "reason": reason}

    print_detail(RunDetail(summary, "m [1]", [event], facts), {"scoring.bins": 10})

    shown = capsys.readouterr().out
    for text in (run_id, reason, "no [/verdict]", "Model: m [1]", "input.trades"):
        assert text in shown
    assert shown.count("/data/[2019]/[/x]") == 2
