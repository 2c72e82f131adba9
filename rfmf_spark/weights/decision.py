"""Which weights apply: of experts, of the users' own scores, or of both, as configured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.combination import combine_weights
from rfmf_spark.weights.group import GroupOpinion, Opinion
from rfmf_spark.weights.objective import find_objective_weights

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Decision:
    """The weights that apply, and those of the scores (n,), where they take part."""

    weights: Floats
    objective: Floats | None = None


def asks_experts(settings: WeightSettings) -> bool:
    """Whether experts have a say in the weights."""
    return settings.method in ("ahp", "group", "combined")


def needs_users(settings: WeightSettings) -> bool:
    """Whether the scores of users have a say in the weights."""
    return settings.method not in ("ahp", "group")


def decide_weights(
    settings: WeightSettings,
    group: GroupOpinion | None,
    values: Floats | None = None,
    users: Floats | None = None,
) -> Decision:
    """The weights by ``settings.method``.

    ``group`` is needed where ``asks_experts``; scores ``values`` (n, m) of ``users`` (n,) where
    ``needs_users``. Raises ``InputRefusedError`` where the scores tell nothing.
    """
    if not needs_users(settings) and group is not None:
        return Decision(group.priorities.weights)
    if values is None or users is None:
        raise ConfigurationError(
            f"weights.method is {settings.method}, which needs the scores of users; give them "
            f"(rfmf weights --cells FILE), or use ahp or group"
        )
    # Literal types cannot follow a choice of methods that excludes combined.
    chosen = settings.objective if settings.method == "combined" else settings.method
    objective = find_objective_weights(chosen, values, users)  # type: ignore[arg-type]
    if settings.method != "combined" or group is None:
        return Decision(objective, objective)
    subjective = group.priorities.weights
    combined = combine_weights(settings.combination, subjective, objective, settings.coefficient)
    return Decision(combined, objective)


def describe_weights(
    settings: WeightSettings, group: GroupOpinion | None, decision: Decision | None
) -> dict[str, Any]:
    """Weights with their consistency, and whose judgments they come from, for runs and models.

    Without a ``decision`` (before there are scores) the values are None.
    """
    values = None if decision is None else _by_feature(decision.weights)
    described: dict[str, Any] = {"method": settings.method, "values": values}
    described |= _describe_group(group)
    described |= {"random_index": settings.random_index, "priorities": settings.priorities}
    if needs_users(settings):
        objective = None if decision is None or decision.objective is None else decision.objective
        described["objective"] = {
            "method": settings.objective if settings.method == "combined" else settings.method,
            "values": None if objective is None else _by_feature(objective),
        }
    if settings.method == "combined":
        described["combination"] = {
            "method": settings.combination,
            "coefficient": settings.coefficient,
        }
    return described


def _describe_group(group: GroupOpinion | None) -> dict[str, Any]:
    if group is None:
        empty = {"judgments": "", "expert": "", "judged_on": "", "experts": []}
        return empty | {"lambda_max": None, "consistency_ratio": None, "consensus": None}
    used = [opinion.judgments for opinion in group.used]
    alone = used[0] if len(used) == 1 else None
    return {
        "judgments": alone.name if alone else f"{len(used)} judgment matrices",
        "expert": alone.expert if alone else f"{len(used)} experts",
        "judged_on": max(judgments.judged_on for judgments in used),
        "lambda_max": group.priorities.lambda_max,
        "consistency_ratio": group.priorities.consistency_ratio,
        "consensus": group.consensus,
        "experts": [_describe_opinion(opinion) for opinion in group.opinions],
    }


def _describe_opinion(opinion: Opinion) -> dict[str, Any]:
    judgments = opinion.judgments
    return {
        "judgments": judgments.name,
        "expert": judgments.expert,
        "judged_on": judgments.judged_on,
        "weight": judgments.weight,
        "consistency_ratio": opinion.priorities.consistency_ratio,
        "used": opinion.used,
        "sha256": judgments.digest,
    }


def _by_feature(weights: Floats) -> dict[str, float]:
    return dict(zip(FEATURE_NAMES, [float(weight) for weight in weights], strict=True))
