"""What is varied, and how two segmentations are compared; no Spark."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.segments.naming import SegmentName
from rfmf_spark.sensitivity.comparison import compare
from rfmf_spark.sensitivity.variations import plan_variations

WEIGHTS = np.array([0.1, 0.2, 0.7])


def settings(*assignments: str) -> Settings:
    return load_settings("local", [], assignments).settings


def told(chosen: Settings) -> list[tuple[str, str, str]]:
    return [variation[:3] for variation in plan_variations(chosen, WEIGHTS)]


def test_every_other_value_is_tried_after_one_variation_of_nothing() -> None:
    assert told(settings("sensitivity.weight_steps=[0.5]", "sensitivity.bases=[amount]")) == [
        ("nothing", "", ""),
        ("scoring.ties", "mid", "low"),
        ("scoring.ties", "mid", "high"),
        ("scoring.bins", "10", "5"),
        ("features.basis", "management_fee", "amount"),
        ("clustering.scale_by_weights", "false", "true"),
        # 0.05 / 0.95 and 0.15 / 1.05, and so on.
        ("weight of recency", "0.1000", "0.0526"),
        ("weight of recency", "0.1000", "0.1429"),
        ("weight of frequency", "0.2000", "0.1111"),
        ("weight of frequency", "0.2000", "0.2727"),
        ("weight of monetary", "0.7000", "0.5385"),
        ("weight of monetary", "0.7000", "0.7778"),
    ]


def test_a_variation_changes_its_setting_and_how_often_is_drawn_and_nothing_else() -> None:
    chosen = settings("sensitivity.resamples=3", "clustering.k_max=6")

    for variation in plan_variations(chosen, WEIGHTS):
        before, after = chosen.model_dump(), variation.settings.model_dump()
        assert after["clustering"].pop("resamples") == 3
        before["clustering"].pop("resamples")
        different = {
            f"{section}.{name}"
            for section in ("features", "scoring", "clustering")
            for name in before[section]
            if before[section][name] != after[section][name]
        }
        is_setting = "." in variation.choice
        assert different == ({variation.choice} if is_setting else set())
        assert variation.weights.sum() == pytest.approx(1)


def test_what_cannot_be_varied_is_left_out() -> None:
    given = settings("input.features=f", "scoring.cut_points.recency=[1,2,3,4,5,6,7,8,9]")

    assert {choice for choice, _, _ in told(given)} == {
        "nothing",
        "scoring.ties",
        "clustering.scale_by_weights",
        "weight of recency",
        "weight of frequency",
        "weight of monetary",
    }


def test_weights_move_clusters_only_where_they_scale_them() -> None:
    plain = plan_variations(settings(), WEIGHTS)[-1]
    scaled = plan_variations(settings("clustering.scale_by_weights=true"), WEIGHTS)[-1]

    assert plain.only_weighs_anew
    assert not scaled.only_weighs_anew


def test_sensitivity_in_a_run_needs_score_cells() -> None:
    with pytest.raises(ConfigurationError, match=r"sensitivity.in_run is true, but sensitivity is"):
        settings("sensitivity.in_run=true", "clustering.space=values")


def named(*keys: str) -> list[SegmentName]:
    return [SegmentName(key, key, key.title(), "111", "", "") for key in keys]


def test_users_who_move_are_those_outside_of_the_best_pairs() -> None:
    # Segment 1 has become 2 but for 5 users, 2 has become 1, 3 is shared out.
    before = np.array([1, 1, 2, 3, 3, 3])
    after = np.array([2, 1, 1, 1, 2, 3])
    users = np.array([40, 5, 30, 4, 7, 14])

    found = compare(before, after, users, named("a", "b", "c"), named("b", "a", "d"))

    assert found.users == 100
    assert found.moved == 5 + 4 + 7
    # b stays b for 30, a stays a for 40; all of c is something else now.
    assert found.renamed == 5 + 25
    assert (found.names_gone, found.names_new) == ("C", "D")
    expected = adjusted_rand_score(np.repeat(before, users), np.repeat(after, users))
    assert found.rand_index == pytest.approx(expected)


def test_more_segments_than_before_move_the_users_of_the_additional_ones() -> None:
    found = compare(
        np.array([1, 1, 1]), np.array([1, 2, 3]), np.array([6, 3, 1]), named("a"), named(*"abc")
    )

    assert (found.moved, found.renamed, found.rand_index) == (4, 4, 0)
