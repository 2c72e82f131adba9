"""Segments beside the eight-cell rule, against pandas and scikit-learn on one row per user."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.schemas.tables import own_fields
from rfmf_spark.segments.assignment import Segmentation, add_rfmf_score, segment_cells
from rfmf_spark.segments.name_table import SegmentNames, load_segment_names
from rfmf_spark.segments.rule_match import describe_match, match_rule

WEIGHTS = np.array([0.1, 0.2, 0.7])
CENTRES = np.array([[8.0, 8, 8], [3, 4, 3], [8, 2, 6]])


@pytest.fixture(scope="module")
def names() -> SegmentNames:
    return load_segment_names(*read_named_file("segments.yaml", "segments.names"))


@pytest.fixture(scope="module")
def segmentation(names: SegmentNames) -> Segmentation:
    random = np.random.default_rng(11)
    scores = np.unique(random.integers(1, 11, size=(150, 3)), axis=0)
    cells = pd.DataFrame(scores, columns=["r_score", "f_score", "m_score"])
    cells["users"] = random.integers(1, 40, size=len(cells))
    # An index of its own, as a filter leaves it.
    cells.index = pd.Index(range(100, 100 + len(cells)))
    return segment_cells(add_rfmf_score(cells, WEIGHTS), CENTRES, np.ones(3), names)


def users_of(segmentation: Segmentation) -> pd.DataFrame:
    """One row per user with segment and rule-based label."""
    users = segmentation.cells.loc[segmentation.cells.index.repeat(segmentation.cells["users"])]
    scores = users[["r_score", "f_score", "m_score"]]
    label = (scores > scores.mean()).astype(int).astype(str).agg("".join, axis=1)
    return users.assign(label=label)


def test_users_per_segment_and_label_equal_a_crosstab_of_users(
    segmentation: Segmentation, names: SegmentNames
) -> None:
    found = match_rule(segmentation, names)

    users = users_of(segmentation)
    expected = users.groupby(["segment_id", "label"]).size()
    assert found.set_index(["segment_id", "rule_cell"])["users"].to_dict() == expected.to_dict()
    assert found["user_share"].sum() == pytest.approx(1)
    assert found.groupby("segment_id")["segment_share"].sum().tolist() == pytest.approx([1, 1, 1])
    assert list(found.columns) == [field.name for field in own_fields("segment_rule_match")]


def test_agreement_and_rand_index_equal_those_over_users(
    segmentation: Segmentation, names: SegmentNames
) -> None:
    found = match_rule(segmentation, names)

    users = users_of(segmentation)
    own_cell = {number: name.cell for number, name in enumerate(segmentation.names, start=1)}
    agree = (users["segment_id"].map(own_cell) == users["label"]).mean()
    index = adjusted_rand_score(users["segment_id"], users["label"])
    assert found["agreement"].unique() == pytest.approx(agree)
    assert found["rand_index"].unique() == pytest.approx(index)
    assert 0.1 < agree < 0.9
    assert describe_match(found) == (
        f"{agree:.0%} of users are in the cell of their segment's centre "
        f"(adjusted Rand index {index:.2f})"
    )


def test_the_centre_of_an_older_fit_is_placed_among_the_users_of_today(
    names: SegmentNames,
) -> None:
    cells = pd.DataFrame(
        [(5, 7, 5, 60), (5, 8, 5, 40)], columns=["r_score", "f_score", "m_score", "users"]
    )
    centres = np.array([[5.0, 7, 5]])
    fitted = segment_cells(add_rfmf_score(cells, WEIGHTS), centres, np.ones(3), names)
    # When it was fitted, the mean frequency was lower, and the centre above it.
    older = fitted._replace(names=(dataclasses.replace(fitted.names[0], cell="010"),))

    found = match_rule(older, names).set_index("rule_cell")

    # The mean is 7.4 today: the 60 users at 7 are on the same side as the centre.
    assert found["segment_cell"].tolist() == ["000", "000"]
    assert found["agrees"].to_dict() == {"000": True, "010": False}
    assert found["agreement"].tolist() == [0.6, 0.6]


def test_a_disagreement_is_explained_by_the_axes_it_is_on(names: SegmentNames) -> None:
    cells = pd.DataFrame(
        [(8, 8, 8, 30), (8, 4, 8, 10), (2, 2, 2, 60)],
        columns=["r_score", "f_score", "m_score", "users"],
    )
    centres = np.array([[8.0, 7, 8], [2, 2, 2]])
    segmentation = segment_cells(add_rfmf_score(cells, WEIGHTS), centres, np.ones(3), names)

    found = match_rule(segmentation, names).set_index(["segment_id", "rule_cell"])

    # Means: recency and monetary 4.4, frequency (240 + 40 + 120) / 100 = 4.0: four is not above it.
    assert found["explanation"].to_dict() == {
        (1, "111"): None,
        (1, "101"): (
            "frequency 4.00 on average, not above the mean 4.00 of all users; "
            "the centre is 3.00 above it"
        ),
        (2, "000"): None,
    }
    apart = found.reset_index().to_dict("records")[1]
    assert (apart["rule_key"], apart["segment_key"]) == ("key_develop", "key_value")
    assert (apart["users"], apart["segment_share"], apart["user_share"]) == (10, 0.25, 0.1)
    assert found["agreement"].tolist() == [0.9] * 3
