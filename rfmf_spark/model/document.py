"""What a model document may hold: every field, its type and its limits.

Documents come from files that anybody may have edited, so nothing in them is believed: sizes,
finite numbers, ascending scores, cut points in order, no unknown key.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rfmf_spark.config.sections.features import FeatureName, FeatureSettings
from rfmf_spark.config.sections.scoring import ScoringSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.scoring.cut_points import LOWER_IS_BETTER

# Raised with every change of the document that an earlier rfmf could not read, and with no other;
# in the document it is called schema_version. Tables have a version of their own.
MODEL_FORMAT = 1

_LONG = 2**63 - 1

# Sums and means of a fit may be off in their last digits.
_ROUNDING = 1e-9

Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=_LONG)]
Point = Annotated[list[Finite], Field(min_length=3, max_length=3)]
PositivePoint = Annotated[
    list[Annotated[float, Field(gt=0, allow_inf_nan=False)]], Field(min_length=3, max_length=3)
]
Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Settings(_Part):
    features: FeatureSettings
    scoring: ScoringSettings
    space: Literal["cells", "values"]
    scale_by_weights: bool


class _Cut(_Part):
    score: Annotated[int, Field(ge=2, le=100)]
    value: Annotated[int, Field(ge=-_LONG, le=_LONG)]
    inclusive: bool
    beyond: Count | None
    at: Count | None


class _FeatureCuts(_Part):
    feature: FeatureName
    cuts: Annotated[list[_Cut], Field(max_length=99)]
    source: Text

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        sign = -1 if self.feature in LOWER_IS_BETTER else 1
        for lower, higher in itertools.pairwise(self.cuts):
            if higher.score != lower.score + 1:
                raise ValueError(f"score {higher.score} follows {lower.score}; scores ascend by 1")
            easier = (sign * lower.value, not lower.inclusive)
            if easier > (sign * higher.value, not higher.inclusive):
                raise ValueError(
                    f"the cut of score {higher.score} is easier to pass than that of {lower.score}"
                )
        return self


class _CutPoints(_Part):
    recency: _FeatureCuts
    frequency: _FeatureCuts
    monetary: _FeatureCuts

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for name in type(self).model_fields:
            if getattr(self, name).feature != name:
                raise ValueError(f"{name} holds the cut points of {getattr(self, name).feature}")
        return self


class _WeightValues(_Part):
    recency: Weight
    frequency: Weight
    monetary: Weight

    @model_validator(mode="after")
    def _check_sum(self) -> Self:
        total = self.recency + self.frequency + self.monetary
        if abs(total - 1) > _ROUNDING:
            raise ValueError(f"the weights add up to {total:g}, not 1")
        return self


class _Expert(_Part):
    judgments: Text
    expert: Text
    judged_on: Text
    weight: Finite
    consistency_ratio: Finite
    used: bool
    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]


class _ObjectiveWeights(_Part):
    method: Name
    values: _WeightValues


class _Combination(_Part):
    method: Name
    coefficient: Weight


class _Weights(_Part):
    method: Name
    judgments: Text
    expert: Text
    judged_on: Text
    values: _WeightValues
    lambda_max: Finite | None
    consistency_ratio: Finite | None
    random_index: Name
    priorities: Name = "eigenvector"
    consensus: Finite | None = None
    experts: Annotated[list[_Expert], Field(max_length=1000)] = Field(default_factory=list)
    objective: _ObjectiveWeights | None = None
    combination: _Combination | None = None


class _Segment(_Part):
    segment_id: Annotated[int, Field(ge=1)]
    centre: Point
    key: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=200)]
    name_zh: Name
    name_en: Name
    cell: Annotated[str, Field(pattern="^[01]{3}$")]
    strategy_zh: Text
    strategy_en: Text
    reason: Text = ""


class _ValueSpace(_Part):
    means: Point
    deviations: PositivePoint
    centres: Annotated[list[Point], Field(min_length=1, max_length=50)]


class _Document(_Part):
    model_id: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    schema_version: int
    made_by: Name
    as_of: Annotated[dt.date, Field(strict=False)]
    settings: _Settings
    cut_points: _CutPoints
    weights: _Weights
    segments: Annotated[list[_Segment], Field(min_length=1, max_length=50)]
    value_space: _ValueSpace | None

    @model_validator(mode="after")
    def _check_cut_points(self) -> Self:
        bins = self.settings.scoring.bins
        for name in type(self.cut_points).model_fields:
            cuts = getattr(self.cut_points, name).cuts
            if len(cuts) != bins - 1 or (cuts and cuts[0].score != 2):
                raise ValueError(
                    f"cut_points.{name} has {len(cuts)} cuts; {bins} bins need one for each score "
                    f"from 2 to {bins}"
                )
        return self

    @model_validator(mode="after")
    def _check_segments(self) -> Self:
        numbers = [segment.segment_id for segment in self.segments]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError("segments must be numbered 1, 2, … in order")
        if len({segment.key for segment in self.segments}) < len(numbers):
            raise ValueError("two segments have the same key")
        bins = self.settings.scoring.bins
        for segment in self.segments:
            if not all(1 - _ROUNDING <= score <= bins + _ROUNDING for score in segment.centre):
                raise ValueError(
                    f"the centre of segment {segment.segment_id} is outside the scores 1 to {bins}"
                )
        return self

    @model_validator(mode="after")
    def _check_space(self) -> Self:
        space = self.value_space
        if (self.settings.space == "values") != (space is not None):
            raise ValueError("value_space must be given for space values, and only there")
        if space is not None and len(space.centres) != len(self.segments):
            raise ValueError(
                f"value_space has {len(space.centres)} centres for {len(self.segments)} segments"
            )
        return self


def check_format(document: Mapping[str, Any], where: str) -> None:
    """Refuse a document of another format; one that is newer is said to be.

    Raises ``ConfigurationError``.
    """
    version = document.get("schema_version")
    if version == MODEL_FORMAT:
        return
    reads = f"{where}: schema_version is {version!r:.40}, this version of rfmf reads {MODEL_FORMAT}"
    if isinstance(version, int) and version > MODEL_FORMAT:
        raise ConfigurationError(
            f"{reads}: the model was made by a newer rfmf; upgrade rfmf, or fit a new model"
        )
    raise ConfigurationError(f"{reads}; use a model that it made, or fit a new one")


def check_document(document: Mapping[str, Any], where: str) -> None:
    """Check every field of a model document; the checksum is not looked at.

    Raises ``ConfigurationError`` that names ``where``, the field and what is allowed.
    """
    try:
        _Document.model_validate(dict(document))
    except ValidationError as cause:
        error = cause.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in error["loc"])[:100]
        problem = error["msg"].removeprefix("Value error, ")[:300]
        raise ConfigurationError(
            f"{where}: {place + ': ' if place else ''}{problem[:1].lower()}{problem[1:]}; this is "
            f"no model that 'rfmf model export' wrote: export it again"
        ) from cause
