"""The model as plain data: complete, reproducible and identified by its content."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rfmf_spark.config.settings import Settings
from rfmf_spark.model.fitted import Model, build_model, checksum
from rfmf_spark.scoring.cut_points import CutPoint, FeatureCuts
from rfmf_spark.segments.assignment import Segmentation
from rfmf_spark.segments.naming import SegmentName
from rfmf_spark.weights.decision import decide_weights, describe_weights
from rfmf_spark.weights.expertise import load_expertise

CUTS = {
    "recency": FeatureCuts("recency", (CutPoint(2, 30, True, 4, 5),), "quantiles"),
    "monetary": FeatureCuts("monetary", (CutPoint(2, 10**15, False),), "given"),
}
NAMES = (
    SegmentName("key_value", "重要价值", "key, valuable", "111", "留", "keep"),
    SegmentName("general", "一般挽留", "general", "000", "省", "spend less"),
)
SEGMENTATION = Segmentation(pd.DataFrame(), np.array([[9.0, 8.5, 9.5], [2.0, 1.0, 3.0]]), NAMES)


def model(as_of: dt.date = dt.date(2019, 8, 14), **sections: Any) -> Model:
    settings = Settings.model_validate(sections)
    group = load_expertise(settings).group
    return build_model(
        settings,
        as_of,
        CUTS,
        describe_weights(settings.weights, group, decide_weights(settings.weights, group)),
        SEGMENTATION,
    )


def test_the_document_holds_all_that_scores_and_assigns_a_user() -> None:
    document = json.loads(model().to_json())

    assert document["as_of"] == "2019-08-14"
    assert document["cut_points"]["recency"]["cuts"] == [
        {"score": 2, "value": 30, "inclusive": True, "beyond": 4, "at": 5}
    ]
    assert document["cut_points"]["monetary"]["cuts"][0]["value"] == 10**15
    values = document["weights"]["values"]
    assert {name: round(weight, 4) for name, weight in values.items()} == {
        "recency": 0.081,
        "frequency": 0.1884,
        "monetary": 0.7306,
    }
    assert [segment["segment_id"] for segment in document["segments"]] == [1, 2]
    assert document["segments"][0]["centre"] == [9.0, 8.5, 9.5]
    assert document["segments"][0]["name_zh"] == "重要价值"
    assert document["settings"]["features"]["basis"] == "management_fee"


def test_the_identity_is_the_checksum_of_everything_else() -> None:
    document = json.loads(model().to_json())
    identity = document.pop("model_id")

    assert identity == checksum(document)
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert identity == hashlib.sha256(canonical.encode()).hexdigest()


def test_the_same_inputs_make_the_same_model_and_others_another() -> None:
    assert model().to_json() == model().to_json()
    assert model().model_id != model(dt.date(2019, 8, 15)).model_id
    assert model().model_id != model(scoring={"bins": 5}).model_id


@pytest.mark.parametrize(
    "section", [{"output": {"root": "elsewhere"}}, {"session": {"quiet": True}}]
)
def test_where_and_how_a_run_was_made_is_no_part_of_the_model(section: dict[str, Any]) -> None:
    assert model(**section).model_id == model().model_id
