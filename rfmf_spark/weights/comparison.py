"""What other weights would change for the users: order, deciles and numbers of segments.

Shapes: ``scores`` (n, m) of cells, ``users`` (n,) in them, ``weights`` (m,). All figures are over
users, as if every cell were repeated once per user.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rfmf_spark.segments.distinct import SCORE_DECIMALS
from rfmf_spark.segments.naming import rank_segments
from rfmf_spark.weights.cells import Cells

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DECILES = 10


class MethodRow(NamedTuple):
    """One method beside the baseline; figures of users are None without cells or segments.

    ``rank_correlation`` is Spearman's, None where all users have the same score.
    """

    method: str
    weights: Floats
    rank_correlation: float | None = None
    decile_moved_share: float | None = None
    segment_moved_share: float | None = None


def compare_weights(
    by_method: Mapping[str, Floats], baseline: Floats, cells: Cells | None
) -> tuple[MethodRow, ...]:
    """A row per method: its weights, and what they change against the ``baseline``.

    Segments are groups of cells and stay so under other weights; what can change is their number,
    which is their rank by mean ``rfmf_score``. (Where ``clustering.scale_by_weights`` is set, or to
    fit anew, see ``rfmf sensitivity``.)
    """
    if cells is None:
        return tuple(MethodRow(method, weights) for method, weights in by_method.items())
    ranks, deciles = rank_users(cells, baseline), find_deciles(cells, baseline)
    numbers = number_segments(cells, baseline)
    rows = []
    for method, weights in by_method.items():
        renumbered = number_segments(cells, weights)
        moved = None
        if numbers is not None and renumbered is not None:
            moved = _share(np.not_equal(renumbered, numbers), cells.users)
        rows.append(
            MethodRow(
                method,
                weights,
                _correlate(ranks, rank_users(cells, weights), cells.users),
                _share(np.not_equal(find_deciles(cells, weights), deciles), cells.users),
                moved,
            )
        )
    return tuple(rows)


def rank_users(cells: Cells, weights: Floats) -> Floats:
    """Mid-ranks (n,) by ``rfmf_score``, doubled to stay whole: 2 × users below + users at."""
    score = np.round(cells.scores @ weights, SCORE_DECIMALS)
    _, groups = np.unique(score, return_inverse=True)
    at = np.bincount(groups, cells.users)
    below = np.cumsum(at) - at
    doubled: Floats = np.asarray(2 * below + at, dtype=np.float64)[groups]
    return doubled


def find_deciles(cells: Cells, weights: Floats) -> Integers:
    """Deciles (n,) from 1 to 10 by ``rfmf_score``, tied users at the middle of their ranks."""
    ranks = rank_users(cells, weights).astype(np.int64)
    return 1 + DECILES * ranks // (2 * int(cells.users.sum()))


def number_segments(cells: Cells, weights: Floats) -> Integers | None:
    """Segment numbers (n,) by mean ``rfmf_score``, as a run gives them; None without segments."""
    if cells.segment_ids is None:
        return None
    labels = cells.segment_ids - 1
    sizes = np.bincount(labels, cells.users)
    sums = [np.bincount(labels, cells.users * column) for column in cells.scores.T]
    members = pd.DataFrame(
        {"users": cells.users, "label": labels, "rfmf_score": cells.scores @ weights}
    )
    return rank_segments(members, np.column_stack(sums) / sizes[:, None])[labels]


def share_unmoved(cells: Cells, baseline: Floats, others: Floats) -> float:
    """Share of users whose decile is the same under all of ``others`` (v, m)."""
    deciles = find_deciles(cells, baseline)
    same = np.ones(len(deciles), dtype=bool)
    for weights in others:
        same &= find_deciles(cells, weights) == deciles
    return _share(same, cells.users)


def _share(chosen: NDArray[np.bool_], users: Floats) -> float:
    return float(users[chosen].sum() / users.sum())


def _correlate(one: Floats, other: Floats, users: Floats) -> float | None:
    """Pearson's correlation over users."""
    means = [np.average(ranks, weights=users) for ranks in (one, other)]
    offsets = [ranks - mean for ranks, mean in zip((one, other), means, strict=True)]
    spread = [float(users @ offset**2) for offset in offsets]
    if min(spread) == 0:
        return None
    return float(users @ (offsets[0] * offsets[1])) / math.sqrt(spread[0] * spread[1])
