"""What tells segments of the same name apart: the scores on which their centres differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.config.sections.features import FEATURE_NAMES, FeatureName
from rfmf_spark.segments.name_table import Level

# Half a score between neighbours is a difference that words such as low and high stand for.
_LEAST_GAP = 0.5
# Means of equal scores may differ in their last digits; that is no difference.
SCORE_DECIMALS = 9


class Mark(NamedTuple):
    """One difference: the feature, on which side a segment is, and its own score there."""

    feature: FeatureName
    level: Level
    score: float


def tell_apart(centres: NDArray[np.float64]) -> list[list[Mark]]:
    """Marks (n lists) that set centres (n, 3) in score units apart, the greatest difference first.

    Two or three are told apart by the one feature on which neighbours are farthest from each other.
    More of them, or three of which two are alike, are first parted at the widest gap of any
    feature, and each part then by the other features. Equal centres have the same marks.
    """
    rounded: NDArray[np.float64] = np.round(centres, SCORE_DECIMALS)
    marks: list[list[Mark]] = [[] for _ in rounded]
    _mark(rounded, list(range(len(rounded))), list(FEATURE_NAMES), marks)
    return marks


def _mark(
    centres: NDArray[np.float64],
    members: Sequence[int],
    features: Sequence[FeatureName],
    marks: list[list[Mark]],
) -> None:
    if len(members) < 2 or not features:
        return
    levels: tuple[Level, ...] = ("low", "high") if len(members) == 2 else ("low", "middle", "high")
    if len(members) <= 3:
        least = {feature: _gaps(centres, members, feature).min() for feature in features}
        # The first of equal features is taken.
        best = max(features, key=lambda feature: float(least[feature]))
        if least[best] >= (_LEAST_GAP if len(members) == 3 else 10.0**-SCORE_DECIMALS):
            for member, level in zip(_ordered(centres, members, best), levels, strict=True):
                marks[member].append(_mark_of(centres, member, best, level))
            return
    widest = max(features, key=lambda feature: float(_gaps(centres, members, feature).max()))
    gaps = _gaps(centres, members, widest)
    if gaps.max() == 0:
        return
    order, border = _ordered(centres, members, widest), int(np.argmax(gaps)) + 1
    others = [feature for feature in features if feature != widest]
    parts: tuple[tuple[Level, list[int]], ...] = (("low", order[:border]), ("high", order[border:]))
    for level, part in parts:
        for member in part:
            marks[member].append(_mark_of(centres, member, widest, level))
        _mark(centres, part, others, marks)


def _mark_of(centres: NDArray[np.float64], member: int, feature: FeatureName, level: Level) -> Mark:
    return Mark(feature, level, float(centres[member, FEATURE_NAMES.index(feature)]))


def _ordered(
    centres: NDArray[np.float64], members: Sequence[int], feature: FeatureName
) -> list[int]:
    column = FEATURE_NAMES.index(feature)
    return sorted(members, key=lambda member: (centres[member, column], member))


def _gaps(
    centres: NDArray[np.float64], members: Sequence[int], feature: FeatureName
) -> NDArray[np.float64]:
    return np.diff(np.sort(centres[list(members), FEATURE_NAMES.index(feature)]))
