"""Everything that is to be said about weights: experts, group, other methods, how sure they are.

Computing only; words and tables for people are in ``cli/weights/view.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.sections.weights import (
    CombinationMethod,
    ObjectiveMethod,
    PriorityMethod,
    WeightSettings,
)
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.cells import Cells
from rfmf_spark.weights.comparison import MethodRow, compare_weights, share_unmoved
from rfmf_spark.weights.decision import Decision, decide_weights
from rfmf_spark.weights.group import GroupOpinion, Opinion, aggregate, form_opinion
from rfmf_spark.weights.hierarchy import NodeWeight, find_node_weights
from rfmf_spark.weights.judgments import JudgmentMatrix
from rfmf_spark.weights.methods import find_priorities
from rfmf_spark.weights.region import Region, find_region
from rfmf_spark.weights.repair import Repair, check_consistency, suggest_repairs

Floats = NDArray[np.float64]

# The first row of the comparison: the weights that apply.
APPLIED = "applied"


@dataclass(frozen=True, eq=False)
class Findings:
    """What the experts that are not refused come to.

    ``region`` is None where experts have no say; ``unmoved_share`` of users needs score cells.
    """

    group: GroupOpinion
    nodes: tuple[NodeWeight, ...]
    decision: Decision
    methods: tuple[MethodRow, ...]
    region: Region | None
    unmoved_share: float | None


@dataclass(frozen=True, eq=False)
class WeightReport:
    """Experts one by one, with repairs (by their number) for those above the limit.

    ``findings`` is None where an expert is refused.
    """

    opinions: tuple[Opinion, ...]
    repairs: dict[int, tuple[Repair, ...]] = field(default_factory=dict)
    findings: Findings | None = None


def report_weights(
    matrices: Sequence[JudgmentMatrix], settings: WeightSettings, cells: Cells | None
) -> WeightReport:
    """Find everything about the weights of one expert or several.

    Raises ``ConfigurationError`` for matrices that cannot be compared, where ``settings`` need
    ``cells``, and where cells come with other criteria than the features.
    """
    _check_criteria(matrices, cells)
    lenient = settings.model_copy(update={"above_limit": "leave_out"})
    opinions = tuple(form_opinion(matrix, lenient) for matrix in matrices)
    repairs = {
        number: suggest_repairs(
            opinion.judgments.values,
            settings.random_index,
            settings.max_consistency_ratio,
            every=True,
        )
        for number, opinion in enumerate(opinions)
        if not opinion.used
    }
    nobody = len(repairs) == len(opinions)
    if nobody or (repairs and settings.above_limit == "refuse"):
        return WeightReport(opinions, repairs)
    return WeightReport(opinions, repairs, _find(aggregate(opinions, settings), settings, cells))


def refuse_inconsistent(report: WeightReport, settings: WeightSettings) -> None:
    """Raise ``ConfigurationError`` for the first refused expert, where there is one."""
    if report.findings is None:
        refused = report.opinions[min(report.repairs)]
        check_consistency(refused.judgments, refused.priorities, settings.max_consistency_ratio)


def _find(group: GroupOpinion, settings: WeightSettings, cells: Cells | None) -> Findings:
    def decide(weights: Floats) -> Decision:
        scores = (None, None) if cells is None else (cells.scores, cells.users)
        return decide_weights(settings, group.with_weights(weights), *scores)

    decision = decide(group.priorities.weights)
    by_method = {APPLIED: decision.weights} | _other_weights(group, settings, cells)
    region, unmoved = None, None
    if settings.method in ("ahp", "group", "combined"):
        region = find_region(group, settings, lambda weights: decide(weights).weights)
        if cells is not None:
            unmoved = share_unmoved(cells, decision.weights, region.weights)
    return Findings(
        group,
        find_node_weights(group, settings),
        decision,
        compare_weights(by_method, decision.weights, cells),
        region,
        unmoved,
    )


def _other_weights(
    group: GroupOpinion, settings: WeightSettings, cells: Cells | None
) -> dict[str, Floats]:
    """Weights by the names of the settings' values that lead to them."""
    found: dict[str, Floats] = {}
    methods: tuple[PriorityMethod, ...] = get_args(PriorityMethod)
    for method in methods:
        found[method] = find_priorities(group.values, method).weights
    if len(group.used) > 1:
        averaged = settings.model_copy(update={"aggregation": "priorities"})
        found["averaged_priorities"] = aggregate(group.opinions, averaged).priorities.weights
    if cells is None:
        return found
    objectives: tuple[ObjectiveMethod, ...] = get_args(ObjectiveMethod)
    for objective in objectives:
        alone = settings.model_copy(update={"method": objective})
        found[objective] = decide_weights(alone, None, cells.scores, cells.users).weights
    combinations: tuple[CombinationMethod, ...] = get_args(CombinationMethod)
    for combination in combinations:
        both = settings.model_copy(update={"method": "combined", "combination": combination})
        found[combination] = decide_weights(both, group, cells.scores, cells.users).weights
    return found


def _check_criteria(matrices: Sequence[JudgmentMatrix], cells: Cells | None) -> None:
    for matrix in matrices:
        expected = FEATURE_NAMES if cells is not None else matrices[0].criteria
        if matrix.criteria != expected:
            raise ConfigurationError(
                f"{matrix.name} by {matrix.expert}: criteria are {', '.join(matrix.criteria)}; "
                f"expected, in this order, {', '.join(expected)}"
            )
