"""Local and global weights, against a published choice of a city and small trees."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.group import judge_group
from rfmf_spark.weights.hierarchy import find_node_weights
from tests.weights.matrices import expert, matrix_of

CITIES = ("Bethesda", "Boston", "Pittsburgh", "Santa Fe")
# Saaty 2005, Theory and Applications of the Analytic Network Process: where to live.
CRITERIA = {
    ("Culture", "Housing"): 3, ("Culture", "Transportation"): 5, ("Family", "Culture"): 5,
    ("Family", "Housing"): 7, ("Family", "Transportation"): 7, ("Housing", "Transportation"): 3,
    ("Jobs", "Culture"): 2, ("Jobs", "Housing"): 4, ("Jobs", "Transportation"): 7,
    ("Family", "Jobs"): 1,
}  # fmt: skip
# Upper triangles by rows, in the order of CITIES.
BY_CRITERION = {
    "Culture": (1 / 2, 1, 1 / 2, 2.5, 1, 1 / 2.5),
    "Family": (2, 1 / 3, 4, 1 / 8, 2, 9),
    "Housing": (5, 1 / 2, 2.5, 1 / 9, 1 / 4, 7),
    "Jobs": (1 / 2, 3, 4, 6, 8, 1),
    "Transportation": (1.5, 1 / 2, 4, 1 / 3.5, 2.5, 9),
}


def from_upper(upper: tuple[float, ...], criteria: tuple[str, ...]) -> np.ndarray:
    pairs = [(a, b) for n, a in enumerate(criteria) for b in criteria[n + 1 :]]
    return matrix_of(dict(zip(pairs, upper, strict=True)), criteria)


def test_the_published_cities_come_out_to_the_printed_digits() -> None:
    names = ("Culture", "Family", "Housing", "Jobs", "Transportation")
    below = {
        name: expert(from_upper(upper, CITIES), criteria=CITIES)
        for name, upper in BY_CRITERION.items()
    }
    settings = WeightSettings(max_consistency_ratio=1)
    goal = judge_group([expert(matrix_of(CRITERIA, names), criteria=names, below=below)], settings)

    totals: dict[str, float] = defaultdict(float)
    for node in find_node_weights(goal, settings):
        if len(node.path) == 2:
            totals[node.path[1]] += node.global_weight

    assert {city: round(total, 3) for city, total in totals.items()} == {
        "Bethesda": 0.229,
        "Boston": 0.275,
        "Pittsburgh": 0.385,
        "Santa Fe": 0.111,
    }


def test_global_weights_are_products_from_the_top_down() -> None:
    assets = expert([[1, 2], [1 / 2, 1]], criteria=("stocks", "bonds"))
    monetary = expert(
        [[1, 1 / 4], [4, 1]], criteria=("fee now", "assets held"), below={"assets held": assets}
    )
    top = expert([[1, 1], [1, 1]], criteria=("recency", "monetary"), below={"monetary": monetary})

    nodes = find_node_weights(judge_group([top], WeightSettings()), WeightSettings())

    assert [(node.path[-1], round(node.local_weight, 4)) for node in nodes] == [
        ("recency", 0.5), ("monetary", 0.5), ("fee now", 0.2), ("assets held", 0.8),
        ("stocks", 0.6667), ("bonds", 0.3333),
    ]  # fmt: skip
    assert [round(node.global_weight, 4) for node in nodes] == [0.5, 0.5, 0.1, 0.4, 0.2667, 0.1333]


def test_those_who_judge_below_are_asked_below() -> None:
    names = ("recency", "monetary")
    below = expert([[1, 4], [1 / 4, 1]], criteria=("fee now", "assets held"))
    one = expert([[1, 1], [1, 1]], criteria=names, below={"monetary": below})
    two = expert([[1, 4], [1 / 4, 1]], criteria=names)

    nodes = find_node_weights(judge_group([one, two], WeightSettings()), WeightSettings())

    # √(1 × 4) = 2 above; below only the first has judged.
    weights = {node.path[-1]: round(node.global_weight, 4) for node in nodes}
    assert weights == {
        "recency": 0.6667,
        "monetary": 0.3333,
        "fee now": 0.2667,
        "assets held": 0.0667,
    }


def test_those_who_judge_below_must_judge_the_same() -> None:
    names = ("recency", "monetary")
    one = expert(
        np.ones((2, 2)), criteria=names, below={"monetary": expert([[1]], criteria=("now",))}
    )
    two = expert(
        np.ones((2, 2)), criteria=names, below={"monetary": expert([[1]], criteria=("held",))}
    )
    group = judge_group([one, two], WeightSettings())

    with pytest.raises(ConfigurationError, match="criteria are held, but now in trial"):
        find_node_weights(group, WeightSettings())
