"""Two segmentations of the same users side by side, from counts of users."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from rfmf_spark.clustering.agreement import adjusted_rand_index
from rfmf_spark.clustering.criteria import Integers
from rfmf_spark.segments.naming import SegmentName


class Comparison(NamedTuple):
    """Users of two segmentations; ``moved`` and ``renamed`` count users."""

    users: int
    moved: int
    renamed: int
    rand_index: float
    names_gone: str
    names_new: str


def compare(
    before: Integers,
    after: Integers,
    users: Integers,
    names_before: Sequence[SegmentName],
    names_after: Sequence[SegmentName],
) -> Comparison:
    """Compare segment ids (n,) of groups of ``users`` (n,), from 1, before and after a change.

    Segments are paired one to one so that as many users as possible stay (Kuhn 1955); all others
    have ``moved``. ``renamed`` have a segment of another key.
    """
    shared = np.zeros((len(names_before), len(names_after)), dtype=np.int64)
    np.add.at(shared, (before - 1, after - 1), users)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    total = int(users.sum())
    keys_before = np.array([name.key for name in names_before], dtype=object)
    keys_after = np.array([name.key for name in names_after], dtype=object)
    same = int(shared[np.equal.outer(keys_before, keys_after)].sum())
    return Comparison(
        users=total,
        moved=total - int(shared[rows, columns].sum()),
        renamed=total - same,
        rand_index=adjusted_rand_index(before - 1, after - 1, users),
        names_gone=_names_only_in(names_before, keys_after),
        names_new=_names_only_in(names_after, keys_before),
    )


def _names_only_in(names: Sequence[SegmentName], others: Iterable[str]) -> str:
    return "; ".join(name.name_en for name in names if name.key not in others)
