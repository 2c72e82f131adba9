"""Money-market funds that publish their income: units that grow day by day, without trades.

``income_per_10k`` of a day is credited to the units that are held over its night, so a unit of day
t has become ``G(T) / G(t)`` units on day T, with the growth ``G(x) = Π over days d < x of
(1 + income(d) / 10,000)``. Holdings count units ÷ G(t): these do not change any more, and add up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.fixed_point import GROWTH_ONE

# Beyond these a unit could not be counted in 64 bits any more; no money fund comes near.
_LEAST_GROWTH, _MOST_GROWTH = 0.01, 1_000


def growth_of_units(income: pd.DataFrame, last_day: int) -> dict[str, npt.NDArray[np.int64]]:
    """Growth of one unit by product and day (index: days from 1970, 0 … ``last_day``), in 1e-12.

    ``income``: ``product_id``, ``nav_day``, ``income_per_10k_e8`` (yuan), one row per day. Each
    day is rounded half up. Raises ``InputRefusedError`` for a growth that no fund can have.
    """
    growths = {}
    for product_id, rows in income.sort_values("nav_day").groupby("product_id"):
        known = rows[rows["nav_day"] < last_day]
        levels, growth = [GROWTH_ONE], GROWTH_ONE
        for income_e8 in known["income_per_10k_e8"].tolist():
            growth = (growth * (GROWTH_ONE + income_e8) + GROWTH_ONE // 2) // GROWTH_ONE
            _check_growth(str(product_id), growth)
            levels.append(growth)
        credited_days = known["nav_day"].to_numpy(dtype=np.int64) + 1
        credits = np.searchsorted(credited_days, np.arange(last_day + 1), side="right")
        growths[str(product_id)] = np.array(levels, dtype=np.int64)[credits]
    return growths


def _check_growth(product_id: str, growth_e12: int) -> None:
    growth = growth_e12 / GROWTH_ONE
    if not _LEAST_GROWTH < growth < _MOST_GROWTH:
        raise InputRefusedError(
            f"input.nav: units of product {product_id} would have become {growth:,.4g} times as "
            f"many by its income_per_10k; it must be yuan per 10,000 units and day: correct it"
        )
