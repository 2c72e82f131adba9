"""Yields that a user really gets, exact in ``Decimal`` (Dao 2017).

All yields, rates and shares are fractions per year (5.5 % is ``Decimal("0.055")``). Divisions are
rounded to 50 digits; nothing else is. Every function raises ``ConfigurationError`` for values that
cannot be. Columns: ``yield_columns.py``; portfolios: ``portfolio.py``; share classes:
``share_classes.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from rfmf_spark.advice import yield_formulas
from rfmf_spark.advice.ranges import (
    COST_RATE,
    DAYS,
    MONEY,
    RATE,
    SHARE,
    TERM_DAYS,
    in_exact_context,
    require,
)
from rfmf_spark.errors import ConfigurationError

NO_LOSS = Decimal(0)
TOTAL_LOSS = Decimal(1)
# What money funds paid in the year of the text.
MONEY_FUND_YIELD = Decimal("0.0266")


@in_exact_context
def expected_yield(
    nominal: Decimal, default_probability: Decimal, loss_given_default: Decimal = NO_LOSS
) -> Decimal:
    """Yield with default risk: ``(1 − p) × nominal − p × loss`` (Dao 2017).

    The text leaves out the loss; with ``TOTAL_LOSS`` the principal is gone too.
    """
    require("nominal", nominal, RATE)
    require("default_probability", default_probability, SHARE)
    require("loss_given_default", loss_given_default, SHARE)
    return yield_formulas.expected_yield(nominal, default_probability, loss_given_default)


@in_exact_context
def effective_yield(
    nominal: Decimal,
    term_days: Decimal,
    raising_days: Decimal = Decimal(0),
    settlement_days: Decimal = Decimal(0),
) -> Decimal:
    """Yield over all days that the money is bound, also those that earn nothing (Dao 2017)."""
    require("nominal", nominal, RATE)
    require("term_days", term_days, TERM_DAYS)
    require("raising_days", raising_days, DAYS)
    require("settlement_days", settlement_days, DAYS)
    return yield_formulas.effective_yield(nominal, term_days, raising_days, settlement_days)


@in_exact_context
def real_yield(nominal: Decimal, inflation: Decimal) -> Decimal:
    """Yield in purchasing power: ``(1 + nominal) / (1 + inflation) − 1`` (Fisher 1930)."""
    require("nominal", nominal, RATE)
    require("inflation", inflation, RATE)
    return yield_formulas.excess_over(nominal, inflation)


@in_exact_context
def excess_yield(nominal: Decimal, risk_free: Decimal = MONEY_FUND_YIELD) -> Decimal:
    """What a yield brings beyond the risk-free one, compounded as ``real_yield``."""
    require("nominal", nominal, RATE)
    require("risk_free", risk_free, RATE)
    return yield_formulas.excess_over(nominal, risk_free)


class SubsidisedYield(NamedTuple):
    """What a user gets (per year), and what the subsidy costs the company (yuan)."""

    total: Decimal
    cost: Decimal


@in_exact_context
def subsidised_yield(
    base: Decimal, subsidy: Decimal, principal: Decimal, days: Decimal
) -> SubsidisedYield:
    """Base yield and subsidy, paid on ``principal`` yuan for ``days`` of 365 a year."""
    require("base", base, RATE)
    require("subsidy", subsidy, COST_RATE)
    require("principal", principal, MONEY)
    require("days", days, DAYS)
    cost = yield_formulas.subsidy_cost(principal, subsidy, days)
    return SubsidisedYield(base + subsidy, cost)


@in_exact_context
def cpi_plus_yields(cpi: Sequence[Decimal], margin: Decimal) -> tuple[Decimal, ...]:
    """Nominal yield of each year of a product that pays inflation plus a margin.

    ``cpi``: inflation of each year; ``margin``: 0.03 for "CPI plus 3 %".
    """
    if not cpi:
        raise ConfigurationError("cpi is empty; give the inflation of at least one year")
    for year, rate in enumerate(cpi, start=1):
        require(f"cpi of year {year}", rate, RATE)
    require("margin", margin, RATE)
    return tuple(rate + margin for rate in cpi)


@in_exact_context
def cpi_plus_costs(
    cpi: Sequence[Decimal], margin: Decimal, asset_yield: Decimal, principal: Decimal
) -> tuple[Decimal, ...]:
    """What such a product costs its issuer in each year, in yuan; a gain is negative.

    The issuer pays ``CPI + margin`` on ``principal`` yuan at the end of each year, and has earned
    ``asset_yield`` on them.
    """
    require("asset_yield", asset_yield, RATE)
    require("principal", principal, MONEY)
    return tuple(principal * (paid - asset_yield) for paid in cpi_plus_yields(cpi, margin))
