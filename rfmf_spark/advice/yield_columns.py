"""The yields of ``yields.py`` for whole columns, in doubles.

Arguments are arrays or pandas columns (n,), or single numbers that hold for all rows; the result is
an array (n,). A missing value (NaN) leads to a missing result. ``ConfigurationError`` names the
first row that cannot be. Formulas and units are those of ``yields.py``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmf_spark.advice import yield_formulas
from rfmf_spark.advice.ranges import (
    COST_RATE,
    DAYS,
    RATE,
    SERVICE_FEE,
    SHARE,
    TERM_DAYS,
    Range,
    require_column,
)
from rfmf_spark.advice.yields import MONEY_FUND_YIELD

Column = npt.ArrayLike | pd.Series
Floats = npt.NDArray[np.float64]


def expected_yields(
    nominal: Column, default_probability: Column, loss_given_default: Column = 0.0
) -> Floats:
    """``expected_yield`` of every row."""
    return yield_formulas.expected_yield(
        _column("nominal", nominal, RATE),
        _column("default_probability", default_probability, SHARE),
        _column("loss_given_default", loss_given_default, SHARE),
    )


def effective_yields(
    nominal: Column, term_days: Column, raising_days: Column = 0, settlement_days: Column = 0
) -> Floats:
    """``effective_yield`` of every row."""
    return yield_formulas.effective_yield(
        _column("nominal", nominal, RATE),
        _column("term_days", term_days, TERM_DAYS),
        _column("raising_days", raising_days, DAYS),
        _column("settlement_days", settlement_days, DAYS),
    )


def real_yields(nominal: Column, inflation: Column) -> Floats:
    """``real_yield`` of every row."""
    return yield_formulas.excess_over(
        _column("nominal", nominal, RATE), _column("inflation", inflation, RATE)
    )


def excess_yields(nominal: Column, risk_free: Column = float(MONEY_FUND_YIELD)) -> Floats:
    """``excess_yield`` of every row."""
    return yield_formulas.excess_over(
        _column("nominal", nominal, RATE), _column("risk_free", risk_free, RATE)
    )


def break_even_days_without_redemption(subscription_fee: Column, service_fee: Column) -> Floats:
    """Days from which an A-class is cheaper than a C-class, where redeeming costs nothing.

    365 × [f / (1 + f)] / s; with redemption fees: ``share_classes.py``.
    """
    fee = _column("subscription_fee", subscription_fee, COST_RATE)
    service = _column("service_fee", service_fee, SERVICE_FEE)
    return yield_formulas.break_even_days(yield_formulas.paid_share_of_fee(fee), service)


def _column(name: str, values: Column, allowed: Range) -> Floats:
    require_column(name, values, allowed)
    return np.asarray(values, dtype=np.float64)
