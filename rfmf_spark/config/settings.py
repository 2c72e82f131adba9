"""The whole configuration, and what its sections demand of each other.

Sections are defined in ``sections/``, one file each, and nowhere else.
``conf/base.yaml`` and ``docs/configuration.md`` are generated from them (see ``reference.py``); how
layers are read and merged lives in ``layers.py``.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rfmf_spark.config.sections.clustering import ClusteringSettings
from rfmf_spark.config.sections.dates import TimeZone
from rfmf_spark.config.sections.features import FeatureSettings
from rfmf_spark.config.sections.input import InputSettings
from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.config.sections.quality import QualitySettings
from rfmf_spark.config.sections.report import ReportSettings
from rfmf_spark.config.sections.scoring import ScoringSettings
from rfmf_spark.config.sections.section import BusinessDate, Section, contradiction
from rfmf_spark.config.sections.segments import SegmentSettings
from rfmf_spark.config.sections.sensitivity import SensitivitySettings
from rfmf_spark.config.sections.session import SessionSettings, SparkValue
from rfmf_spark.config.sections.synthetic import SyntheticSettings
from rfmf_spark.config.sections.weights import WeightSettings


class Settings(Section):
    """The whole configuration."""

    as_of: BusinessDate = Field(
        None, description="Business date T, as YYYY-MM-DD (argument --as-of); required for a run."
    )
    time_zone: TimeZone = Field(
        "Asia/Shanghai",
        description="Business time zone, by its name (Region/City): how timestamps of the inputs "
        "become dates.",
    )
    model: str | None = Field(
        None,
        description="Score with this model and fit none (argument --model): a run id, latest, or "
        "an exported JSON file.",
    )
    input: InputSettings = InputSettings()
    output: OutputSettings = OutputSettings()
    quality: QualitySettings = QualitySettings()
    features: FeatureSettings = FeatureSettings()
    scoring: ScoringSettings = ScoringSettings()
    weights: WeightSettings = WeightSettings()
    clustering: ClusteringSettings = ClusteringSettings()
    segments: SegmentSettings = SegmentSettings()
    sensitivity: SensitivitySettings = SensitivitySettings()
    report: ReportSettings = ReportSettings()
    session: SessionSettings = SessionSettings()
    spark: dict[str, SparkValue] = Field(
        default_factory=dict,
        description="Settings passed on to Spark as they are, by their full name (spark.…).",
    )
    synthetic: SyntheticSettings = SyntheticSettings()

    @model_validator(mode="after")
    def _check_centres_are_scores(self) -> Self:
        bins = self.scoring.bins
        for centre in self.clustering.centres or ():
            if not all(1 <= score <= bins for score in centre):
                raise contradiction(
                    f"clustering.centres has {list(centre)}; scores are from 1 to {bins} "
                    f"(scoring.bins)",
                    "clustering.centres",
                    "scoring.bins",
                )
        return self

    @model_validator(mode="after")
    def _check_sensitivity_has_cells(self) -> Self:
        if self.sensitivity.in_run and self.clustering.space != "cells":
            raise contradiction(
                f"sensitivity.in_run is true, but sensitivity is measured on score cells, and "
                f"clustering.space is {self.clustering.space}; leave one of the two at its default",
                "sensitivity.in_run",
                "clustering.space",
            )
        return self

    def beyond_embedded(self) -> dict[str, object]:
        """Settings, by name, that the embedded engine cannot do."""
        given = {
            "session.remote": (self.session.remote, (None,)),
            "session.master": (self.session.master, (None,)),
            "clustering.space": (self.clustering.space, ("cells",)),
            "output.lock": (self.output.lock, ("auto", "file")),
            "scoring.quantile_method": (self.scoring.quantile_method, ("histogram",)),
        }
        return {name: value for name, (value, possible) in given.items() if value not in possible}

    @model_validator(mode="after")
    def _check_engine_suffices(self) -> Self:
        if self.session.engine == "embedded":
            for name, value in self.beyond_embedded().items():
                raise contradiction(
                    f"{name} is {value}, which session.engine=embedded cannot do; leave {name} at "
                    f"its default, or set session.engine=spark",
                    name,
                    "session.engine",
                )
        return self

    @model_validator(mode="after")
    def _check_age_has_dates(self) -> Self:
        if self.quality.max_age_days is not None and self.input.features is not None:
            raise contradiction(
                f"quality.max_age_days is {self.quality.max_age_days}, but input.features has no "
                f"dates of trades; leave one of the two at its default",
                "quality.max_age_days",
                "input.features",
            )
        return self

    @model_validator(mode="after")
    def _check_opening_continues(self) -> Self:
        if self.input.opening_positions is None:
            return self
        features = self.features
        given = {
            "input.features": (self.input.features, None),
            "features.window_days": (features.window_days, None),
            "features.window_start": (features.window_start, None),
            "features.frequency_unit": (features.frequency_unit, "trade"),
        }
        for name, (value, possible) in given.items():
            if value != possible:
                raise contradiction(
                    f"{name} is {value}, but input.opening_positions carries frequency by trade "
                    f"over the whole window: leave {name} at its default, or give all trades "
                    f"instead of input.opening_positions",
                    name,
                    "input.opening_positions",
                )
        return self

    @model_validator(mode="after")
    def _check_spark_names(self) -> Self:
        for name in self.spark:
            if not name.startswith("spark."):
                problem = f"spark.{name}: names in this section start with 'spark.'"
                raise contradiction(problem, ("spark", name))
        return self
