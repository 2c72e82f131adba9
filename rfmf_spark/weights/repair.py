"""Judgments that contradict each other: refusing them, and which one to reconsider, how far.

Changing one judgment always changes its mirrored entry with it. The consistency ratio is a convex
function of the logarithm of one judgment (λmax is), so the values of that judgment that reach a
limit form one interval, and the nearest of them is a single root.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.ahp import Priorities, RandomIndex, solve_priorities
from rfmf_spark.weights.judgments import (
    RECIPROCAL_TOLERANCE,
    SCALE_MAXIMUM,
    JudgmentMatrix,
)

# The nearest value is found for a limit this much stricter, so that rounding cannot miss it.
_LIMIT_MARGIN = 1e-9


@dataclass(frozen=True)
class Repair:
    """One judgment to reconsider: criterion ``row`` over criterion ``column`` (indices).

    ``matching_value`` agrees with the rest of the matrix; ``nearest_value`` is the one closest to
    the current that reaches the limit, ``None`` where this judgment alone cannot reach it.
    """

    row: int
    column: int
    current_value: float
    matching_value: float
    nearest_value: float | None


def is_off_scale(value: float) -> bool:
    """Whether a judgment lies outside Saaty's scale from 1/9 to 9."""
    return max(value, 1 / value) > SCALE_MAXIMUM * (1 + RECIPROCAL_TOLERANCE)


def check_consistency(judgments: JudgmentMatrix, priorities: Priorities, limit: float) -> None:
    """Refuse judgments whose consistency ratio is above ``limit``.

    Raises ``ConfigurationError`` that shows which judgment to reconsider, and how far.
    """
    if priorities.consistency_ratio <= limit:
        return
    repairs = suggest_repairs(judgments.values, priorities.random_index, limit)
    raise ConfigurationError(
        f"weights.judgments: {judgments.name} by {judgments.expert} has consistency ratio "
        f"{priorities.consistency_ratio:.4f}, above weights.max_consistency_ratio = {limit:g}; "
        f"reconsider {describe_repairs(judgments, repairs)}"
    )


def suggest_repairs(
    values: NDArray[np.float64], random_index: RandomIndex, limit: float, *, every: bool = False
) -> tuple[Repair, ...]:
    """Judgments of ``values`` (n, n) whose change would bring the consistency ratio to ``limit``.

    None for a matrix that reaches it already. For n = 3 all three judgments deviate equally, and
    each is returned with the value that makes the matrix fully consistent; for n ≥ 4 only the one
    that deviates most, in logarithms, from the ratio of the weights, with that ratio; ``every``
    returns them all, largest deviation first.
    """
    priorities = solve_priorities(values, random_index)
    if priorities.consistency_ratio <= limit:
        return ()
    if len(values) == 3:
        matches = {
            (0, 1): values[0, 2] / values[1, 2],
            (0, 2): values[0, 1] * values[1, 2],
            (1, 2): values[0, 2] / values[0, 1],
        }
    else:
        matches = _largest_deviations(values, priorities.weights, None if every else 1)
    return tuple(
        Repair(
            row=i,
            column=j,
            current_value=float(values[i, j]),
            matching_value=float(match),
            nearest_value=_find_nearest(values, (i, j), float(match), random_index, limit),
        )
        for (i, j), match in matches.items()
    )


def describe_repairs(judgments: JudgmentMatrix, repairs: tuple[Repair, ...]) -> str:
    """The repairs as one English phrase, for an error message; judgments by their criteria."""
    return "; or ".join(_describe(judgments.criteria, repair) for repair in repairs)


def _largest_deviations(
    values: NDArray[np.float64], weights: NDArray[np.float64], most: int | None
) -> dict[tuple[int, int], float]:
    ratios = weights[:, None] / weights[None, :]
    rows, columns = np.triu_indices(len(values), k=1)
    deviations = np.abs(np.log(values / ratios))[rows, columns]
    order = np.argsort(-deviations, kind="stable")[:most]
    return {
        (int(i), int(j)): float(ratios[i, j])
        for i, j in zip(rows[order], columns[order], strict=True)
    }


def _find_nearest(
    values: NDArray[np.float64],
    place: tuple[int, int],
    matching_value: float,
    random_index: RandomIndex,
    limit: float,
) -> float | None:
    i, j = place
    target = limit * (1 - _LIMIT_MARGIN)

    def excess(logarithm: float) -> float:
        changed = values.copy()
        changed[i, j], changed[j, i] = math.exp(logarithm), math.exp(-logarithm)
        return solve_priorities(changed, random_index).consistency_ratio - target

    current = math.log(values[i, j])
    if excess(current) <= 0:  # only where the mirrored entry was not its reciprocal
        return float(values[i, j])
    reaching = math.log(matching_value)
    if excess(reaching) > 0:
        # The least ratio lies among the values that some third criterion implies.
        reach = 2 * float(np.abs(np.log(values)).max())
        least = minimize_scalar(excess, bounds=(-reach, reach), method="bounded")
        if least.fun > 0:
            return None
        reaching = float(least.x)
    return math.exp(brentq(excess, current, reaching, xtol=1e-12))


def tell_judgment(value: float, towards: float) -> str:
    """A judgment with two decimals, rounded towards another; below 1 as a fraction: 1/2.44."""
    if value < 1:
        return f"1/{_round(1 / value, 1 / towards):g}"
    return f"{_round(value, towards):g}"


def _describe(criteria: tuple[str, ...], repair: Repair) -> str:
    matching = repair.matching_value
    judgment = (
        f"{criteria[repair.row]} over {criteria[repair.column]}: now "
        f"{_format(repair.current_value, repair.current_value)}, in line with the others at "
        f"{_format(matching, matching)}"
    )
    if repair.nearest_value is None:
        return f"{judgment}, but no change of this judgment alone reaches the limit"
    return f"{judgment}, within the limit from {_format(repair.nearest_value, matching)}"


def _format(value: float, towards: float) -> str:
    mark = " (off the 1-9 scale)" if is_off_scale(value) else ""
    return f"{tell_judgment(value, towards)}{mark}"


def _round(value: float, towards: float) -> float:
    nearest = round(value, 2)
    if towards == value or abs(nearest - value) < 1e-9:
        return nearest
    return (math.ceil if towards > value else math.floor)(value * 100) / 100
