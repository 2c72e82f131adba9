"""How far weights depend on judgments being exactly as they are.

Every judgment could as well have been one step lower or higher on Saaty's scale.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.weights.group import GroupOpinion, aggregate, form_opinion
from rfmf_spark.weights.judgments import SCALE_MAXIMUM

Floats = NDArray[np.float64]

# Up to so many judgments (four criteria) are moved in all combinations: 3 ** 6 = 729.
_MOST_COMBINED = 6


class Region(NamedTuple):
    """Weights (v, n) of the variations; ``inconsistent`` ones were left out, as above the limit."""

    weights: Floats
    inconsistent: int


def find_region(
    group: GroupOpinion, settings: WeightSettings, finish: Callable[[Floats], Floats]
) -> Region:
    """Move the judgments of one expert after the other, and see which weights follow.

    Each judgment stays, or goes one step down or up; with up to four criteria in all combinations,
    with more one at a time. ``finish`` makes the weights that apply of those of the group. The
    first variation changes nothing.
    """
    rules = settings.model_copy(update={"above_limit": "leave_out"})
    found, inconsistent = [group.priorities.weights], 0
    for number, opinion in enumerate(group.opinions):
        if not opinion.used:
            continue
        for values in _move(opinion.judgments.values):
            judgments = dataclasses.replace(opinion.judgments, values=values)
            moved = form_opinion(judgments, rules)
            if not moved.used:
                inconsistent += 1
                continue
            opinions = (*group.opinions[:number], moved, *group.opinions[number + 1 :])
            found.append(aggregate(opinions, rules).priorities.weights)
    return Region(np.array([finish(weights) for weights in found]), inconsistent)


def move_judgment(value: float, steps: int) -> float:
    """The judgment ``steps`` higher (or lower) on the scale 1/9, …, 1/2, 1, 2, …, 9; ends stay."""
    # The scale as whole numbers: 1/9 is -8, 1 is 0, 9 is 8.
    place = value - 1 if value >= 1 else 1 - 1 / value
    place = min(SCALE_MAXIMUM - 1, max(1 - SCALE_MAXIMUM, place + steps))
    return place + 1 if place >= 0 else 1 / (1 - place)


def _move(values: Floats) -> Iterator[Floats]:
    rows, columns = np.triu_indices(len(values), k=1)
    judgments = len(rows)
    if judgments <= _MOST_COMBINED:
        plans = [plan for plan in itertools.product((0, -1, 1), repeat=judgments) if any(plan)]
    else:
        single = np.eye(judgments, dtype=int)
        plans = [tuple(plan) for plan in (*-single, *single)]
    for plan in plans:
        moved = values.copy()
        for i, j, steps in zip(rows, columns, plan, strict=True):
            if steps:
                moved[i, j] = move_judgment(float(values[i, j]), steps)
                moved[j, i] = 1 / moved[i, j]
        yield moved
