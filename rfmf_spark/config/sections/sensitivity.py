"""What is varied to see how much the segments depend on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rfmf_spark.config.sections.features import Basis
from rfmf_spark.config.sections.scoring import MOST_BINS, Ties
from rfmf_spark.config.sections.section import LIST, Section


class SensitivitySettings(Section):
    """What is varied to see how much the segments depend on it (rfmf sensitivity)."""

    in_run: bool = Field(
        False, description="Whether every run measures it too; a fit of all K for each variation."
    )
    ties: Annotated[tuple[Ties, ...], LIST] = Field(
        ("low", "mid", "high"), description="Rules for ties to try."
    )
    bins: Annotated[tuple[Annotated[int, Field(ge=2, le=MOST_BINS)], ...], LIST] = Field(
        (5, 10), description="Numbers of scores to try."
    )
    bases: Annotated[tuple[Basis, ...], LIST] = Field(
        ("management_fee", "principal_days", "amount", "net_revenue"),
        description="Bases of the monetary value to try; all but amount read the ledger again.",
    )
    weight_steps: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], LIST] = Field(
        (0.1,), description="Relative changes of each weight to try, up and down."
    )
    scale_by_weights: bool = Field(
        True, description="Whether to try the other value of clustering.scale_by_weights."
    )
    resamples: int = Field(
        10, ge=0, description="Draws for the stability of each K, in place of clustering.resamples."
    )
