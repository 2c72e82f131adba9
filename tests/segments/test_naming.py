"""Numbers and names of segments, and the table they come from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.segments.naming import (
    SegmentNames,
    load_segment_names,
    name_segments,
    rank_segments,
)

MEAN = np.array([5.0, 5.0, 5.0])


@pytest.fixture
def shipped() -> SegmentNames:
    return load_segment_names(*read_named_file("segments.yaml", "segments.names"))


def shipped_tree() -> dict[str, object]:
    tree: dict[str, object] = yaml.safe_load(read_named_file("segments.yaml", "segments.names")[0])
    return tree


def cells_of(rows: list[tuple[int, int, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["users", "label", "rfmf_score"])


def test_the_shipped_table_is_the_common_one_with_the_five_kinds_of_the_paper(
    shipped: SegmentNames,
) -> None:
    table = {entry.cell: (entry.name_zh, entry.kind) for entry in shipped.cells}

    assert table == {
        "111": ("重要价值", 5),
        "101": ("重要发展", 4),
        "011": ("重要保持", 1),
        "001": ("重要挽留", 1),
        "110": ("一般价值", 3),
        "100": ("一般发展", 3),
        "010": ("一般保持", 2),
        "000": ("一般挽留", 2),
    }
    assert sorted(shipped.strategies) == [1, 2, 3, 4, 5]


def test_a_segment_is_named_by_the_place_of_its_centre(shipped: SegmentNames) -> None:
    centres = np.array([[9.0, 8.0, 9.0], [7.0, 5.0, 8.0], [2.0, 6.0, 4.0]])

    names = name_segments(centres, MEAN, shipped)

    assert [(name.key, name.cell) for name in names] == [
        ("key_value", "111"),
        ("key_develop", "101"),  # a score at the mean is not above it
        ("general_retain", "010"),
    ]
    assert (names[1].name_zh, names[1].name_en) == ("重要发展", "Key, develop")
    assert names[1].strategy_en == shipped.strategies[4].en
    assert names[1].strategy_zh == shipped.strategies[4].zh


def test_segments_of_one_cell_get_ordinals_in_order_of_their_id(shipped: SegmentNames) -> None:
    centres = np.array([[9.0, 1, 9], [1, 1, 1], [8, 1, 8], [7, 2, 7]])

    names = name_segments(centres, MEAN, shipped)

    assert [name.key for name in names] == [
        "key_develop", "general_win_back", "key_develop_2", "key_develop_3",
    ]  # fmt: skip
    assert (names[2].name_zh, names[2].name_en) == ("重要发展 2", "Key, develop 2")


def test_rounding_of_a_mean_does_not_lift_a_centre_above_it(shipped: SegmentNames) -> None:
    centre = np.array([[0.1 + 0.2, 0.3, 0.3]])

    assert name_segments(centre, np.array([0.3, 0.3, 0.3]), shipped)[0].cell == "000"


def test_ids_follow_the_mean_score_of_the_users_not_of_the_cells() -> None:
    # Means: (9 * 1 + 1 * 9) / 10 = 1.8 against 2 and 5.
    cells = cells_of([(9, 0, 1.0), (1, 0, 9.0), (4, 1, 2.0), (1, 2, 5.0)])

    assert rank_segments(cells, np.zeros((3, 3))).tolist() == [3, 2, 1]


def test_equal_means_are_ordered_by_monetary_then_frequency_then_recency() -> None:
    cells = cells_of([(1, label, 5.0) for label in range(4)])
    centres = np.array([[1.0, 3, 8], [2, 3, 8], [9, 9, 7], [1, 4, 8]])

    assert rank_segments(cells, centres).tolist() == [3, 2, 4, 1]


def test_means_that_differ_only_by_rounding_are_equal() -> None:
    cells = cells_of([(1, 0, 0.3), (1, 1, 0.1 + 0.2)])
    centres = np.array([[1.0, 1, 2], [1, 1, 1]])

    assert rank_segments(cells, centres).tolist() == [1, 2]
    assert rank_segments(cells.iloc[::-1], centres).tolist() == [1, 2]


def test_a_missing_cell_is_refused() -> None:
    tree = shipped_tree()
    tree["cells"] = [cell for cell in tree["cells"] if cell["cell"] != "011"]  # type: ignore[attr-defined]

    with pytest.raises(ConfigurationError, match=r"^my.yaml: cell 011 is missing; all eight cells"):
        load_segment_names(yaml.safe_dump(tree), "my.yaml")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"cell": "111"}, "cell 101 is missing"),
        ({"key": "key_value"}, "key key_value is given twice; keep one of the two"),
        ({"kind": 7}, "cell 101 has kind 7, but strategies has only 1, 2, 3, 4, 5"),
        ({"colour": "red"}, "cells.1.colour: extra inputs are not permitted"),
        ({"name_zh": ""}, "cells.1.name_zh: string should have at least 1 character"),
        ({"cell": 101}, "cells.1.cell: input should be a valid string; quote cells, as in '001'"),
    ],
)
def test_a_bad_entry_is_refused_with_its_place(change: dict[str, object], problem: str) -> None:
    tree = shipped_tree()
    tree["cells"][1].update(change)  # type: ignore[index]

    with pytest.raises(ConfigurationError, match=f"^my.yaml: {problem}"):
        load_segment_names(yaml.safe_dump(tree, allow_unicode=True), "my.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cells: [", "not readable as YAML"),
        ("", "input should be a valid dictionary"),
        ("cells: []", "strategies: field required"),
    ],
)
def test_a_text_that_is_no_table_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^my.yaml: .*{problem}"):
        load_segment_names(text, "my.yaml")
