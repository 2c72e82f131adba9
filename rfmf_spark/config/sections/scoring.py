"""How features become scores."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.sections.section import Section, contradiction

Ties = Literal["low", "mid", "high"]
# There are up to bins³ score cells. With 30 the choice of K takes some ten minutes and a GB or two;
# with 100 it would take days.
MOST_BINS = 30

CutPoints = Annotated[tuple[FiniteFloat, ...] | None, Field(strict=False)]


class CutPointSettings(Section):
    """Hand-given cut points: ascending values, one fewer than bins; null means by quantiles."""

    recency: CutPoints = Field(None, description="Days; a user with at most that many is better.")
    frequency: CutPoints = Field(None, description="Purchases; at least that many is better.")
    monetary: CutPoints = Field(None, description="Yuan; at least that much is better.")


class ScoringSettings(Section):
    """How features become scores from 1 to the number of bins."""

    bins: int = Field(
        10,
        ge=2,
        le=MOST_BINS,
        description="Number of scores; time and memory of the choice of K grow with its cube.",
    )
    ties: Ties = Field(
        "mid",
        description="Score of equal values: from the lowest, the middle or the highest of their "
        "ranks.",
    )
    quantile_method: Literal["histogram", "sketch"] = Field(
        "histogram",
        description="How quantiles are found: exact counts on a grid, refined around the cuts, or "
        "Spark's approximate percentiles, whose cuts may differ with the partitioning.",
    )
    cut_points: CutPointSettings = CutPointSettings()

    @model_validator(mode="after")
    def _check_cut_points(self) -> Self:
        for name in FEATURE_NAMES:
            cuts = getattr(self.cut_points, name)
            if cuts is None:
                continue
            if len(cuts) != self.bins - 1:
                raise contradiction(
                    f"cut_points.{name} has {len(cuts)} values, but {self.bins} bins need "
                    f"{self.bins - 1}",
                    f"cut_points.{name}",
                    "bins",
                )
            if any(later <= earlier for earlier, later in itertools.pairwise(cuts)):
                place = f"cut_points.{name}"
                raise contradiction(f"{place} must be strictly ascending", place)
        return self
