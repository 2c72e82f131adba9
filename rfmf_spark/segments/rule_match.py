"""Segments beside the eight-cell rule: where clustering and rule put the same users, and where not.

The rule looks at each user alone: three scores, above or not above the mean of all users. A segment
has an octant too, that of its centre. Users are counted by score cells, so every figure is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rfmf_spark.clustering.agreement import adjusted_rand_index
from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.scoring.scores import SCORE_COLUMNS
from rfmf_spark.segments.assignment import Segmentation
from rfmf_spark.segments.name_table import OCTANTS, SegmentNames
from rfmf_spark.segments.naming import octants_of


def match_rule(segmentation: Segmentation, names: SegmentNames) -> pd.DataFrame:
    """Rows of the table ``segment_rule_match``, by segment id and falling number of users.

    Each row counts the users of one segment that the rule puts into one of the eight cells, the
    octants around the mean of all users. Where that is not the segment's own, ``explanation`` says
    on which side of the mean they are, and how near to it the centre is. ``agreement`` is the
    share of all users for whom both are the same, ``rand_index`` the adjusted Rand index of
    segments and octants; both are the same in all rows.
    """
    cells = segmentation.cells.reset_index(drop=True)
    points = cells[list(SCORE_COLUMNS)].to_numpy(dtype=np.float64)
    users = cells["users"].to_numpy(dtype=np.float64)
    means: Floats = np.average(points, axis=0, weights=users)
    octants = np.array(octants_of(points, means))
    labels = cells["segment_id"].to_numpy(dtype=np.int64)
    # Against the same means as the users: those of a frozen model's fit may have moved since.
    own_octants = octants_of(segmentation.centres, means)
    by_octant = {entry.cell: entry for entry in names.cells}
    rows = []
    for segment_id, octant in sorted(set(zip(labels.tolist(), octants.tolist(), strict=True))):
        own = (labels == segment_id) & (octants == octant)
        own_octant, count = own_octants[segment_id - 1], int(users[own].sum())
        there = np.average(points[own], axis=0, weights=users[own])
        centre = segmentation.centres[segment_id - 1]
        rows.append(
            {
                "segment_id": segment_id,
                "segment_key": segmentation.names[segment_id - 1].key,
                "segment_cell": own_octant,
                "rule_cell": octant,
                "rule_key": by_octant[octant].key,
                "rule_name_zh": by_octant[octant].name_zh,
                "rule_name_en": by_octant[octant].name_en,
                "users": count,
                "segment_share": count / users[labels == segment_id].sum(),
                "user_share": count / users.sum(),
                "agrees": octant == own_octant,
                "explanation": _explain(own_octant, octant, there, centre, means),
            }
        )
    table = pd.DataFrame(rows).sort_values(["segment_id", "users"], ascending=[True, False])
    index = adjusted_rand_index(
        labels - 1,
        np.array([OCTANTS.index(octant) for octant in octants]),
        cells["users"].to_numpy(),
    )
    agreement = int(table.loc[table["agrees"], "users"].sum()) / int(table["users"].sum())
    return table.assign(agreement=agreement, rand_index=index).reset_index(drop=True)


def describe_match(table: pd.DataFrame) -> str:
    """Agreement in one line."""
    first = table.iloc[0]
    return (
        f"{first['agreement']:.0%} of users are in the cell of their segment's centre "
        f"(adjusted Rand index {first['rand_index']:.2f})"
    )


def _explain(
    own_octant: str,
    octant: str,
    there: NDArray[np.float64],
    centre: NDArray[np.float64],
    means: Sequence[float] | Floats,
) -> str | None:
    parts = []
    for number, feature in enumerate(FEATURE_NAMES):
        if own_octant[number] != octant[number]:
            side = "above" if octant[number] == "1" else "not above"
            distance = float(centre[number] - means[number])
            where = "above" if distance > 0 else "below"
            parts.append(
                f"{feature} {there[number]:.2f} on average, {side} the mean {means[number]:.2f} of "
                f"all users; the centre is {abs(distance):.2f} {where} it"
            )
    return "; ".join(parts) or None
