"""The fitted model as plain data: cut points, weights, centres, names, and the settings behind it.

A model is JSON with a checksum; loading one runs no code (``document.py`` says what is
allowed in it). Its identity is the checksum, so the same inputs and settings give the same model,
whichever run made it. Which model a run uses, and whether it fits, is in ``frozen.py``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rfmf_spark import __version__
from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.clustering.value_space import Standardisation, ValueSpace
from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.model.document import MODEL_FORMAT, check_document, check_format
from rfmf_spark.scoring.cut_points import CutPoint, FeatureCuts
from rfmf_spark.segments.assignment import Segmentation
from rfmf_spark.segments.naming import SegmentName

MOST_CHARACTERS = 1_000_000


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

    @property
    def as_of(self) -> str:
        """The business date of the users that it was fitted on."""
        return str(self.document["as_of"])

    def cuts(self) -> dict[str, FeatureCuts]:
        """Cut points as they apply to another date: without the counts of the fitting date."""
        source = f"model {self.model_id[:12]} of {self.as_of}"
        return {
            name: FeatureCuts(
                name,
                tuple(CutPoint(c["score"], c["value"], c["inclusive"]) for c in feature["cuts"]),
                f"{source}: {feature['source']}",
            )
            for name, feature in self.document["cut_points"].items()
        }

    def weights(self) -> Floats:
        """Weights (3,) in the order R, F, MF."""
        values = self.document["weights"]["values"]
        return np.array([values[name] for name in FEATURE_NAMES], dtype=np.float64)

    def centres(self) -> Floats:
        """Centres (k, 3) in score units, by segment id."""
        centres = [segment["centre"] for segment in self.document["segments"]]
        return np.array(centres, dtype=np.float64)

    def names(self) -> tuple[SegmentName, ...]:
        """Names and strategies, by segment id."""
        own = ("segment_id", "centre")
        return tuple(
            SegmentName(**{key: text for key, text in segment.items() if key not in own})
            for segment in self.document["segments"]
        )

    def scale(self) -> Floats:
        """What scores are multiplied by before distances are taken (3,)."""
        scaled = self.document["settings"]["scale_by_weights"]
        return self.weights() if scaled else np.ones(len(FEATURE_NAMES))

    def value_space(self) -> ValueSpace | None:
        """The space of ``clustering.space: values``, centres by segment id; else None."""
        space = self.document["value_space"]
        if space is None:
            return None
        means, deviations, centres = (
            np.array(space[name], dtype=np.float64) for name in ("means", "deviations", "centres")
        )
        return ValueSpace(Standardisation(means, deviations), centres)


def build_model(
    settings: Settings,
    as_of: dt.date,
    cuts: Mapping[str, FeatureCuts],
    weights: Mapping[str, Any],
    segmentation: Segmentation,
) -> Model:
    """Put everything that scores and assigns a user into one document."""
    document = {
        "schema_version": MODEL_FORMAT,
        "made_by": f"rfmf_spark {__version__}",
        "as_of": as_of.isoformat(),
        "settings": {
            "features": settings.features.model_dump(mode="json"),
            "scoring": settings.scoring.model_dump(mode="json"),
            "space": settings.clustering.space,
            "scale_by_weights": settings.clustering.scale_by_weights,
        },
        "cut_points": {name: asdict(feature_cuts) for name, feature_cuts in cuts.items()},
        "weights": dict(weights),
        "segments": [
            {"segment_id": number, "centre": [float(score) for score in centre], **asdict(name)}
            for number, (centre, name) in enumerate(
                zip(segmentation.centres, segmentation.names, strict=True), start=1
            )
        ],
        "value_space": _describe_space(segmentation.value_space),
    }
    return Model(checksum(document), document)


def parse_model(text: str, where: str) -> Model:
    """Read an exported model: untrusted text, of which every field is checked.

    Raises ``ConfigurationError`` that names ``where``, the field and what is allowed; also for
    another model format, and where the checksum is not that of the content.
    """
    document = _read_json(text, where)
    check_format(document, where)
    check_document(document, where)
    model_id = str(document.pop("model_id"))
    found = checksum(document)
    if found != model_id:
        raise ConfigurationError(
            f"{where}: model_id says {model_id}, but the content has the checksum {found}; it was "
            f"changed after its export: export the model again"
        )
    return Model(model_id, document)


def checksum(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document in canonical JSON."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _describe_space(space: ValueSpace | None) -> dict[str, Any] | None:
    if space is None:
        return None
    return {
        "means": space.standardisation.means.tolist(),
        "deviations": space.standardisation.deviations.tolist(),
        "centres": space.centres.tolist(),
    }


def _read_json(text: str, where: str) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise ConfigurationError(
            f"{where}: {len(text):,} characters are too many for a model (at most "
            f"{MOST_CHARACTERS:,}); give the file that 'rfmf model export' wrote"
        )
    try:
        tree = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as cause:
        detail = str(cause) or "nested too deeply"
        raise ConfigurationError(
            f"{where}: not readable as JSON: {detail:.200}; give the file that 'rfmf model export' "
            f"wrote"
        ) from cause
    if not isinstance(tree, dict):
        raise ConfigurationError(
            f"{where}: holds no JSON object; give the file that 'rfmf model export' wrote"
        )
    return tree


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice in one object")
    return found
