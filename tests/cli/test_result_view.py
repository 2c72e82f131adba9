"""Findings on the console: names and reasons of users show as they were written."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from rfmf_spark.cli.result_view import print_findings, print_result
from rfmf_spark.run.context import RunResult
from rfmf_spark.run.progress import Progress, Stage
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


def test_a_result_ends_with_where_it_lies_and_how_to_look_at_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = RunResult(RunKey(AS_OF, "r [1]"), "/results of [ops]/\x1b[2J", {})
    progress = Progress(stages=[Stage("clean", seconds=1.5), Stage("publish", seconds=0.5)])

    print_result(result, progress, "Report: /tmp/[r].html")

    assert capsys.readouterr().out.splitlines() == [
        "Run r [1] is current (2.0 s). Tables:",
        r"  /results of [ops]/\x1b[2J/segment_profile",
        r"  /results of [ops]/\x1b[2J/user_segments",
        r"  /results of [ops]/\x1b[2J/runs",
        r"All of them: rfmf show r [1] --set 'output.root=/results of [ops]/\x1b[2J'",
        "Report: /tmp/[r].html",
    ]
