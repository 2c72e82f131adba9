"""The ways to the segments that need no Spark: given centres, and the words that come with them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.model.fitting import FitPlan, Segmented, find_segments
from rfmf_spark.segments.assignment import add_rfmf_score
from rfmf_spark.segments.name_table import load_segment_names

CELLS = add_rfmf_score(
    pd.DataFrame(
        [(9, 9, 9, 10), (8, 9, 9, 10), (2, 2, 2, 30), (2, 3, 2, 50)],
        columns=["r_score", "f_score", "m_score", "users"],
    ),
    np.array([0.1, 0.2, 0.7]),
)


def found_with(*assignments: str, cells: pd.DataFrame = CELLS) -> Segmented:
    names = load_segment_names(*read_named_file("segments.yaml", "segments.names"))
    clustering = load_settings("local", [], assignments).settings.clustering
    plan = FitPlan(clustering, np.array([0.1, 0.2, 0.7]), names, monetary_scale=8)
    # Where nothing is fitted, users are not looked at.
    return find_segments(cast(Any, None), cells, plan)


def reason_of(found: Segmented) -> str:
    (reason,) = found.k_selection["reason"].dropna()
    return str(reason)


def test_given_centres_are_taken_as_they_are() -> None:
    found = found_with("clustering.centres=[[2, 2, 2], [9, 9, 9]]")

    # By score; no mean of users in sight.
    assert found.segmentation.centres.tolist() == [[9, 9, 9], [2, 2, 2]]
    assert found.segmentation.cells["segment_id"].tolist() == [1, 1, 2, 2]
    (row,) = found.k_selection.to_dict("records")
    # One away: 10 users in recency, 50 in frequency.
    assert (row["k"], row["cost"], row["chosen"], row["verdict"]) == (2, 60, True, "given")
    assert reason_of(found) == "K = 2: centres given by configuration (clustering.centres)"
    assert found.segment_stability["segment_id"].tolist() == [2, 1]
    assert found.segment_stability["users"].tolist() == [80, 20]
    assert found.segment_stability["jaccard"].isna().all()


def test_a_given_centre_that_no_user_is_nearest_to_is_left_out_and_told() -> None:
    found = found_with("clustering.centres=[[2, 2, 2], [9, 9, 9], [5, 10, 1]]")

    assert len(found.segmentation.centres) == 2
    assert reason_of(found).endswith("; 1 of 3 have no users")


def test_distances_to_given_centres_are_weighted_where_that_is_set() -> None:
    found = found_with(
        "clustering.centres=[[2, 2, 9], [9, 9, 2]]", "clustering.scale_by_weights=true"
    )

    # The monetary score weighs most: 9, 9, 9 is nearer to 2, 2, 9.
    assert found.segmentation.cells["segment_id"].tolist() == [1, 1, 2, 2]


def test_given_centres_without_users_are_refused() -> None:
    with pytest.raises(InputRefusedError, match="score cells: there is none"):
        found_with("clustering.centres=[[2, 2, 2]]", cells=CELLS.iloc[:0])
