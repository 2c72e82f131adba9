"""From score cells to users: segments by the nearest centre, numbered by score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.segments.assignment import (
    Segmentation,
    add_rfmf_score,
    assign_segments,
    segment_cells,
)
from rfmf_spark.segments.name_table import SegmentNames, load_segment_names

WEIGHTS = np.array([0.1, 0.2, 0.7])
UNSCALED = np.ones(3)


@pytest.fixture(scope="module")
def names() -> SegmentNames:
    return load_segment_names(*read_named_file("segments.yaml", "segments.names"))


def cells_of(*rows: tuple[int, int, int, int]) -> pd.DataFrame:
    cells = pd.DataFrame(rows, columns=["r_score", "f_score", "m_score", "users"])
    return add_rfmf_score(cells, WEIGHTS)


@pytest.fixture(scope="module")
def two_segments(names: SegmentNames) -> Segmentation:
    cells = cells_of((1, 1, 1, 60), (1, 1, 2, 20), (9, 9, 9, 15), (10, 9, 9, 5))
    centres = np.array([[1.0, 1.0, 1.25], [9.25, 9.0, 9.0]])
    return segment_cells(cells, centres, UNSCALED, names)


def test_the_score_of_a_cell_is_the_weighted_sum_of_its_scores() -> None:
    cells = cells_of((10, 1, 5, 3))

    assert cells["rfmf_score"].tolist() == pytest.approx([0.1 * 10 + 0.2 * 1 + 0.7 * 5])


def test_the_segment_with_the_highest_score_is_the_first(two_segments: Segmentation) -> None:
    cells, centres, named = two_segments.cells, two_segments.centres, two_segments.names

    assert cells["segment_id"].tolist() == [2, 2, 1, 1]
    assert centres.tolist() == [[9.25, 9.0, 9.0], [1.0, 1.0, 1.25]]
    assert [name.cell for name in named] == ["111", "000"]
    assert cells["segment_key"].tolist() == [named[1].key] * 2 + [named[0].key] * 2


def test_distances_lead_to_the_own_and_to_the_next_centre(two_segments: Segmentation) -> None:
    first = two_segments.cells.iloc[0]

    assert first["own_distance"] == pytest.approx(0.25)
    assert first["second_distance"] == pytest.approx(np.sqrt(8.25**2 + 8**2 + 8**2))


def test_distances_are_taken_after_scaling(names: SegmentNames) -> None:
    # The cell in question lies between the two others: nearer to one in R, to the other in F.
    cells = cells_of((1, 9, 1, 1), (1, 1, 1, 1), (10, 10, 1, 1))
    centres = np.array([[1.0, 1.0, 1.0], [10.0, 10.0, 1.0]])

    mostly_frequency = segment_cells(cells, centres, np.array([0.1, 1.0, 1.0]), names).cells
    mostly_recency = segment_cells(cells, centres, np.array([1.0, 0.1, 1.0]), names).cells

    assert mostly_frequency["segment_id"].tolist() == [1, 2, 1]
    assert mostly_frequency["own_distance"].iloc[0] == pytest.approx(np.hypot(0.9, 1))
    assert mostly_recency["segment_id"].tolist() == [2, 2, 1]
    assert mostly_recency["own_distance"].iloc[0] == pytest.approx(0.8)


def test_cells_go_to_the_nearest_centre_as_a_loop_over_all_pairs_finds_it(
    names: SegmentNames,
) -> None:
    random = np.random.default_rng(4)
    points = np.unique(random.integers(1, 11, (300, 3)), axis=0)
    cells = add_rfmf_score(
        pd.DataFrame(points, columns=["r_score", "f_score", "m_score"]).assign(
            users=random.integers(1, 1000, len(points))
        ),
        WEIGHTS,
    )
    centres = random.uniform(1, 10, (6, 3))

    found = segment_cells(cells, centres, UNSCALED, names)

    segmented, by_segment = found.cells, found.centres

    for point, segment, own, second in zip(
        points,
        segmented["segment_id"],
        segmented["own_distance"],
        segmented["second_distance"],
        strict=True,
    ):
        distances = [float(np.linalg.norm(point - centre)) for centre in by_segment]
        assert distances[segment - 1] == min(distances)
        assert [own, second] == pytest.approx(sorted(distances)[:2])
    scores = [
        np.average(own["rfmf_score"], weights=own["users"])
        for _, own in segmented.groupby("segment_id")
    ]
    assert scores == sorted(scores, reverse=True)


def test_every_user_gets_what_was_found_for_their_cell(
    spark: SparkSession, two_segments: Segmentation
) -> None:
    users = spark.createDataFrame(
        [("a", 1, 1, 2), ("b", 9, 9, 9), ("c", 1, 1, 2)],
        "user_id string, r_score int, f_score int, m_score int",
    )
    keys = [name.key for name in two_segments.names]

    assigned = assign_segments(users, two_segments.cells)

    expected = spark.createDataFrame(
        [("a", 1.7, 2, keys[1]), ("b", 9.0, 1, keys[0]), ("c", 1.7, 2, keys[1])],
        "user_id string, rfmf_score double, segment_id int, segment_key string",
    )
    assert_df_equality(
        assigned.select(*expected.columns).selectExpr(
            "user_id", "round(rfmf_score, 9) AS rfmf_score", "segment_id", "segment_key"
        ),
        expected,
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_with_a_single_segment_there_is_no_second_distance(
    spark: SparkSession, names: SegmentNames
) -> None:
    cells = cells_of((5, 5, 5, 4), (6, 5, 5, 4))
    single = segment_cells(cells, np.array([[5.5, 5.0, 5.0]]), UNSCALED, names)
    users = spark.createDataFrame(
        [("a", 5, 5, 5)], "user_id string, r_score int, f_score int, m_score int"
    )

    row = assign_segments(users, single.cells).collect()[0]

    assert (row["segment_id"], row["own_distance"], row["second_distance"]) == (1, 0.5, None)
