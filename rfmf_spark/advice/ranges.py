"""What numbers an advice function accepts, for single values and for columns alike."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmf_spark.errors import ConfigurationError

P = ParamSpec("P")
R = TypeVar("R")

# Sums and products of rates as they are written fit by far; only divisions are rounded.
_SIGNIFICANT_DIGITS = 50


class Range(NamedTuple):
    """Values from ``low`` to ``high``, and what to do about others."""

    low: Decimal
    high: Decimal
    remedy: str

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


# Above 100 % a year a percentage was most likely given without its sign.
RATE = Range(Decimal("-0.99"), Decimal(1), "write 5.5 % as 0.055 or 5.5%")
COST_RATE = Range(Decimal(0), Decimal(1), "write 0.5 % as 0.005 or 0.5%")
SERVICE_FEE = Range(
    Decimal("0.000001"),
    Decimal(1),
    "write 0.5 % as 0.005 or 0.5%; without a service fee no holding time breaks even",
)
SHARE = Range(Decimal(0), Decimal(1), "write 30 % as 0.3 or 30%")
DAYS = Range(Decimal(0), Decimal(36_500), "give days")
TERM_DAYS = Range(Decimal(1), Decimal(36_500), "give days")
MONEY = Range(Decimal(0), Decimal(10) ** 18, "give yuan")


def require(name: str, value: Decimal, allowed: Range) -> None:
    """Raise ``ConfigurationError`` where ``value`` is outside."""
    if not (value.is_finite() and allowed.low <= value <= allowed.high):
        raise ConfigurationError(f"{name} is {value}, allowed is {allowed}; {allowed.remedy}")


def require_column(name: str, values: npt.ArrayLike | pd.Series, allowed: Range) -> None:
    """The same for every value of a column (n,); missing values (NaN) are accepted."""
    array = np.asarray(values, dtype=float)
    fits = (array >= float(allowed.low)) & (array <= float(allowed.high))
    bad = np.atleast_1d(~(np.isnan(array) | fits))
    if bad.any():
        first = int(bad.argmax())
        raise ConfigurationError(
            f"{name} is {np.atleast_1d(array)[first]:g} in row {first}, and {int(bad.sum())} "
            f"of {bad.size} rows do not fit; allowed is {allowed}; {allowed.remedy}"
        )


def in_exact_context(function: Callable[P, R]) -> Callable[P, R]:
    """Compute ``function`` with 50 significant digits, whatever the caller's decimal context."""

    @wraps(function)
    def computed(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(Context(prec=_SIGNIFICANT_DIGITS)):
            return function(*args, **kwargs)

    return computed
