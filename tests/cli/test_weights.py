"""The command that computes, compares and explains weights: without Spark, in two languages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from rfmf_spark.cli.weights.words import Words
from rfmf_spark.config.languages import LANGUAGES
from rfmf_spark.config.sections.weights import CombinationMethod, ObjectiveMethod, PriorityMethod
from tests.wheel import CHECKOUT
from tests.whole_job.running import rfmf

EXPERTS = sorted(str(path) for path in (CHECKOUT / "conf" / "experts").glob("*.yaml"))
CONTRADICTION = (
    "name: n\nexpert: e\ndate: 2024\ncriteria: [recency, frequency, monetary]\n"
    "matrix: [[1, 3, 1/3], [1/3, 1, 3], [3, 1/3, 1]]\n"
)


@pytest.fixture
def cells(tmp_path: Path) -> str:
    file = tmp_path / "cells.csv"
    file.write_text(
        "r_score,f_score,m_score,users,segment_id\n1,2,9,40,1\n9,4,2,30,2\n5,9,5,20,1\n2,1,1,10,3\n"
    )
    return str(file)


def test_spark_is_never_imported(cells: str) -> None:
    arguments = ["weights", *EXPERTS, "--cells", cells, "--set", "weights.method=combined"]
    code = (
        "import sys; sys.modules['pyspark'] = None\n"
        f"from rfmf_spark.cli import main; main({arguments!r})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "applied (combined)" in ended.stdout


def test_the_default_explains_the_published_matrix() -> None:
    ended = rfmf("weights")

    assert (ended.code, ended.stderr) == (0, "")
    assert "RFMF (Huang 2019)" in ended.stdout
    assert "One expert counts: consistency ratio 0.0559." in ended.stdout
    assert "A point more in monetary raises the combined score by 0.73 points." in ended.stdout
    assert "Give --cells to see what this means for users" in ended.stdout


def test_several_experts_in_english() -> None:
    told = " ".join(rfmf("weights", *EXPERTS).stdout.split())

    assert "* left open by the expert" in told
    assert "They differ most on frequency : monetary: from 1/6 to 1/2." in told
    assert "assets held" in told
    assert "With any judgment one step lower or higher, the weights lie between: recency" in told


def test_and_in_chinese() -> None:
    told = rfmf("weights", *EXPERTS, "--lang", "zh").stdout

    assert "3 位专家的群体判断" in told
    assert "任一判断上下移动一级时，权重范围为：最近购买 R" in told
    assert "consistency" not in told


def test_with_cells_methods_are_compared_and_the_region_is_one_of_users(cells: str) -> None:
    told = rfmf("weights", "--cells", cells).stdout

    for title in ("rank correlation", "change decile", "change segment no.", "CRITIC"):
        assert title in told
    assert "of users does not depend on it." in told


def test_json_holds_the_same(cells: str) -> None:
    ended = rfmf("weights", *EXPERTS, "--cells", cells, "--json")

    told = json.loads(ended.stdout)
    assert [expert["expert"] for expert in told["experts"]] == [
        "Finance",
        "Product management",
        "Customer service",
    ]
    assert all(len(expert["sha256"]) == 64 for expert in told["experts"])
    assert sum(told["weights"].values()) == pytest.approx(1)
    assert told["group"]["largest_disagreement"] == ["frequency", "monetary"]
    assert [row["method"] for row in told["methods"]][:2] == ["applied", "eigenvector"]
    assert 0 <= told["decile_unmoved_share"] <= 1
    assert told["region"]["least"]["recency"] < told["weights"]["recency"]


def test_a_refused_expert_is_shown_with_repairs_and_ends_with_code_2(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(CONTRADICTION)

    ended = rfmf("weights", str(file), EXPERTS[0])

    assert ended.code == 2
    assert "n: consistency ratio 1.1494 is above the limit 0.1. Reconsider one of:" in ended.stdout
    assert "1/3.26" in ended.stdout
    (line,) = ended.stderr.splitlines()
    assert line.startswith("rfmf: weights.judgments: n by e has consistency ratio 1.1494, above")


def test_an_expert_that_is_left_out_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(CONTRADICTION)

    alone = rfmf("weights", EXPERTS[0], "--json")
    both = rfmf(
        "weights", EXPERTS[0], str(file), "--json", "--set", "weights.above_limit=leave_out"
    )

    assert both.code == 0
    assert json.loads(both.stdout)["weights"] == json.loads(alone.stdout)["weights"]
    assert [expert["used"] for expert in json.loads(both.stdout)["experts"]] == [True, False]


def test_weights_from_the_data_need_cells() -> None:
    ended = rfmf("weights", "--set", "weights.method=critic")

    assert ended.code == 2
    assert "weights.method is critic, which needs the scores of users" in ended.stderr


def test_own_criteria_are_fine_without_cells_and_refused_with_them(
    tmp_path: Path, cells: str
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "name: n\nexpert: e\ndate: 2024\ncriteria: [a, b]\nmatrix: [[1, 3], [1/3, 1]]\n"
    )

    assert "0.7500" in rfmf("weights", str(file)).stdout
    ended = rfmf("weights", str(file), "--cells", cells)
    assert ended.code == 2
    assert "n by e: criteria are a, b; expected, in this order, recency, frequency" in ended.stderr


def test_names_with_square_brackets_show_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "name: 'weights [2024] :bell:'\nexpert: 'Ann [sales]'\ndate: 2024\n"
        "criteria: ['a [red]', 'b [/x]']\nmatrix: [[1, 3], [1/3, 1]]\n"
    )
    bob = tmp_path / "bob.yaml"
    bob.write_text(
        "name: 'n [/]'\nexpert: 'Bob [/ops]'\ndate: 2024\n"
        "criteria: ['a [red]', 'b [/x]']\nmatrix: [[1, 5], [1/5, 1]]\n"
    )

    ended = rfmf("weights", str(file), str(bob))

    assert (ended.code, ended.stderr) == (0, "")
    told = " ".join(ended.stdout.split())
    for text in ("Ann [sales]", "weights [2024] :bell:", "Bob [/ops]", "n [/]"):
        assert f"│ {text} " in told
    assert "A point more in a [red] raises the combined score" in told
    assert "They differ most on a [red] : b [/x]: from 3 to 5." in told


def test_a_repair_is_told_under_the_name_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(CONTRADICTION.replace("name: n", "name: 'n [/bold]'"))

    assert "n [/bold]: consistency ratio 1.1494 is above" in rfmf("weights", str(file)).stdout


def test_a_criterion_named_like_one_of_our_texts_keeps_its_name(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "name: n\nexpert: e\ndate: 2024\ncriteria: [yes_or_no, 'group', 'no_cells']\n"
        "matrix: [[1, 1, 1], [1, 1, 1], [1, 1, 1]]\n"
    )

    told = rfmf("weights", str(file), "--lang", "zh").stdout

    assert "yes_or_no 0.1958-0.5000，group 0.1958-0.5000，no_cells 0.1958-0.5000。" in told
    assert "位专家的群体判断" not in told


@pytest.mark.parametrize("kind", [CombinationMethod, ObjectiveMethod, PriorityMethod])
def test_every_method_has_a_name_in_every_language(kind: object) -> None:
    names = [Words(language)(method) for language in LANGUAGES for method in get_args(kind)]

    assert all(names)
