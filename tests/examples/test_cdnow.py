"""The CDNOW example: conversion of any line, and the facts of the published file.

The file is no part of the project: the environment variable RFMF_CDNOW says where it lies. The
facts were computed from it with numpy and pandas.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.sections.scoring import ScoringSettings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.scoring.cut_points import find_cut_points
from rfmf_spark.scoring.scores import add_scores
from rfmf_spark.tables.runs import read_current
from tests.whole_job.running import rfmf

FOLDER = Path(__file__).parents[2] / "examples" / "cdnow"
USERS = 23_570
FREQUENCY_SCORES = {
    "low": [11908, 0, 0, 0, 0, 4079, 2217, 1441, 1630, 2295],
    "mid": [0, 0, 11908, 0, 0, 4079, 0, 2217, 3071, 2295],
    "high": [0, 0, 0, 0, 0, 11908, 4079, 2217, 2436, 2930],
}
RECENCY_SCORES = [2384, 2351, 2294, 2418, 2327, 2375, 2355, 2347, 2371, 2348]


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"cdnow_{name}", FOLDER / f"{name}.py")
    if spec is None or spec.loader is None:
        pytest.fail(f"{FOLDER / name}.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


convert = _load("convert")


def test_every_line_becomes_a_purchase_with_an_id_of_its_own() -> None:
    lines = [" 00002 19970112  5   77.00\r\n", " 00002 19970112  5   77.00\r\n", "\n"]
    assert list(convert.convert_lines(lines)) == [
        ("1", "00002", "1997-01-12", "subscription", "77.00"),
        ("2", "00002", "1997-01-12", "subscription", "77.00"),
    ]


def test_a_heading_is_left_out() -> None:
    lines = [" customer_id  date number_of_cds  dollar_value", "00001 19970101 1 11.77"]
    assert [row[1] for row in convert.convert_lines(lines)] == ["00001"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("00001 19970101 11.77", "line 1 has 3 fields instead of 4"),
        ("00001 19970230 1 11.77", "line 1 has the date '19970230'"),
    ],
)
def test_a_line_that_is_no_purchase_is_refused(line: str, told: str) -> None:
    with pytest.raises(InputRefusedError, match=told):
        list(convert.convert_lines([line]))


@pytest.fixture(scope="module")
def results(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = os.environ.get("RFMF_CDNOW")
    if not file:
        pytest.skip("RFMF_CDNOW does not say where CDNOW_master.txt lies")
    folder = tmp_path_factory.mktemp("cdnow")
    assert convert.convert_file(Path(file), folder / "trades.csv") == 69_659
    given = {"input.trades": folder / "trades.csv", "output.root": folder / "results"}
    assignments = [f"--set={name}={value}" for name, value in given.items()]
    ended = rfmf("run", "--config", str(FOLDER / "cdnow.yaml"), *assignments)
    assert ended.code == 0, ended.stderr
    return str(folder / "results")


@pytest.fixture(scope="module")
def facts(spark: SparkSession, results: str) -> Any:
    return _load("facts").read_facts(spark, results)


@pytest.fixture(scope="module")
def features(spark: SparkSession, results: str) -> DataFrame:
    whole = "cast(monetary * 100 as bigint) as monetary"
    users = read_current(spark, results, "user_features")
    return users.selectExpr("recency_days as recency", "frequency", whole).cache()


@pytest.mark.slow
def test_all_customers_are_found_with_their_medians_and_means(facts: Any) -> None:
    assert facts.users == USERS
    assert facts.medians == pytest.approx({"recency": 471, "frequency": 1, "monetary": 43.395})
    means = {"recency": 367.222, "frequency": 2.95541, "monetary": 106.0804}
    assert facts.means == pytest.approx(means, rel=2e-6)


@pytest.mark.slow
def test_cut_points_are_the_deciles_as_actual_values(facts: Any) -> None:
    assert facts.cut_values == {
        "recency": [55, 141, 274, 432, 471, 485, 498, 512, 527],
        "frequency": [1, 1, 1, 1, 1, 2, 3, 4, 6],
        "monetary": [12.97, 15.36, 24.98, 31.35, 43.38, 59.92, 86.41, 133.95, 242.33],
    }


@pytest.mark.slow
def test_published_users_per_score_are_those_of_middle_ranks(facts: Any) -> None:
    assert facts.users_per_score["recency"] == RECENCY_SCORES
    assert facts.users_per_score["frequency"] == FREQUENCY_SCORES["mid"]


@pytest.mark.slow
@pytest.mark.parametrize("ties", ["low", "mid", "high"])
def test_every_rule_for_ties_gives_its_users_per_score(features: DataFrame, ties: str) -> None:
    settings = ScoringSettings.model_validate({"ties": ties})
    scored = add_scores(features, find_cut_points(features, USERS, settings, 2))
    counted = {row["f_score"]: row["count"] for row in scored.groupBy("f_score").count().collect()}
    assert [counted.get(score, 0) for score in range(1, 11)] == FREQUENCY_SCORES[ties]
