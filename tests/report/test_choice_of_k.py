from __future__ import annotations

import pytest

from rfmf_spark.report.choice_of_k import build_choice
from rfmf_spark.report.contents import ReportOptions
from tests.report.builders import as_rows, k_row, run_tables

OPTIONS = ReportOptions()


def test_a_natural_k_is_told_with_votes_and_runner_up() -> None:
    choice = build_choice(run_tables(), OPTIONS)
    assert choice.is_natural is True
    assert choice.verdict.en.startswith("K = 3: users fall into 3 kinds by themselves")
    assert [one.en for one in choice.why] == [
        "Votes of the criteria: Silhouette → 2; elbow of the cost → 3; Gap → 3.",
        "33% of the votes went to another K; the runner-up is K = 2.",
    ]


def test_gates_are_named_without_the_share_of_a_small_segment() -> None:
    failed = "valley 0.9 above 0.5; share 0.003 below 0.01"
    rows = [
        k_row(2, failed_gates=failed),
        k_row(5, chosen=True, verdict="no_natural_k", failed_gates=failed),
    ]
    choice = build_choice(run_tables(k_selection=as_rows("k_selection", rows)), OPTIONS)
    assert choice.is_natural is False
    assert choice.verdict.zh.startswith("没有天然的 K")
    assert [row.failed.en for row in choice.rows] == ["valley, smallest share"] * 2
    assert "K that fail the gates: 2, 5 (see the table)." in [one.en for one in choice.why]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"inputs": {"model": {"fitted_as_of": "2019-07-01", "model_id": "f" * 64}}},
            "K = 3: the model ffffffffffff fitted as of 2019-07-01 was used; nothing was fitted.",
        ),
        (
            {"configuration": {"clustering.centres": [[1, 1, 1]]}},
            "K = 3: given by configuration (clustering.centres).",
        ),
        ({}, "K = 3: given by configuration (clustering.fixed_k)."),
    ],
)
def test_a_given_k_says_by_what(changes: dict[str, object], told: str) -> None:
    selection = as_rows("k_selection", [k_row(3, chosen=True, verdict="given", silhouette=None)])
    choice = build_choice(run_tables(k_selection=selection, **changes), OPTIONS)
    assert choice.verdict.en == told
    assert choice.curves == ()
