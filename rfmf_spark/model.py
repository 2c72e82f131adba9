"""The fitted model as plain data: cut points, weights, centres, names, and the settings behind it.

A model is JSON with a checksum; loading one runs no code. Its identity is the checksum, so the same
inputs and settings give the same model, whichever run made it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rfmf_spark import __version__
from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.config.settings import Settings
from rfmf_spark.schemas import SCHEMA_VERSION
from rfmf_spark.scoring.cut_points import FeatureCuts
from rfmf_spark.segments.naming import SegmentName
from rfmf_spark.weights.ahp import Priorities
from rfmf_spark.weights.judgments import JudgmentMatrix


@dataclass(frozen=True)
class Model:
    """A model document and the checksum that identifies it."""

    model_id: str
    document: dict[str, Any]

    def to_json(self) -> str:
        """The document with its checksum, readable and in a fixed order."""
        return json.dumps(
            {"model_id": self.model_id} | self.document, ensure_ascii=False, sort_keys=True
        )


def build_model(
    settings: Settings,
    as_of: dt.date,
    cuts: Mapping[str, FeatureCuts],
    weights: Mapping[str, Any],
    centres: Floats,
    names: Sequence[SegmentName],
) -> Model:
    """Put everything that scores and assigns a user into one document."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "made_by": f"rfmf_spark {__version__}",
        "as_of": as_of.isoformat(),
        "settings": {
            "features": settings.features.model_dump(mode="json"),
            "scoring": settings.scoring.model_dump(mode="json"),
            "scale_by_weights": settings.clustering.scale_by_weights,
        },
        "cut_points": {name: asdict(feature_cuts) for name, feature_cuts in cuts.items()},
        "weights": dict(weights),
        "segments": [
            {"segment_id": number, "centre": [float(score) for score in centre], **asdict(name)}
            for number, (centre, name) in enumerate(zip(centres, names, strict=True), start=1)
        ],
    }
    return Model(checksum(document), document)


def checksum(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document in canonical JSON."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def describe_weights(judgments: JudgmentMatrix, priorities: Priorities) -> dict[str, Any]:
    """Weights with their consistency, and whose judgments they come from."""
    return {
        "method": "ahp",
        "judgments": judgments.name,
        "expert": judgments.expert,
        "judged_on": judgments.judged_on,
        "values": dict(
            zip(judgments.criteria, [float(weight) for weight in priorities.weights], strict=True)
        ),
        "lambda_max": priorities.lambda_max,
        "consistency_ratio": priorities.consistency_ratio,
        "random_index": priorities.random_index,
    }
