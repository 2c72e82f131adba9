"""Small groups stay unseen, also for those who subtract: withheld counts and merged bins.

A group with fewer users than the limit is withheld. Where a total is shown, one withheld count
alone would follow from it, so further counts are withheld until those hidden behind one total are
at least two and together reach the limit (complementary suppression).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]


def withhold(counts: Sequence[int] | Counts, limit: int) -> Mask:
    """Which of the ``counts`` (n,) to withhold where their total is known."""
    values = np.asarray(counts, dtype=np.int64)
    hidden: Mask = (values > 0) & (values < limit)
    while hidden.any() and (more := _next_to_hide(values, hidden, limit)) is not None:
        hidden[more] = True
    return hidden


def withhold_cells(
    counts: Counts, limit: int, hidden_rows: Mask | None = None, hidden_columns: Mask | None = None
) -> Mask:
    """Which cells of a table (n, m) to withhold where its totals by row and column are known.

    ``hidden_rows`` (n,) and ``hidden_columns`` (m,) are totals that are withheld themselves.
    """
    rows, columns = counts.shape
    known_rows = ~(np.zeros(rows, dtype=bool) if hidden_rows is None else hidden_rows)
    known_columns = ~(np.zeros(columns, dtype=bool) if hidden_columns is None else hidden_columns)
    hidden: Mask = (counts > 0) & (counts < limit)
    # Views: what is hidden along a row is hidden along the column that it crosses.
    lines = [(counts[row], hidden[row]) for row in np.flatnonzero(known_rows)]
    lines += [(counts[:, column], hidden[:, column]) for column in np.flatnonzero(known_columns)]
    changed = True
    while changed:
        changed = False
        for own_counts, own_hidden in lines:
            if not own_hidden.any():
                continue
            more = _next_to_hide(own_counts, own_hidden, limit)
            if more is not None:
                own_hidden[more] = changed = True
    return hidden


def merge_small(counts: Sequence[int] | Counts, limit: int) -> list[slice]:
    """Neighbouring bins put together so that each slice holds nobody at its own or enough users.

    Bins without users at either end are left out. What is too small at the end joins the slice
    before it; fewer users than the limit in all give no slice.
    """
    values = np.asarray(counts, dtype=np.int64)
    occupied = np.flatnonzero(values)
    if not len(occupied) or values.sum() < limit:
        return []
    slices: list[slice] = []
    start, end = int(occupied[0]), int(occupied[-1]) + 1
    for stop in range(start + 1, end + 1):
        users = values[start:stop].sum()
        if users >= limit or users == 0:
            slices.append(slice(start, stop))
            start = stop
    if start < end:
        while slices and values[slices[-1]].sum() == 0:
            start = slices.pop().start
        start = slices.pop().start if slices else start
        slices.append(slice(start, end))
    return slices


def round_to_groups(count: int, limit: int) -> int:
    """A count to the nearest multiple of the limit.

    Bins of values and scores overlap, so exact counts of both would give small groups away.
    """
    return (count + limit // 2) // limit * limit


def _next_to_hide(counts: Counts, hidden: Mask, limit: int) -> int | None:
    """The smallest visible count of a line whose hidden ones follow from its total; else None.

    An empty cell is taken where no other is left.
    """
    if hidden.sum() >= 2 and counts[hidden].sum() >= limit:
        return None
    visible = np.flatnonzero(~hidden)
    if not len(visible):
        return None
    occupied = visible[counts[visible] > 0]
    candidates = occupied if len(occupied) else visible
    return int(candidates[np.argmin(counts[candidates])])
