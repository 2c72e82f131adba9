"""Experts from files, as the settings name them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.ahp import solve_priorities
from rfmf_spark.weights.loading import load_group, name_files
from tests.wheel import CHECKOUT

SHIPPED = ("experts/finance.yaml", "experts/product.yaml", "experts/service.yaml")


def test_the_default_is_the_one_published_matrix_to_the_last_digit() -> None:
    group = load_group(WeightSettings())

    assert group is not None
    (opinion,) = group.opinions
    assert opinion.judgments.name == "RFMF (Huang 2019)"
    expected = solve_priorities(opinion.judgments.values)
    assert group.priorities.weights.tolist() == expected.weights.tolist()


def test_the_shipped_examples_are_a_group_with_votes_an_open_judgment_and_a_hierarchy() -> None:
    group = load_group(WeightSettings(method="group", experts=SHIPPED))

    assert group is not None
    finance, product, service = group.opinions
    assert [o.judgments.weight for o in group.opinions] == [1, 2, 1]
    assert service.completed == ((1, 2),)
    assert list(finance.judgments.sub_criteria) == ["monetary"]
    text = (CHECKOUT / "conf" / "experts" / "product.yaml").read_bytes()
    assert product.judgments.digest == hashlib.sha256(text).hexdigest()


def test_combined_asks_the_experts_where_there_are_any_and_ahp_never() -> None:
    assert name_files(WeightSettings(method="combined")) == ("judgments/huang2019.yaml",)
    assert name_files(WeightSettings(method="combined", experts=SHIPPED)) == SHIPPED
    assert name_files(WeightSettings(experts=SHIPPED)) == ("judgments/huang2019.yaml",)


def test_weights_from_scores_read_no_judgments() -> None:
    assert load_group(WeightSettings(method="entropy", judgments="none.yaml")) is None


def test_a_group_without_experts_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match=r"method is group, but experts is empty; name the files"):
        Settings.model_validate({"weights": {"method": "group"}})


def test_other_criteria_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "name: n\nexpert: e\ndate: 2024\ncriteria: [frequency, recency]\n"
        "matrix: [[1, 2], [1/2, 1]]\n"
    )

    with pytest.raises(
        ConfigurationError, match=r"n by e: criteria are frequency, recency; expect"
    ):
        load_group(WeightSettings(judgments=str(file)))
