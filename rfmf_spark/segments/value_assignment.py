"""Segments of users who were clustered by their values, not by their cells.

Users of one cell can then belong to different segments. Names and numbers still come from scores:
from the mean scores of each cluster.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, IntegerType, StructField, StructType

from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.clustering.value_space import ValueSpace, nearest_centre_columns
from rfmf_spark.scoring.scores import CELL_NUMBER, SCORE_COLUMNS, join_cells, number_cells
from rfmf_spark.segments.assignment import Segmentation
from rfmf_spark.segments.name_table import SegmentNames
from rfmf_spark.segments.naming import SegmentName, name_segments, rank_segments
from rfmf_spark.session.small_data import to_spark

_SCORE_SCHEMA = StructType(
    [
        StructField(CELL_NUMBER, IntegerType()),
        StructField("rfmf_score", DoubleType()),
    ]
)


def segment_values(
    scored: DataFrame,
    cells: pd.DataFrame,
    space: ValueSpace,
    names: SegmentNames,
    monetary_scale: int,
) -> Segmentation:
    """Number and name the clusters of ``space`` by the scores of their users.

    ``scored`` has the features and scores of all users, ``cells`` the three scores and
    ``rfmf_score``. The centres of the result are mean scores.
    """
    counted = _count_labelled_cells(scored, cells, space, monetary_scale)
    # Ties can leave a centre without users; without it nobody else is assigned differently.
    occupied, labels = np.unique(counted["label"], return_inverse=True)
    counted["label"] = labels
    centres = np.array([_mean_scores(own) for _, own in counted.groupby("label")])
    segment_ids = rank_segments(counted, centres)
    order = np.argsort(segment_ids)
    named = name_segments(centres[order], _mean_scores(counted), names)
    ordered = ValueSpace(space.standardisation, space.centres[occupied][order])
    by_segment = counted.assign(segment_id=segment_ids[counted["label"]]).drop(columns="label")
    return Segmentation(by_segment, centres[order], named, ordered)


def segment_values_as_before(
    scored: DataFrame,
    cells: pd.DataFrame,
    space: ValueSpace,
    centres: Floats,
    names: tuple[SegmentName, ...],
    monetary_scale: int,
) -> Segmentation:
    """The same with segments that exist: ``space``, ``centres`` and ``names`` by segment id."""
    counted = _count_labelled_cells(scored, cells, space, monetary_scale)
    by_segment = counted.assign(segment_id=counted["label"] + 1).drop(columns="label")
    return Segmentation(by_segment, centres, names, space)


def assign_segments_by_values(
    scored: DataFrame, segmentation: Segmentation, monetary_scale: int
) -> DataFrame:
    """Scored users with ``rfmf_score``, segment and distances, as ``assign_segments`` adds them.

    Distances are in standardised coordinates. Raises ``ValueError`` without a value space.
    """
    if segmentation.value_space is None:
        raise ValueError("the segmentation has no value space")
    scores = segmentation.cells.drop_duplicates(list(SCORE_COLUMNS))
    nearest = dict(nearest_centre_columns(segmentation.value_space, monetary_scale))
    keys = F.array(*[F.lit(name.key) for name in segmentation.names])
    label = nearest.pop("label")
    assigned = scored.withColumns(
        {"segment_id": label + F.lit(1), "segment_key": F.get(keys, label), **nearest}
    )
    return join_cells(assigned, to_spark(scored.sparkSession, number_cells(scores), _SCORE_SCHEMA))


def _count_labelled_cells(
    scored: DataFrame, cells: pd.DataFrame, space: ValueSpace, monetary_scale: int
) -> pd.DataFrame:
    """Users per label and score cell, with the cell's ``rfmf_score``, in a fixed order."""
    label = nearest_centre_columns(space, monetary_scale)["label"]
    keys = ["label", *SCORE_COLUMNS]
    counted = (
        scored.withColumn("label", label).groupBy(*keys).agg(F.count("*").alias("users")).toPandas()
    )
    ordered = counted.sort_values(keys, ignore_index=True)
    scores = cells[[*SCORE_COLUMNS, "rfmf_score"]]
    return ordered.merge(scores, on=list(SCORE_COLUMNS), how="left", validate="many_to_one")


def _mean_scores(counted: pd.DataFrame) -> Floats:
    points = counted[list(SCORE_COLUMNS)].to_numpy(dtype=np.float64)
    return np.average(points, axis=0, weights=counted["users"])
