"""How much money must be advanced per day so that redemptions arrive at once (T+0), and its cost.

Amounts are yuan in doubles; days are calendar days. Which users get T+0 is decided elsewhere: here
their demand comes in as a frame. Limits of single users and funds: ``advance_limits.py``.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pandas as pd

from rfmf_spark.advice.ranges import COST_RATE, SHARE, Range, require
from rfmf_spark.advice.yield_columns import Floats
from rfmf_spark.errors import ConfigurationError, InputRefusedError

_WHOLE = Range(Decimal(1), Decimal(1_000_000), "give a whole number from 1")


class AdvanceTerms(NamedTuple):
    """What the advance has to suffice for, and what it costs.

    ``quantile``: share of days on which it suffices; ``settlement_days``: days until redeemed money
    pays an advance back; ``funding_rate``: cost of the line per year, used or not; ``block_days``:
    days that the bootstrap keeps together (a week keeps its weekdays).
    """

    funding_rate: float
    quantile: float = 0.99
    settlement_days: int = 1
    resamples: int = 1_000
    block_days: int = 7
    confidence: float = 0.95
    seed: int = 0


class AdvanceEstimate(NamedTuple):
    """The advance in yuan: as in history, and the bootstrap's interval around it."""

    historical: float
    low: float
    high: float


def sum_daily_demand(requests: pd.DataFrame, first_day: dt.date, last_day: dt.date) -> pd.Series:
    """Yuan per calendar day from ``requests`` (``date``, ``amount``); days without any are zero.

    Raises ``InputRefusedError`` for negative or missing amounts and for dates outside the period.
    """
    dates = pd.to_datetime(requests["date"])
    amounts = requests["amount"].astype(float)
    days = pd.date_range(first_day, last_day, freq="D", name="date")
    refused = int((~(amounts >= 0)).sum()), int((~dates.isin(days)).sum())
    if len(days) == 0 or any(refused):
        raise InputRefusedError(
            f"requests: {refused[0]} rows have an amount that is negative or missing, "
            f"{refused[1]} a date outside {first_day} to {last_day}; correct or remove them"
        )
    return amounts.groupby(dates).sum().reindex(days, fill_value=0.0).rename("demand")


def scale_to_holdings(demand: pd.Series, held: pd.Series, held_now: float) -> pd.Series:
    """Demand of each day, had the users held ``held_now`` yuan as they do today.

    ``held``: yuan held at the start of the day, by the same index. Raises ``InputRefusedError``
    where a day with demand has no holdings.
    """
    held = held.reindex(demand.index)
    without = (demand > 0) & ~(held > 0)
    if without.any():
        raise InputRefusedError(
            f"holdings: {int(without.sum())} days with fast redemptions have none, the first is "
            f"{without.idxmax():%Y-%m-%d}; complete the holdings"
        )
    return (demand / held.where(held > 0) * held_now).fillna(0.0)


def sum_outstanding(demand: pd.Series, settlement_days: int) -> pd.Series:
    """Advances not yet paid back at the end of each day, in yuan."""
    return demand.rolling(settlement_days, min_periods=1).sum()


def estimate_advance(demand: pd.Series, terms: AdvanceTerms) -> AdvanceEstimate:
    """The line that suffices on a share ``terms.quantile`` of days.

    The quantile is a day that has been (no interpolation). Its interval comes from a circular block
    bootstrap (Politis and Romano 1992) of whole blocks of days, by the percentile method.
    """
    _check_terms(terms)
    outstanding = sum_outstanding(demand, terms.settlement_days).to_numpy(dtype=float)
    if outstanding.size == 0:
        raise InputRefusedError("demand has no days; give a period of at least one")
    resampled = _resampled_quantiles(outstanding, terms)
    tail = (1 - terms.confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], method="inverted_cdf")
    historical = np.quantile(outstanding, terms.quantile, method="inverted_cdf")
    return AdvanceEstimate(float(historical), float(low), float(high))


def compare_budgets(chosen: pd.Series, everyone: pd.Series, terms: AdvanceTerms) -> pd.DataFrame:
    """The daily budget for the chosen users beside T+0 for all.

    ``chosen`` and ``everyone``: yuan per day of the same days. Rows ``chosen`` and ``all``:
    ``advance``, ``advance_low``, ``advance_high`` (yuan), ``yearly_cost`` (yuan, ``advance`` ×
    funding rate), ``demand_share`` (of the fast-redemption volume).
    """
    if not chosen.index.equals(everyone.index):
        raise ConfigurationError("chosen and everyone have different days; give both the same")
    total = float(everyone.sum())
    rows = []
    for group, demand in (("chosen", chosen), ("all", everyone)):
        estimate = estimate_advance(demand, terms)
        rows.append(
            {
                "group": group,
                "advance": estimate.historical,
                "advance_low": estimate.low,
                "advance_high": estimate.high,
                "yearly_cost": estimate.historical * terms.funding_rate,
                "demand_share": float(demand.sum()) / total if total > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _check_terms(terms: AdvanceTerms) -> None:
    for name in ("quantile", "confidence"):
        require(name, Decimal(str(getattr(terms, name))), SHARE)
    require("funding_rate", Decimal(str(terms.funding_rate)), COST_RATE)
    for name in ("settlement_days", "resamples", "block_days"):
        require(name, Decimal(getattr(terms, name)), _WHOLE)


def _resampled_quantiles(outstanding: Floats, terms: AdvanceTerms) -> Floats:
    """The quantile of each resample (resamples,), of as many days as history has."""
    days = outstanding.size
    blocks = -(-days // terms.block_days)
    random = np.random.default_rng(terms.seed)
    found = np.empty(terms.resamples)
    for number in range(terms.resamples):
        starts = random.integers(0, days, size=blocks)
        drawn = (starts[:, None] + np.arange(terms.block_days)).ravel()[:days] % days
        found[number] = np.quantile(outstanding[drawn], terms.quantile, method="inverted_cdf")
    return found
