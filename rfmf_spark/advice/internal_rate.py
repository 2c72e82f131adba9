"""XIRR: the yearly rate at which all cash flows, discounted by their days, sum to zero.

An equation of this kind has exactly one solution where the flows change their sign once, and none
where they never do; with more changes it can have none, one or several. All of that is told,
because one of several solutions is no answer. Yearly rates from −99.99 % to 1,000,000 (times) are
looked at.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyxirr
from scipy.optimize import brentq

from rfmf_spark.advice.yield_columns import Floats
from rfmf_spark.errors import InputRefusedError

Days = npt.NDArray[np.datetime64]
Solutions = Literal["one", "several", "none", "out_of_range"]

_LOWEST_RATE = -0.9999
_HIGHEST_RATE = 1e6
_DAYS_PER_YEAR = 365
# Of a yuan: what doubles leave of flows that cancel each other is no flow, and has no sign.
_DECIMALS = 6
# Steps of 1.2 % of the growth factor; two solutions within one step are not told apart.
_GRID_POINTS = 2_001


class InternalRate(NamedTuple):
    """The yearly rate where there is exactly one; otherwise ``None``, and all that were found."""

    rate: float | None
    solutions: Solutions
    found: tuple[float, ...]


def solve_xirr(dates: Sequence[dt.date], amounts: Sequence[float]) -> InternalRate:
    """Solve ``Σ amount / (1 + rate)^(days / 365) = 0``, days counted from the first flow.

    ``amounts`` in yuan, as the investor sees them: paid negative, received positive, the value at
    the end as if received then. How many solutions there are follows from the rule of Descartes
    (1637), and with several changes of sign from a search. ``out_of_range``: there is one, but it
    lies beyond the rates looked at. Raises ``InputRefusedError`` for missing dates or amounts.
    """
    return _solve(pd.DataFrame({"date": list(dates), "amount": list(amounts)}))


def solve_pooled_xirr(flows: pd.DataFrame, group: str) -> pd.DataFrame:
    """One rate per group, from the flows of all its users taken together.

    ``flows``: the column ``group``, ``date``, ``amount`` as of ``solve_xirr``. Result, sorted by
    group: ``group``, ``rate`` (NaN where there is no single one), ``solutions``.
    """
    rows = []
    for name, own in flows.groupby(group, sort=True):
        solved = _solve(own)
        rate = math.nan if solved.rate is None else solved.rate
        rows.append({group: name, "rate": rate, "solutions": solved.solutions})
    return pd.DataFrame(rows, columns=[group, "rate", "solutions"])


def _solve(flows: pd.DataFrame) -> InternalRate:
    days, amounts = _net_by_day(flows)
    changes = int((np.diff(np.sign(amounts)) != 0).sum())
    if changes == 0:
        return InternalRate(None, "none", ())
    if changes == 1:
        rate = pyxirr.xirr(days, amounts, silent=True)
        if rate is not None and _LOWEST_RATE <= rate <= _HIGHEST_RATE:
            return InternalRate(float(rate), "one", (float(rate),))
    years = (days - days[0]).astype(float) / _DAYS_PER_YEAR
    found = _search(years, amounts)
    if len(found) == 1:
        return InternalRate(found[0], "one", found)
    if found:
        return InternalRate(None, "several", found)
    return InternalRate(None, "out_of_range" if changes == 1 else "none", ())


def _net_by_day(flows: pd.DataFrame) -> tuple[Days, Floats]:
    """Days (n,) ascending and their sums (n,) without zeros, which have no sign."""
    dates, amounts = pd.to_datetime(flows["date"]), flows["amount"].astype(float)
    refused = int((dates.isna() | ~np.isfinite(amounts)).sum())
    if refused:
        raise InputRefusedError(
            f"flows: {refused} rows lack a date or a finite amount; correct or remove them"
        )
    sums = amounts.groupby(dates).sum().round(_DECIMALS)
    sums = sums[sums != 0].sort_index()
    days: Days = sums.index.to_numpy().astype("datetime64[D]")
    net: Floats = sums.to_numpy().astype(np.float64)
    return days, net


def _search(years: Floats, amounts: Floats) -> tuple[float, ...]:
    """Rates (ascending) at which the value changes its sign, from a grid of growth factors."""
    grid = np.linspace(math.log1p(_LOWEST_RATE), math.log1p(_HIGHEST_RATE), _GRID_POINTS)
    signs = np.sign(_values(grid, years, amounts))
    rates = [math.expm1(grid[place]) for place in np.flatnonzero(signs == 0)]
    for place in np.flatnonzero(signs[:-1] * signs[1:] < 0):
        root = brentq(_value, grid[place], grid[place + 1], args=(years, amounts), xtol=1e-14)
        rates.append(math.expm1(root))
    return tuple(sorted(rates))


def _value(log_growth: float, years: Floats, amounts: Floats) -> float:
    return float(_values(np.array([log_growth]), years, amounts)[0])


def _values(log_growth: Floats, years: Floats, amounts: Floats) -> Floats:
    """Present values (n,) divided by their largest discount factor, which keeps them in doubles."""
    exponents = -np.outer(log_growth, years)
    discounts: Floats = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return discounts @ amounts
