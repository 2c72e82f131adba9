"""Numbers and names of segments, and the table they come from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.segments.name_table import SegmentNames, load_segment_names
from rfmf_spark.segments.naming import name_segments, rank_segments

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


def test_segments_of_one_cell_are_told_apart_by_what_separates_them_most(
    shipped: SegmentNames,
) -> None:
    centres = np.array([[9.0, 4.5, 9], [1, 1, 1], [8, 1.5, 8]])

    first, other, second = name_segments(centres, MEAN, shipped)

    assert [first.key, other.key, second.key] == [
        "key_develop_high_frequency",
        "general_win_back",
        "key_develop_low_frequency",
    ]
    assert (second.name_zh, second.name_en) == ("重要发展 · 低频", "Key, develop · low frequency")
    assert second.reason == (
        "R 8.00 > 5.00, F 1.50 <= 5.00, M 8.00 > 5.00 (means of all users): cell 101; "
        "set apart from segment 1 by frequency (1.50 against 4.50)"
    )
    assert other.reason.endswith("cell 000")


def test_three_segments_are_low_middle_and_high_of_one_axis(shipped: SegmentNames) -> None:
    centres = np.array([[9.0, 3, 6], [8, 3, 8], [9, 3.2, 10]])

    names = name_segments(centres, MEAN, shipped)

    assert [name.name_zh for name in names] == [
        "重要发展 · 低价值",
        "重要发展 · 中价值",
        "重要发展 · 高价值",
    ]


def test_three_of_which_two_are_alike_on_every_axis_need_two_words(shipped: SegmentNames) -> None:
    # Apart by 3.9 in frequency; the two that are left differ in recency.
    centres = np.array([[9.0, 1, 8], [6, 1.1, 8.1], [9, 5, 8]])

    names = name_segments(centres, MEAN, shipped)

    assert [name.key for name in names] == [
        "key_develop_low_frequency_high_recency",
        "key_develop_low_frequency_low_recency",
        "key_develop_high_frequency",
    ]
    assert names[0].name_zh == "重要发展 · 低频 · 近期购买"


def test_any_number_of_centres_gets_as_many_names_in_any_order(shipped: SegmentNames) -> None:
    random = np.random.default_rng(3)
    for _ in range(200):
        centres = random.integers(1, 11, size=(random.integers(2, 12), 3)).astype(float)
        names = name_segments(centres, MEAN, shipped)
        for column in ("key", "name_zh", "name_en"):
            assert len({getattr(name, column) for name in names}) == len(centres)
        if len(np.unique(centres, axis=0)) == len(centres):
            order = random.permutation(len(centres))
            again = name_segments(centres[order], MEAN, shipped)
            unnumbered = [name for name in names if not name.key[-1].isdigit()]
            assert {name.key for name in unnumbered} <= {name.key for name in again}


def test_equal_centres_get_numbers(shipped: SegmentNames) -> None:
    names = name_segments(np.array([[9.0, 1, 9], [9, 1, 9]]), MEAN, shipped)

    assert [name.key for name in names] == ["key_develop", "key_develop_2"]
    assert names[1].name_zh == "重要发展 2"


def ruled(**rule: object) -> SegmentNames:
    whole = {"key": "own", "name_zh": "自定", "name_en": "Own", "kind": 1} | rule
    tree = shipped_tree() | {"rules": [whole]}
    return load_segment_names(yaml.safe_dump(tree, allow_unicode=True), "my.yaml")


def test_an_own_rule_names_what_fits_it_before_the_cell_does() -> None:
    names = ruled(when={"recency": {"below": 3}, "monetary": {"from": 8, "below": 9.5}})
    centres = np.array([[2.9, 5, 8], [3, 5, 8], [2, 5, 9.5], [1, 9, 9]])

    found = name_segments(centres, MEAN, names)

    assert [name.key for name in found] == [
        "own_low_frequency",
        "key_win_back_low_monetary",
        "key_win_back_high_monetary",
        "own_high_frequency",
    ]
    assert found[0].reason.startswith(
        "rule own: recency 2.90 is below 3, monetary 8.00 is from 8 below 9.5"
    )
    assert found[0].strategy_en == names.strategies[1].en


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"when": {}}, "rules.0.when: dictionary should have at least 1 item"),
        ({"when": {"profit": {"from": 1}}}, "rules.0.when.profit"),
        ({"when": {"recency": {"from": float("inf")}}}, "rules.0.when.recency.from: input should"),
        ({"when": {"recency": {}}}, "rules.0.when.recency: give from, below, or both"),
        (
            {"when": {"recency": {"from": 3, "below": 3}}},
            "rules.0.when.recency: from 3 is not less than below 3",
        ),
        ({"when": {"recency": {"from": 3}}, "kind": 9}, "rule own has kind 9, but strategies has"),
        ({"when": {"recency": {"from": 3}}, "key": "key_value"}, "key key_value is given twice"),
    ],
)
def test_a_bad_rule_is_refused_with_its_place(rule: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^my.yaml: {problem}"):
        ruled(**rule)


def test_a_table_without_words_for_levels_has_the_shipped_ones(shipped: SegmentNames) -> None:
    tree = shipped_tree()
    del tree["levels"]

    loaded = load_segment_names(yaml.safe_dump(tree, allow_unicode=True), "my.yaml")

    assert loaded.levels == shipped.levels
    tree["levels"] = {"recency": {"low": {"zh": "低" * 31, "en": "low"}}}
    with pytest.raises(ConfigurationError, match=r"levels.recency.low.zh: string should have at"):
        load_segment_names(yaml.safe_dump(tree, allow_unicode=True), "my.yaml")
    del tree["rules"]
    tree["levels"] = {"recency": {}}
    with pytest.raises(ConfigurationError, match=r"levels.recency.low is missing"):
        load_segment_names(yaml.safe_dump(tree, allow_unicode=True), "my.yaml")


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
        ("cells: []\ncells: []", r"cells is given twice \(lines 1 and 2\)"),
        ("", "input should be a valid dictionary"),
        ("cells: []", "strategies: field required"),
    ],
)
def test_a_text_that_is_no_table_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^my.yaml(:[0-9]+)?: .*{problem}"):
        load_segment_names(text, "my.yaml")
