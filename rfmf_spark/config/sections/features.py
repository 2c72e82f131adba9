"""How recency, frequency and the monetary value of a user are measured."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from rfmf_spark.config.sections.section import BusinessDate, Section

# R, F and MF. Their order is that of judgment matrices, weights, scores, centres and octants.
FeatureName = Literal["recency", "frequency", "monetary"]
FEATURE_NAMES: tuple[FeatureName, ...] = get_args(FeatureName)

Basis = Literal["management_fee", "principal_days", "amount", "net_revenue"]

FrequencyUnit = Literal["trade", "order", "day"]


def _text_of_number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


DayCount = Annotated[Literal["365", "actual"], BeforeValidator(_text_of_number)]


class FeatureSettings(Section):
    """How recency, frequency and the monetary value of a user are measured."""

    basis: Basis = Field(
        "management_fee",
        description="What the monetary value measures: accrued management fee (yuan), purchase "
        "amount times days held with lots matched first-in-first-out (yuan-days), purchase amount "
        "(yuan), or the fee plus transaction and sales-service fees minus trailing commission "
        "(yuan).",
    )
    day_count: DayCount = Field(
        "365", description="Days of a year for fee accrual: 365, or the year's real length."
    )
    count_recurring_purchases: bool = Field(
        True, description="Recurring subscriptions count as purchases for recency and frequency."
    )
    count_conversions_in: bool = Field(
        False, description="Conversions into a product count as purchases."
    )
    frequency_unit: FrequencyUnit = Field(
        "trade",
        description="What frequency counts: purchases, orders (trades without an order id count "
        "by themselves), or days with a purchase.",
    )
    window_days: int | None = Field(
        None,
        ge=1,
        description="Purchases more than so many days before the business date do not count for "
        "recency and frequency; null counts all.",
    )
    window_start: BusinessDate = Field(
        None,
        description="Trades before this date are left out of everything (YYYY-MM-DD); null takes "
        "the whole ledger.",
    )

    @property
    def counts_every_purchase(self) -> bool:
        """Whether frequency is simply the number of all purchases."""
        return self.frequency_unit == "trade" and self.window_days is None
