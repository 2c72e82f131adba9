from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from rfmf_spark.config.sections.weights import ObjectiveMethod, WeightSettings
from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.rendering import render_report
from rfmf_spark.report.weighting import build_weighting
from rfmf_spark.weights.decision import Decision, describe_weights
from rfmf_spark.weights.group import GroupOpinion
from rfmf_spark.weights.loading import load_group
from tests.report.builders import as_rows, run_tables

OPTIONS = ReportOptions()
DECISION = Decision(np.array([0.2, 0.3, 0.5]), np.array([0.2, 0.3, 0.5]))


def recorded(settings: WeightSettings) -> dict[str, Any]:
    """What a run that weighs so records of its weights."""
    group: GroupOpinion | None = load_group(settings)
    return describe_weights(settings, group, DECISION)


def test_weights_stand_in_the_order_of_the_model_with_their_consistency() -> None:
    weighting = build_weighting(run_tables(), OPTIONS)
    assert [weight.shown.en for weight in weighting.weights] == ["0.0810", "0.1884", "0.7306"]
    assert weighting.consistency is not None
    assert weighting.consistency.en == (
        "Consistency ratio CR = 0.0559, λmax = 3.0649 (limit 0.1): the judgments agree with each "
        "other."
    )
    assert weighting.is_consistent


def test_a_ratio_above_the_limit_is_told_as_a_contradiction() -> None:
    weights = dict(run_tables().weights) | {"consistency_ratio": 0.2}
    weighting = build_weighting(run_tables(weights=weights), OPTIONS)
    assert weighting.consistency is not None
    assert weighting.consistency.zh.endswith("（上限 0.1）：判断前后矛盾。")
    assert not weighting.is_consistent


@pytest.mark.parametrize("method", get_args(ObjectiveMethod))
def test_weights_of_scores_alone_name_their_method_and_no_expert(method: ObjectiveMethod) -> None:
    weights = recorded(WeightSettings(method=method))
    weighting = build_weighting(run_tables(weights=weights), OPTIONS)
    assert weighting.origin.en.startswith("the scores of the users, by ")
    assert weighting.origin.zh.startswith("用户得分，")
    assert (weighting.consistency, weighting.is_consistent) == (None, True)
    page = render_report(run_tables(weights=weights), OPTIONS)
    assert weighting.origin.en in page
    assert "CR =" not in page


def test_combined_weights_name_the_experts_and_the_method() -> None:
    weights = recorded(WeightSettings(method="combined", objective="critic"))
    weighting = build_weighting(run_tables(weights=weights), OPTIONS)
    assert "judged by " in weighting.origin.en
    assert weighting.origin.en.endswith("; the scores of the users, by CRITIC")
    assert weighting.consistency is not None
    assert "CR = " in render_report(run_tables(weights=weights), OPTIONS)


def test_sensitivity_tells_shares_but_not_of_a_few_users() -> None:
    rows: list[dict[str, Any]] = [
        {"choice": "scoring.ties", "value_before": "mid", "value_after": "low", "k_after": 5}
        | {"moved": 123, "moved_share": 0.123, "renamed": 4, "renamed_share": 0.004}
        | {"rand_index": 0.81234},
        {"choice": "features.basis", "value_after": "amount", "note": "needs the ledger"},
    ]
    tables = run_tables(sensitivity=as_rows("sensitivity", rows))
    measured, refused = build_weighting(tables, OPTIONS).sensitivity
    assert (measured.change, measured.k.en) == ("mid → low", "5")
    assert (measured.moved.en, measured.renamed.en) == ("12.3%", "fewer than 20 users")
    assert measured.agreement.en == "0.812"
    assert (refused.note, refused.moved.en) == ("needs the ledger", "—")
