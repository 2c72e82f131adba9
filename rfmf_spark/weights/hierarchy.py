"""Criteria that consist of others: weights among their own kind, and in the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.weights.group import GroupOpinion, judge_group


class NodeWeight(NamedTuple):
    """One criterion: its place from the top down, weight among its siblings, and in the whole."""

    path: tuple[str, ...]
    local_weight: float
    global_weight: float


def find_node_weights(group: GroupOpinion, settings: WeightSettings) -> tuple[NodeWeight, ...]:
    """Weights of all criteria and sub-criteria, each before what it consists of.

    Below a criterion those experts count who count above it and have judged there. A global weight
    is the product of the local ones from the top down (Saaty 1980). Raises ``ConfigurationError``
    as ``judge_group``.
    """
    return tuple(_descend(group, settings, (), 1.0))


def _descend(
    group: GroupOpinion, settings: WeightSettings, above: tuple[str, ...], share: float
) -> Iterator[NodeWeight]:
    for criterion, weight in zip(group.criteria, group.priorities.weights, strict=True):
        path, whole = (*above, criterion), share * float(weight)
        yield NodeWeight(path, float(weight), whole)
        below = [
            opinion.judgments.sub_criteria[criterion]
            for opinion in group.used
            if criterion in opinion.judgments.sub_criteria
        ]
        if below:
            yield from _descend(judge_group(below, settings), settings, path, whole)
