"""Numbers and names of segments: by the score of their users, and by the place of their centre.

The table of names and strategies is configuration; see ``name_table.py``.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.segments.distinct import SCORE_DECIMALS, Mark, tell_apart
from rfmf_spark.segments.name_table import Name, SegmentNames

_LETTERS = tuple(feature[0].upper() for feature in FEATURE_NAMES)


@dataclass(frozen=True)
class SegmentName:
    """Key, names and strategies of one segment; ``cell`` such as ``101`` is where its centre is.

    ``reason`` says in words why it is called so.
    """

    key: str
    name_zh: str
    name_en: str
    cell: str
    strategy_zh: str
    strategy_en: str
    reason: str = ""


def rank_segments(cells: pd.DataFrame, centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """Segment ids by label (k,): 1 for the highest mean ``rfmf_score`` of its users, and so on.

    ``cells`` has the columns users, label and rfmf_score, every label 0…k-1 at least once;
    ``centres`` is (k, 3) by label. Equal means are ordered by the centres: higher monetary,
    frequency, recency first.
    """

    def order(label: int) -> tuple[float, ...]:
        members = cells[cells["label"] == label]
        users = members["users"].to_numpy(dtype=np.float64)
        # An exactly rounded sum does not depend on the order of the rows.
        total = math.fsum(users * members["rfmf_score"].to_numpy(dtype=np.float64))
        mean = round(total / math.fsum(users), SCORE_DECIMALS)
        recency, frequency, monetary = (float(value) for value in centres[label])
        return (-mean, -monetary, -frequency, -recency)

    ranked = sorted(range(len(centres)), key=order)
    segment_ids = np.empty(len(centres), dtype=np.int64)
    segment_ids[ranked] = np.arange(1, len(centres) + 1)
    return segment_ids


def name_segments(
    centres: NDArray[np.float64], mean_scores: NDArray[np.float64], names: SegmentNames
) -> tuple[SegmentName, ...]:
    """Names of segments by their ``centres`` (k, 3), in order of segment id, in score units.

    The first own rule that a centre keeps gives the name, else its octant does: a score counts as 1
    where the centre lies strictly above ``mean_scores`` (3,), the mean of all users. Segments that
    would have the same name get words for what separates them most, such as ``low frequency``.
    """
    found = [_find_name(centre, mean_scores, names) for centre in centres]
    named: list[SegmentName] = [_as_segment(*one, names) for one in found]
    for key, count in Counter(entry.key for entry, *_ in found).items():
        if count > 1:
            members = [number for number, (entry, *_) in enumerate(found) if entry.key == key]
            for number, marks in zip(members, tell_apart(centres[members]), strict=True):
                others = [other for other in members if other != number]
                named[number] = _marked(named[number], marks, others, centres, names)
    return _with_ordinals(named)


def octants_of(scores: NDArray[np.float64], mean_scores: NDArray[np.float64]) -> list[str]:
    """Octants such as ``101`` of scores (n, 3): 1 where strictly above all users' means (3,)."""
    above = np.round(scores - mean_scores, SCORE_DECIMALS) > 0
    return ["".join("1" if is_above else "0" for is_above in row) for row in above]


def _find_name(
    centre: NDArray[np.float64], mean_scores: NDArray[np.float64], names: SegmentNames
) -> tuple[Name, str, str]:
    """What a centre is called after, its octant, and why."""
    (octant,) = octants_of(centre[None], mean_scores)
    for rule in names.rules:
        scores = dict(zip(FEATURE_NAMES, np.round(centre, SCORE_DECIMALS), strict=True))
        if all(bounds.hold(scores[feature]) for feature, bounds in rule.when.items()):
            held = [
                f"{feature} {scores[feature]:.2f} is {rule.when[feature]}"
                for feature in FEATURE_NAMES
                if feature in rule.when
            ]
            return rule, octant, f"rule {rule.key}: {', '.join(held)}"
    compared = [
        f"{letter} {score:.2f} {'>' if digit == '1' else '<='} {mean:.2f}"
        for letter, score, mean, digit in zip(_LETTERS, centre, mean_scores, octant, strict=True)
    ]
    entry = next(entry for entry in names.cells if entry.cell == octant)
    return entry, octant, f"{', '.join(compared)} (means of all users): cell {octant}"


def _as_segment(entry: Name, octant: str, reason: str, names: SegmentNames) -> SegmentName:
    strategy = names.strategies[entry.kind]
    return SegmentName(
        key=entry.key,
        name_zh=entry.name_zh,
        name_en=entry.name_en,
        cell=octant,
        strategy_zh=strategy.zh,
        strategy_en=strategy.en,
        reason=reason,
    )


def _marked(
    segment: SegmentName,
    marks: Sequence[Mark],
    others: Sequence[int],
    centres: NDArray[np.float64],
    names: SegmentNames,
) -> SegmentName:
    """The name with words for its marks; ``others`` are the segments that it is set apart from."""
    if not marks:
        return segment
    words = [names.levels[mark.feature][mark.level] for mark in marks]
    against = []
    for mark in marks:
        theirs = centres[list(others), FEATURE_NAMES.index(mark.feature)]
        scores = ", ".join(f"{score:.2f}" for score in theirs)
        against.append(f"{mark.feature} ({mark.score:.2f} against {scores})")
    ids = ", ".join(str(other + 1) for other in others)
    return dataclasses.replace(
        segment,
        key="_".join([segment.key, *[f"{mark.level}_{mark.feature}" for mark in marks]]),
        name_zh=" · ".join([segment.name_zh, *[word.zh for word in words]]),
        name_en=" · ".join([segment.name_en, *[word.en for word in words]]),
        reason=f"{segment.reason}; set apart from segment {ids} by {', '.join(against)}",
    )


def _with_ordinals(named: Sequence[SegmentName]) -> tuple[SegmentName, ...]:
    """Names that are still the same, of centres that are, with a number each but the first."""
    unique: list[SegmentName] = []
    for segment in named:
        candidate, number = segment, 1
        while any(_clash(candidate, other) for other in unique):
            number += 1
            candidate = dataclasses.replace(
                segment,
                key=f"{segment.key}_{number}",
                name_zh=f"{segment.name_zh} {number}",
                name_en=f"{segment.name_en} {number}",
            )
        unique.append(candidate)
    return tuple(unique)


def _clash(one: SegmentName, other: SegmentName) -> bool:
    return one.key == other.key or one.name_zh == other.name_zh or one.name_en == other.name_en
