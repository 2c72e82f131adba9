"""The small tables of the choice of K."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.choice import KChoice
from rfmf_spark.clustering.choice_tables import k_selection_table, segment_stability_table
from rfmf_spark.clustering.stability import Stability
from rfmf_spark.schemas.tables import own_fields

TWO = KCandidate(
    2,
    np.array([[1.0, 1, 1], [9, 9, 9]]),
    40.0,
    0.8,
    90.0,
    users=np.array([300, 100]),
    stability=Stability(np.array([0.9, 0.7]), 0.6, 0.5),
)
THREE = KCandidate(3, np.array([[1.0, 1, 1], [5, 5, 5], [9, 9, 9]]), 20.0, None, None)
CHOICE = KChoice(
    2,
    {"elbow": 2, "gap": 3, "silhouette": 2},
    "because",
    "natural",
    3,
    1 / 3,
    {2: (), 3: ("valley 0.9 above 0.5", "share 0.001 below 0.01")},
)


def own_columns(table: str) -> list[str]:
    return [field.name for field in own_fields(table)]


def test_every_k_has_its_figures_votes_and_failed_gates() -> None:
    rows = k_selection_table([THREE, TWO], CHOICE)

    assert list(rows.columns) == own_columns("k_selection")
    assert rows["k"].tolist() == [2, 3]
    assert rows["votes"].tolist() == ["elbow, silhouette", "gap"]
    assert rows["failed_gates"].tolist() == ["", "valley 0.9 above 0.5; share 0.001 below 0.01"]
    assert rows["chosen"].tolist() == [True, False]
    first = rows.iloc[0]
    assert (first["stability"], first["rand_index"], first["rand_index_halves"]) == (0.7, 0.6, 0.5)
    assert first["smallest_share"] == 0.25
    assert (first["verdict"], first["runner_up"], first["reason"]) == ("natural", 3, "because")
    assert rows.iloc[1][["verdict", "runner_up", "disagreement", "reason"]].isna().all()


def test_segments_of_the_chosen_k_have_their_id() -> None:
    # Segment 1 is the one around 9.
    rows = segment_stability_table([TWO, THREE], CHOICE, np.array([[9.0, 9, 9], [1, 1, 1]]))

    assert list(rows.columns) == own_columns("segment_stability")
    # Nothing is known of the users of the other candidate.
    assert rows["k"].tolist() == [2, 2]
    assert rows["segment_id"].tolist() == [2, 1]
    assert rows["r_centre"].tolist() == [1, 9]
    assert rows["users"].tolist() == [300, 100]
    assert rows["user_share"].tolist() == [0.75, 0.25]
    assert rows["jaccard"].tolist() == [0.9, 0.7]


def test_no_known_users_leave_an_empty_table_with_its_columns() -> None:
    rows = segment_stability_table([THREE], CHOICE, THREE.centres)

    assert isinstance(rows, pd.DataFrame)
    assert rows.empty
    assert list(rows.columns) == own_columns("segment_stability")
