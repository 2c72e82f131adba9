"""Judgments one step lower and higher."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.weights.group import judge_group
from rfmf_spark.weights.region import find_region, move_judgment
from tests.weights.matrices import consistent, expert


@pytest.mark.parametrize(
    ("value", "steps", "moved"),
    [
        (3, 1, 4), (3, -1, 2), (1, -1, 1 / 2), (1 / 2, 1, 1), (1 / 2, -1, 1 / 3), (1, 1, 2),
        (9, 1, 9), (1 / 9, -1, 1 / 9), (2.5, 1, 3.5), (1 / 2.5, -1, 1 / 3.5),
    ],
)  # fmt: skip
def test_steps_follow_the_scale_and_stop_at_its_ends(
    value: float, steps: int, moved: float
) -> None:
    assert move_judgment(value, steps) == pytest.approx(moved)


def test_one_judgment_gives_three_weights() -> None:
    settings = WeightSettings()
    group = judge_group([expert([[1, 2], [1 / 2, 1]])], settings)

    region = find_region(group, settings, lambda weights: weights)

    assert region.weights[:, 0].round(9).tolist() == pytest.approx([2 / 3, 1 / 2, 3 / 4])
    assert region.inconsistent == 0


def test_three_judgments_are_moved_in_all_combinations() -> None:
    # For n = 3, with t the cube root of a13 / (a12 a23), the ratio is (t + 1/t - 2) / 2 / 0.58.
    settings = WeightSettings()
    group = judge_group([expert([[1, 1 / 3, 1 / 7], [3, 1, 1 / 5], [7, 5, 1]])], settings)
    choices = itertools.product((1 / 4, 1 / 3, 1 / 2), (1 / 8, 1 / 7, 1 / 6), (1 / 6, 1 / 5, 1 / 4))
    roots = [(a13 / (a12 * a23)) ** (1 / 3) for a12, a13, a23 in choices]
    above = sum((t + 1 / t - 2) / 2 / 0.58 > 0.1 for t in roots)

    region = find_region(group, settings, lambda weights: weights)

    assert region.inconsistent == above == 6
    assert len(region.weights) == 27 - above


def test_experts_are_moved_one_after_the_other() -> None:
    settings = WeightSettings()
    group = judge_group([expert([[1, 2], [1 / 2, 1]]), expert([[1, 8], [1 / 8, 1]])], settings)

    region = find_region(group, settings, lambda weights: weights)

    ratios = region.weights[:, 0] / region.weights[:, 1]
    assert (ratios**2).round(9).tolist() == pytest.approx([16, 8, 24, 14, 18])


def test_many_criteria_are_moved_one_judgment_at_a_time() -> None:
    settings = WeightSettings()
    group = judge_group([expert(consistent(5, 4, 3, 2, 1), criteria=tuple("abcde"))], settings)

    region = find_region(group, settings, lambda weights: weights)

    assert len(region.weights) == 1 + 2 * 10


def test_what_applies_is_what_is_made_of_the_weights() -> None:
    settings = WeightSettings()
    group = judge_group([expert([[1, 2], [1 / 2, 1]])], settings)

    region = find_region(group, settings, lambda weights: np.array([0.5, 0.5]))

    assert region.weights.tolist() == [[0.5, 0.5]] * 3
