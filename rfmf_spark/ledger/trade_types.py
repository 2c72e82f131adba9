"""What each type of trade does to units, money and purchases (the data contract's table)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import Column
from pyspark.sql import functions as F

from rfmf_spark.config.sections.features import FeatureSettings

UnitsEffect = Literal["in", "out", "none", "signed"]
PurchaseKind = Literal["always", "recurring", "conversion", "never"]


@dataclass(frozen=True)
class TradeType:
    """Effect of one type: on units, whether money moves, and whether it is a purchase."""

    name: str
    units: UnitsEffect
    moves_money: bool
    purchase: PurchaseKind = "never"


TRADE_TYPES = (
    TradeType("initial_subscription", "in", True, "always"),
    TradeType("subscription", "in", True, "always"),
    TradeType("recurring_subscription", "in", True, "recurring"),
    TradeType("conversion_in", "in", True, "conversion"),
    TradeType("dividend_reinvestment", "in", False),
    TradeType("money_fund_income", "in", False),
    TradeType("adjust_in", "in", False),
    TradeType("transfer_in", "in", False),
    TradeType("redemption", "out", True),
    TradeType("conversion_out", "out", True),
    TradeType("forced_redemption", "out", True),
    TradeType("adjust_out", "out", False),
    TradeType("transfer_out", "out", False),
    TradeType("cash_dividend", "none", True),
    TradeType("split", "signed", False),
)


def purchase_types(settings: FeatureSettings) -> tuple[str, ...]:
    """Names of the types that count as purchases for recency and frequency."""
    counted: set[PurchaseKind] = {"always"}
    if settings.count_recurring_purchases:
        counted.add("recurring")
    if settings.count_conversions_in:
        counted.add("conversion")
    return tuple(kind.name for kind in TRADE_TYPES if kind.purchase in counted)


def is_known_type(trade_type: Column) -> Column:
    """Whether the type is in the contract."""
    return trade_type.isin(_names(TRADE_TYPES))


def moves_money(trade_type: Column) -> Column:
    """Whether the type needs a positive amount."""
    return trade_type.isin(_names(kind for kind in TRADE_TYPES if kind.moves_money))


def has_units_effect(trade_type: Column, *effects: UnitsEffect) -> Column:
    """Whether the type changes units in one of the named ways."""
    return trade_type.isin(_names(kind for kind in TRADE_TYPES if kind.units in effects))


def brings_principal(trade_type: Column) -> Column:
    """Whether money of the user opens a lot: bought or converted units, not given ones."""
    return moves_money(trade_type) & has_units_effect(trade_type, "in")


def signed_units(trade_type: Column, units: Column) -> Column:
    """Change of the position: units with the sign of their effect, zero where they stay."""
    return (
        F.when(has_units_effect(trade_type, "in", "signed"), units)
        .when(has_units_effect(trade_type, "out"), -units)
        .otherwise(F.lit(0).cast("bigint"))
    )


def _names(kinds: Iterable[TradeType]) -> list[str]:
    return [kind.name for kind in kinds]
