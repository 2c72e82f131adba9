"""The fee curve of every product: the management fee that one unit has brought up to a day.

``C(x) = Σ over days d < x of NAV(d) × rate(d+1) / daycount(d+1)`` (Huang 2019, made additive). Days
are counted from 1970-01-01, where every curve is zero, so that values do not depend on the ledger
or on the business date. The curves are small data: one array per product, made by numpy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.features.money_funds import growth_of_units
from rfmf_spark.ledger.fixed_point import GROWTH_ONE
from rfmf_spark.ledger.product_values import FACE_VALUE_E4
from rfmf_spark.ledger.rules import EARLIEST_DATE
from rfmf_spark.schemas.tables import own_fields
from rfmf_spark.session.small_data import to_spark

Days = npt.NDArray[np.int64]

# NAV in 1e-4 times rate in 1e-8 gives 1e-12 before the division by days; curves count 1e-16.
_TO_E16 = 10_000
_MAX_FEE_PER_UNIT = 400


@dataclass(frozen=True)
class FeeCurves:
    """Curves of all products as rows of the table ``fee_curves``, to be joined to trades.

    ``grows``: units of some product grow by income. Where none do, ``growth`` and
    ``growth_at_as_of`` are null throughout, and need not be asked.
    """

    rows: DataFrame
    grows: bool


def curves_in_spark(spark: SparkSession, curves: pd.DataFrame) -> FeeCurves:
    """Fee curves of ``build_fee_curves`` as Spark joins them to trades."""
    rows = to_spark(spark, curves, StructType(own_fields("fee_curves")))
    return FeeCurves(rows, grows=bool(curves["growth"].notna().any()))


def day_number(date: dt.date) -> int:
    """Days from 1970-01-01."""
    return (date - EARLIEST_DATE).days


def build_fee_curves(
    nav: pd.DataFrame,
    products: pd.DataFrame,
    first_day: int,
    as_of: dt.date,
    day_count: Literal["365", "actual"] = "365",
    income: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Curves of all products from ``first_day`` to the business date.

    ``nav``: ``product_id``, ``nav_day`` (days from 1970), ``unit_nav_e4``, valuation days only;
    ``products``: ``product_id``, ``accrued_rate_e8`` (see ``accrued_rates``), ``effective_day``
    (days from 1970, or NaN for "always"). Before the first NAV the face value 1.0000 holds.

    Result: ``product_id``, ``first_day``, ``fee_curve`` (list of 1e-16 yuan per unit, index
    ``day − first_day``), ``fee_at_as_of`` (1e-16), ``nav_at_as_of`` (1e-4 yuan).

    ``income`` (see ``growth_of_units``) makes units grow. The curve of such a product is that of
    one unit held since 1970; ``growth`` (list of 1e-12, as ``fee_curve``) and ``growth_at_as_of``
    tell how much that unit has become, and are null for other products.
    Raises ``InputRefusedError`` when a curve leaves 64 bits.
    """
    last_day = day_number(as_of)
    year_days = _days_of_year(last_day, day_count)
    by_product = dict(tuple(nav.sort_values(["product_id", "nav_day"]).groupby("product_id")))
    growths = {} if income is None else growth_of_units(income, last_day)
    rows = []
    for product_id, rate_rows in products.sort_values("product_id").groupby("product_id"):
        nav_by_day = _carry_forward(by_product.get(product_id), last_day)
        rate_by_day = _rates_by_day(rate_rows, last_day)
        growth = growths.get(str(product_id))
        _check_size(str(product_id), nav_by_day, rate_by_day, growth)
        if growth is None:
            curve = _accumulate(nav_by_day, rate_by_day, year_days)
        else:
            curve = _accumulate_grown(nav_by_day, rate_by_day, year_days, growth)
        rows.append(
            {
                "growth": None if growth is None else growth[first_day:].tolist(),
                "growth_at_as_of": None if growth is None else int(growth[last_day]),
                "product_id": product_id,
                "first_day": first_day,
                "fee_curve": curve[first_day:].tolist(),
                "fee_at_as_of": int(curve[last_day]),
                "nav_at_as_of": int(nav_by_day[last_day]),
            }
        )
    columns = ["product_id", "first_day", "fee_curve", "fee_at_as_of", "nav_at_as_of"]
    columns += ["growth", "growth_at_as_of"]
    # Whole numbers beside nulls, which pandas would turn into floats.
    return pd.DataFrame(rows, columns=columns).astype({"growth_at_as_of": "Int64"})


