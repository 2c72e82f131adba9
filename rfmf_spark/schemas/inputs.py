"""Inputs: what each column must be convertible to, and which a basis of the value needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rfmf_spark.schemas.types import smallest_unit_name

ColumnKind = Literal[
    "text",
    "date",
    "timestamp",
    "money",
    "units",
    "rate",
    "nav",
    "count",
    "value",
    "lots",
    "flag",
]

# Decimal places that are kept; the stored integer counts units of 10 ** -SCALE.
SCALES: dict[ColumnKind, int] = {
    "money": 2,
    "units": 4,
    "nav": 4,
    "rate": 8,
    "count": 0,
    "value": 8,
}


@dataclass(frozen=True)
class InputColumn:
    """One column of an input: its name, what it must hold, whether it must be there."""

    name: str
    kind: ColumnKind
    required: bool = True

    @property
    def typed_name(self) -> str:
        """Its name from parsing on, which tells the unit of what is a whole number then."""
        return smallest_unit_name(self.name, SCALES.get(self.kind, 0))


TRADE_COLUMNS = (
    InputColumn("trade_id", "text"),
    InputColumn("user_id", "text"),
    InputColumn("product_id", "text"),
    InputColumn("trade_date", "date"),
    InputColumn("trade_type", "text"),
    InputColumn("amount", "money"),
    InputColumn("units", "units"),
    InputColumn("application_date", "date", required=False),
    InputColumn("order_id", "text", required=False),
    InputColumn("updated_at", "timestamp", required=False),
    InputColumn("status", "text", required=False),
    InputColumn("fee", "money", required=False),
)

# The basis ``amount`` knows no holdings: it needs neither units nor products.
TRADE_COLUMNS_WITHOUT_UNITS = tuple(
    InputColumn(
        column.name, column.kind, column.required and column.name not in ("units", "product_id")
    )
    for column in TRADE_COLUMNS
)

NAV_COLUMNS = (
    InputColumn("product_id", "text"),
    InputColumn("nav_date", "date"),
    InputColumn("unit_nav", "nav"),
    InputColumn("income_per_10k", "value", required=False),
)

PRODUCT_COLUMNS = (
    InputColumn("product_id", "text"),
    InputColumn("product_type", "text"),
    InputColumn("management_fee_rate", "rate"),
    InputColumn("effective_from", "date", required=False),
    InputColumn("inception_date", "date", required=False),
    InputColumn("sales_service_fee_rate", "rate", required=False),
    InputColumn("trailing_commission_rate", "rate", required=False),
)

OPENING_COLUMNS = (
    InputColumn("user_id", "text"),
    InputColumn("product_id", "text"),
    InputColumn("as_of", "date"),
    InputColumn("units", "units"),
    InputColumn("purchases", "count"),
    InputColumn("first_purchase_date", "date"),
    InputColumn("last_purchase_date", "date"),
    InputColumn("cumulative_amount", "money"),
    InputColumn("accrued_fee", "value"),
    InputColumn("net_fees", "value", required=False),
    InputColumn("principal_days", "money", required=False),
    InputColumn("open_lots", "lots", required=False),
)

# The fields of one of the open lots.
LOT_COLUMNS = (
    InputColumn("entry_date", "date"),
    InputColumn("units", "units"),
    InputColumn("units_left", "units"),
    InputColumn("principal", "money"),
)

PROFILE_COLUMNS = (
    InputColumn("user_id", "text"),
    InputColumn("region", "text", required=False),
    InputColumn("monthly_income", "money", required=False),
    InputColumn("age", "count", required=False),
    InputColumn("risk_tolerance", "text", required=False),
    InputColumn("wants_to_learn", "flag", required=False),
    InputColumn("registered_on", "date", required=False),
    InputColumn("channel", "text", required=False),
)

FEATURE_COLUMNS = (
    InputColumn("user_id", "text"),
    InputColumn("recency_days", "count"),
    InputColumn("frequency", "count"),
    InputColumn("monetary", "value"),
)
