"""The formulas of yields, once for exact numbers and for columns.

``N`` is ``Decimal`` or an array of doubles (n,). Nothing is checked here: ``yields.py`` does it for
single values, ``yield_columns.py`` for columns. Yields and rates are per year, as fractions.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import numpy as np
import numpy.typing as npt

N = TypeVar("N", Decimal, npt.NDArray[np.float64])

DAYS_PER_YEAR = 365


def expected_yield(nominal: N, default_probability: N, loss_given_default: N) -> N:
    """(1 − p) × nominal − p × loss."""
    return (1 - default_probability) * nominal - default_probability * loss_given_default


def effective_yield(nominal: N, term_days: N, raising_days: N, settlement_days: N) -> N:
    """nominal × term / (raising + term + settlement)."""
    return nominal * term_days / (raising_days + term_days + settlement_days)


def excess_over(nominal: N, other: N) -> N:
    """(1 + nominal) / (1 + other) − 1, the equation of Fisher 1930."""
    return (1 + nominal) / (1 + other) - 1


def subsidy_cost(principal: N, subsidy: N, days: N) -> N:
    """principal × subsidy × days / 365."""
    return principal * subsidy * days / DAYS_PER_YEAR


def break_even_days(fee_difference: N, service_fee: N) -> N:
    """365 × fee difference / service fee."""
    return DAYS_PER_YEAR * fee_difference / service_fee


def paid_share_of_fee(subscription_fee: N) -> N:
    """f / (1 + f): what a fee on the net amount takes of the money that a user pays."""
    return subscription_fee / (1 + subscription_fee)
