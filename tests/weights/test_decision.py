"""Which weights apply, and what runs and models say about them."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.ahp import solve_priorities
from rfmf_spark.weights.decision import decide_weights, describe_weights
from rfmf_spark.weights.group import judge_group
from tests.weights.matrices import consistent, expert

RFMF = np.array([[1, 1 / 3, 1 / 7], [3, 1, 1 / 5], [7, 5, 1]])
# Standard deviations over the users 4 : 3 : 1, and so weights 0.5, 0.375, 0.125.
SCORES = np.array([[1.0, 1, 5], [9, 1, 5], [1, 7, 7], [9, 7, 7]])
USERS = np.ones(4)


def test_experts_alone_need_no_users() -> None:
    group = judge_group([expert(RFMF)], WeightSettings())

    decision = decide_weights(WeightSettings(), group)

    assert decision.weights.tolist() == solve_priorities(RFMF).weights.tolist()
    assert decision.objective is None


def test_scores_alone_need_no_experts_and_ask_none() -> None:
    settings = WeightSettings(method="standard_deviation")
    group = judge_group([expert(RFMF)], settings)

    for anybody in (None, group):
        decision = decide_weights(settings, anybody, SCORES, USERS)
        np.testing.assert_allclose(decision.weights, [0.5, 0.375, 0.125])


def test_both_are_combined_as_configured() -> None:
    settings = WeightSettings(method="combined", objective="standard_deviation", coefficient=0.25)
    group = judge_group([expert(consistent(0.1, 0.1, 0.8))], settings)

    decision = decide_weights(settings, group, SCORES, USERS)

    np.testing.assert_allclose(decision.weights, [0.4, 0.30625, 0.29375])
    assert decision.objective is not None
    np.testing.assert_allclose(decision.objective, [0.5, 0.375, 0.125])


def test_what_needs_users_is_refused_without_them() -> None:
    with pytest.raises(
        ConfigurationError, match=r"weights\.method is critic, which needs the scores"
    ):
        decide_weights(WeightSettings(method="critic"), None)


def test_the_description_says_which_matrices_by_whom_when_and_with_which_hash() -> None:
    settings = WeightSettings(
        method="combined", above_limit="leave_out", objective="standard_deviation"
    )
    contradiction = [[1, 3, 1 / 3], [1 / 3, 1, 3], [3, 1 / 3, 1]]
    group = judge_group([expert(RFMF, weight=2), expert(contradiction, name="C")], settings)

    told = describe_weights(settings, group, decide_weights(settings, group, SCORES, USERS))

    assert (told["judgments"], told["expert"], told["judged_on"]) == (
        "trial",
        "A. Expert",
        "2024-05-01",
    )
    assert [
        (one["expert"], one["weight"], one["used"], one["sha256"]) for one in told["experts"]
    ] == [
        ("A. Expert", 2.0, True, ""),
        ("C", 1.0, False, ""),
    ]
    assert told["combination"] == {"method": "linear", "coefficient": 0.5}
    assert told["objective"]["values"] == pytest.approx(
        {"recency": 0.5, "frequency": 0.375, "monetary": 0.125}
    )
    assert sum(told["values"].values()) == pytest.approx(1)


def test_before_there_are_scores_the_values_are_open() -> None:
    settings = WeightSettings(method="entropy")

    told = describe_weights(settings, None, None)

    assert told["values"] is None
    assert told["objective"] == {"method": "entropy", "values": None}
    assert (told["judgments"], told["experts"], told["consistency_ratio"]) == ("", [], None)
