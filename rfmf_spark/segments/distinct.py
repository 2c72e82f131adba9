"""What tells segments of the same name apart: the scores on which their centres differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.segments.name_table import AXES, Axis, Level

# Half a score between neighbours is a difference that words such as low and high stand for.
_LEAST_GAP = 0.5
# Means of equal scores may differ in their last digits; that is no difference.
SCORE_DECIMALS = 9


class Mark(NamedTuple):
    """One difference: the axis, on which side a segment is, and its own score there."""

    axis: Axis
    level: Level
    score: float


def tell_apart(centres: NDArray[np.float64]) -> list[list[Mark]]:
    """Marks (n lists) that set centres (n, 3) in score units apart, the greatest difference first.

    Two or three are told apart by the one axis on which neighbours are farthest from each other.
    More of them, or three of which two are alike, are first parted at the widest gap of any axis,
    and each part then by the other axes. Centres that are equal have the same marks.
    """
    rounded: NDArray[np.float64] = np.round(centres, SCORE_DECIMALS)
    marks: list[list[Mark]] = [[] for _ in rounded]
    _mark(rounded, list(range(len(rounded))), list(AXES), marks)
    return marks


def _mark(
    centres: NDArray[np.float64],
    members: Sequence[int],
    axes: Sequence[Axis],
    marks: list[list[Mark]],
) -> None:
    if len(members) < 2 or not axes:
        return
    levels: tuple[Level, ...] = ("low", "high") if len(members) == 2 else ("low", "middle", "high")
    if len(members) <= 3:
        least = {axis: _gaps(centres, members, axis).min() for axis in axes}
        # The first of equal axes is taken.
        best = max(axes, key=lambda axis: float(least[axis]))
        if least[best] >= (_LEAST_GAP if len(members) == 3 else 10.0**-SCORE_DECIMALS):
            for member, level in zip(_ordered(centres, members, best), levels, strict=True):
                marks[member].append(Mark(best, level, float(centres[member, AXES.index(best)])))
            return
    widest = max(axes, key=lambda axis: float(_gaps(centres, members, axis).max()))
    gaps = _gaps(centres, members, widest)
    if gaps.max() == 0:
        return
    order, border = _ordered(centres, members, widest), int(np.argmax(gaps)) + 1
    others = [axis for axis in axes if axis != widest]
    parts: tuple[tuple[Level, list[int]], ...] = (("low", order[:border]), ("high", order[border:]))
    for level, part in parts:
        for member in part:
            marks[member].append(Mark(widest, level, float(centres[member, AXES.index(widest)])))
        _mark(centres, part, others, marks)


def _ordered(centres: NDArray[np.float64], members: Sequence[int], axis: Axis) -> list[int]:
    return sorted(members, key=lambda member: (centres[member, AXES.index(axis)], member))


def _gaps(centres: NDArray[np.float64], members: Sequence[int], axis: Axis) -> NDArray[np.float64]:
    return np.diff(np.sort(centres[list(members), AXES.index(axis)]))