def accrued_rates(products: pd.DataFrame, rates: Mapping[str, int]) -> pd.DataFrame:
    """Products with ``accrued_rate_e8``: what a basis accrues of all yearly rates.

    ``rates`` (see ``BasisOfValue``): names of rates, each with its sign; a missing one is zero. The
    sum may be negative, and the curve then falls.
    """
    accrued = pd.Series(0, index=products.index, dtype=np.int64)
    for name, sign in rates.items():
        accrued += sign * pd.to_numeric(products[f"{name}_e8"]).fillna(0).astype(np.int64)
    return products.assign(accrued_rate_e8=accrued)


def _carry_forward(nav: pd.DataFrame | None, last_day: int) -> Days:
    """NAV of every calendar day from 1970 to ``last_day``, in 1e-4 yuan."""
    by_day = np.full(last_day + 1, FACE_VALUE_E4, dtype=np.int64)
    if nav is None or nav.empty:
        return by_day
    valued_days = nav["nav_day"].to_numpy(dtype=np.int64)
    values = nav["unit_nav_e4"].to_numpy(dtype=np.int64)
    last_valued = np.searchsorted(valued_days, np.arange(last_day + 1), side="right") - 1
    return np.where(last_valued >= 0, values[np.maximum(last_valued, 0)], by_day)


def _rates_by_day(rate_rows: pd.DataFrame, last_day: int) -> Days:
    """Annual rate of every calendar day, in 1e-8; the first rate also holds before its date."""
    ordered = rate_rows.assign(since=rate_rows["effective_day"].fillna(-1)).sort_values("since")
    since = ordered["since"].to_numpy(dtype=np.int64)
    rates = ordered["accrued_rate_e8"].to_numpy(dtype=np.int64)
    in_force = np.searchsorted(since, np.arange(last_day + 1), side="right") - 1
    return rates[np.maximum(in_force, 0)]


def _days_of_year(last_day: int, day_count: Literal["365", "actual"]) -> Days:
    if day_count == "365":
        return np.full(last_day + 1, 365, dtype=np.int64)
    days = np.arange(last_day + 1).astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(int) + 1970
    is_leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    return np.where(is_leap, 366, 365).astype(np.int64)


def _check_size(product_id: str, nav_by_day: Days, rate_by_day: Days, growth: Days | None) -> None:
    """Refuse what 64-bit sums cannot hold; doubles are exact enough to see it coming."""
    sizes = np.abs(rate_by_day).astype(float)
    if growth is not None:
        sizes *= growth / GROWTH_ONE
    fee = float(np.dot(nav_by_day.astype(float), sizes)) / 365 / 1e12
    if fee > _MAX_FEE_PER_UNIT:
        raise InputRefusedError(
            f"input.nav: product {product_id} would have cost {fee:,.0f} yuan of fees per unit "
            f"since 1970 (at most {_MAX_FEE_PER_UNIT} can be counted); correct its NAV or its "
            f"management_fee_rate"
        )


def _accumulate(nav_by_day: Days, rate_by_day: Days, year_days: Days) -> Days:
    """The curve at every day, in 1e-16 yuan, from exact sums; each value rounded half up once."""
    fee_e12 = nav_by_day[:-1] * rate_by_day[1:]
    wholes, rests = np.zeros(len(nav_by_day), np.int64), np.zeros(len(nav_by_day), np.int64)
    for days in (365, 366):
        summed = np.cumsum(np.where(year_days[1:] == days, fee_e12, 0))
        wholes[1:] += (summed // days) * _TO_E16
        rests[1:] += (summed % days) * _TO_E16 * (365 * 366 // days)
    return wholes + (rests + 365 * 366 // 2) // (365 * 366)


def _accumulate_grown(nav_by_day: Days, rate_by_day: Days, year_days: Days, growth: Days) -> Days:
    """The same for units that grow: integers of any size, since the products leave 64 bits."""
    value_e16 = nav_by_day.astype(object) * growth.astype(object)
    parts = value_e16[:-1] * rate_by_day[1:].astype(object) * (365 * 366 // year_days[1:])
    whole = 365 * 366 * 10**8
    summed = np.concatenate([[0], np.cumsum(parts)])
    curve: Days = ((summed + whole // 2) // whole).astype(np.int64)
    return curve
