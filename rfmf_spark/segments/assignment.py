"""From score cells to users: every user gets the segment of their cell by a broadcast join.

Where users are clustered by their values, ``value_assignment.py`` takes this place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql.types import DoubleType, IntegerType, StringType, StructField, StructType

from rfmf_spark.clustering.criteria import Assignment, Floats, Integers, assign_to_centres
from rfmf_spark.clustering.value_space import ValueSpace
from rfmf_spark.scoring.scores import CELL_NUMBER, SCORE_COLUMNS, join_cells, number_cells
from rfmf_spark.segments.name_table import SegmentNames
from rfmf_spark.segments.naming import SegmentName, name_segments, rank_segments
from rfmf_spark.session.small_data import to_spark

_CELL_SCHEMA = StructType(
    [
        StructField(CELL_NUMBER, IntegerType()),
        StructField("rfmf_score", DoubleType()),
        StructField("segment_id", IntegerType()),
        StructField("segment_key", StringType()),
        StructField("own_distance", DoubleType()),
        StructField("second_distance", DoubleType()),
    ]
)


class Segmentation(NamedTuple):
    """Cells with their segment, and by segment id the centres (k, 3) and the names.

    With a ``value_space`` it is that which assigns users: a cell then has a row for each segment of
    its users, and the centres are mean scores.
    """

    cells: pd.DataFrame
    centres: Floats
    names: tuple[SegmentName, ...]
    value_space: ValueSpace | None = None


def add_rfmf_score(cells: pd.DataFrame, weights: Floats) -> pd.DataFrame:
    """Cells with ``rfmf_score`` = Σ weight × score; ``weights`` (3,) in the order R, F, MF."""
    scores = cells[list(SCORE_COLUMNS)].to_numpy(dtype=np.float64)
    return cells.assign(rfmf_score=scores @ weights)


def segment_cells(
    cells: pd.DataFrame, centres: Floats, scale: Floats, names: SegmentNames
) -> Segmentation:
    """Give every cell the segment of its nearest centre; segments are numbered by score.

    ``cells`` has the three scores, ``users`` and ``rfmf_score``; ``scale`` (3,) multiplies scores
    before distances are taken. Added: ``segment_id``, ``segment_key``, ``own_distance`` and
    ``second_distance`` to the own and the second nearest centre (null with one segment).
    """
    points = _points(cells)
    nearest = assign_to_centres(points * scale, centres * scale)
    users = cells["users"].to_numpy(dtype=np.float64)
    segment_ids = rank_segments(cells.assign(label=nearest.labels), centres)
    by_segment = centres[np.argsort(segment_ids)]
    named = name_segments(by_segment, np.average(points, axis=0, weights=users), names)
    # Assigned in this order, so that a cell between two centres gets the same one ever after.
    return segment_cells_as_before(cells, by_segment, scale, named)


def segment_cells_as_before(
    cells: pd.DataFrame, centres: Floats, scale: Floats, names: tuple[SegmentName, ...]
) -> Segmentation:
    """The same with segments that exist: ``centres`` (k, 3) and ``names`` by segment id."""
    nearest = assign_to_centres(_points(cells) * scale, centres * scale)
    return _segmentation(cells, nearest.labels + 1, nearest, centres, names)


def _points(cells: pd.DataFrame) -> Floats:
    return cells[list(SCORE_COLUMNS)].to_numpy(dtype=np.float64)


def _segmentation(
    cells: pd.DataFrame,
    segment_ids: Integers,
    nearest: Assignment,
    centres: Floats,
    names: tuple[SegmentName, ...],
) -> Segmentation:
    keys = np.array([name.key for name in names], dtype=object)
    segmented = cells.assign(
        segment_id=segment_ids,
        segment_key=keys[segment_ids - 1],
        own_distance=nearest.own_distance,
        second_distance=nearest.second_distance,
    )
    return Segmentation(segmented, centres, names)


def assign_segments(scored: DataFrame, cells: pd.DataFrame) -> DataFrame:
    """Scored users with the columns that ``segment_cells`` added to their cell."""
    return join_cells(scored, to_spark(scored.sparkSession, number_cells(cells), _CELL_SCHEMA))
