"""What counts as a bad row, and how many of them are too many."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rfmf_spark.config.sections.section import BusinessDate, Section, contradiction
from rfmf_spark.schemas.reasons import QUARANTINING_REASONS


class QualitySettings(Section):
    """What counts as a bad row, and how many of them are too many."""

    max_bad_share: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Share of quarantined rows of one input above which the run is refused.",
    )
    max_bad_share_by_reason: dict[str, float] = Field(
        default_factory=dict,
        description="A tighter or wider limit for single reasons, for example unknown_product: 0.",
    )
    max_age_days: int | None = Field(
        None,
        ge=0,
        description="Days between the newest trade and the business date above which a run is "
        "stopped; null for any.",
    )
    min_rows_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Rows of an input as a share of what the current run of the latest date up to "
        "the business date has read, below which a run is stopped; null for any.",
    )
    company_start: BusinessDate = Field(
        None, description="Trades before this date are implausible (YYYY-MM-DD)."
    )
    allow_zero_amount: bool = Field(
        False, description="Accept purchases whose amount is exactly zero."
    )
    max_amount: int = Field(
        10_000_000_000,
        gt=0,
        le=100_000_000_000,
        description="Largest believable amount of one trade, in yuan.",
    )
    max_units: int = Field(
        10_000_000_000,
        gt=0,
        le=100_000_000_000,
        description="Largest believable number of units of one trade.",
    )
    overdrawn_tolerance_units: float = Field(
        0.01,
        ge=0,
        description="A position may be short by this many units before it is flagged as overdrawn.",
    )
    income_tolerance_units: float = Field(
        1.0,
        ge=0,
        description="Where units of a money fund grow by income_per_10k, a position of at most so "
        "many units is what rounding has left of a closed one: not held, and not overdrawn.",
    )

    @model_validator(mode="after")
    def _check_reasons(self) -> Self:
        for reason in self.max_bad_share_by_reason:
            if reason not in QUARANTINING_REASONS:
                raise contradiction(
                    f"max_bad_share_by_reason.{reason}: no row is quarantined for that; the "
                    f"reasons are {', '.join(QUARANTINING_REASONS)}",
                    ("max_bad_share_by_reason", reason),
                )
        return self
