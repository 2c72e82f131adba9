"""Several experts: what each of them says, and what the group says.

The geometric mean keeps reciprocity, and a group of experts within a limit of consistency stays
within it (Xu 2000). Whether judgments or priorities are averaged: Forman and Peniwati 1998.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.ahp import Priorities
from rfmf_spark.weights.completion import complete_judgments
from rfmf_spark.weights.consensus import measure_consensus
from rfmf_spark.weights.judgments import JudgmentMatrix
from rfmf_spark.weights.methods import find_priorities
from rfmf_spark.weights.repair import check_consistency


@dataclass(frozen=True, eq=False)
class Opinion:
    """One expert: completed judgments, what follows from them, and whether they count.

    ``completed`` are the places (row, column) above the diagonal that the expert left open.
    """

    judgments: JudgmentMatrix
    priorities: Priorities
    used: bool
    completed: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class GroupOpinion:
    """All experts, the matrix (n, n) of those who count, and the priorities of the group.

    ``consensus`` is None for fewer than two experts or criteria.
    """

    opinions: tuple[Opinion, ...]
    values: NDArray[np.float64]
    priorities: Priorities
    consensus: float | None

    @property
    def criteria(self) -> tuple[str, ...]:
        """Names of the criteria, in the order of the weights."""
        return self.opinions[0].judgments.criteria

    @property
    def used(self) -> tuple[Opinion, ...]:
        """The experts who count."""
        return tuple(opinion for opinion in self.opinions if opinion.used)

    def with_weights(self, weights: NDArray[np.float64]) -> GroupOpinion:
        """The same group, had it come to other weights (n,)."""
        priorities = dataclasses.replace(self.priorities, weights=weights)
        return dataclasses.replace(self, priorities=priorities)


def judge_group(matrices: Sequence[JudgmentMatrix], settings: WeightSettings) -> GroupOpinion:
    """Aggregate at least one expert, by the votes ``weight`` of the matrices.

    One expert alone is the group, to the last digit. Raises ``ConfigurationError`` where criteria
    differ, where judgments do not connect all criteria, and where an expert is above
    ``max_consistency_ratio`` and is not to be left out, or nobody is left.
    """
    _check_same_criteria(matrices)
    return aggregate([form_opinion(matrix, settings) for matrix in matrices], settings)


def aggregate(opinions: Sequence[Opinion], settings: WeightSettings) -> GroupOpinion:
    """The group of experts whose opinions are formed; the rest as ``judge_group``."""
    used = [opinion for opinion in opinions if opinion.used]
    if not used:
        first, limit = opinions[0], settings.max_consistency_ratio
        check_consistency(first.judgments, first.priorities, limit)
    votes = np.array([opinion.judgments.weight for opinion in used])
    weights = np.array([opinion.priorities.weights for opinion in used])
    if len(used) == 1:
        return GroupOpinion(tuple(opinions), used[0].judgments.values, used[0].priorities, None)
    values = _geometric_mean(np.array([opinion.judgments.values for opinion in used]), votes)
    priorities = find_priorities(values, settings.priorities, settings.random_index)
    if settings.aggregation == "priorities":
        means = _geometric_mean(weights, votes)
        priorities = dataclasses.replace(priorities, weights=means / means.sum())
    consensus = measure_consensus(weights, votes) if weights.shape[1] > 1 else None
    return GroupOpinion(tuple(opinions), values, priorities, consensus)


def find_disagreement(group: GroupOpinion) -> tuple[int, int] | None:
    """The judgment (row, column) on which the experts who count differ most, in logarithms.

    None where there is nothing to differ on.
    """
    stack = np.log(np.array([opinion.judgments.values for opinion in group.used]))
    spread = np.triu(stack.max(axis=0) - stack.min(axis=0), k=1)
    i, j = np.unravel_index(int(np.argmax(spread)), spread.shape)
    return (int(i), int(j)) if spread[i, j] > 0 else None


def form_opinion(matrix: JudgmentMatrix, settings: WeightSettings) -> Opinion:
    """Complete one expert's judgments, and find what follows from them.

    Raises ``ConfigurationError`` as ``judge_group``.
    """
    completed = complete_judgments(matrix)
    priorities = find_priorities(completed.values, settings.priorities, settings.random_index)
    if settings.above_limit == "refuse":
        check_consistency(completed, priorities, settings.max_consistency_ratio)
    missing = np.argwhere(np.triu(np.isnan(matrix.values)))
    return Opinion(
        completed,
        priorities,
        priorities.consistency_ratio <= settings.max_consistency_ratio,
        tuple((int(i), int(j)) for i, j in missing),
    )


def _geometric_mean(stack: NDArray[np.float64], votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted geometric mean over the first axis."""
    mean: NDArray[np.float64] = np.exp(np.average(np.log(stack), axis=0, weights=votes))
    return mean


def _check_same_criteria(matrices: Sequence[JudgmentMatrix]) -> None:
    first = matrices[0]
    for other in matrices[1:]:
        if other.criteria != first.criteria:
            raise ConfigurationError(
                f"{other.name} by {other.expert}: criteria are {', '.join(other.criteria)}, but "
                f"{', '.join(first.criteria)} in {first.name} by {first.expert}; let all experts "
                f"judge the same criteria in the same order"
            )
