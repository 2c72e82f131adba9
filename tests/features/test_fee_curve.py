"""Fee curves against an exact loop over days, and worked by hand."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.features.fee_curve import build_fee_curves, day_number

DayCount = Literal["365", "actual"]


def nav_table(*rows: tuple[str, dt.date, int]) -> pd.DataFrame:
    told = [(product, day_number(day), value) for product, day, value in rows]
    return pd.DataFrame(told, columns=["product_id", "nav_day", "unit_nav_e4"])


def product_table(*rows: tuple[str, int, dt.date | None]) -> pd.DataFrame:
    told = [(name, rate, None if day is None else day_number(day)) for name, rate, day in rows]
    table = pd.DataFrame(told, columns=["product_id", "accrued_rate_e8", "effective_day"])
    return table.astype({"effective_day": float})


def curve_of(curves: pd.DataFrame, product: str = "p") -> list[int]:
    own: list[list[int]] = curves.loc[curves["product_id"] == product, "fee_curve"].tolist()
    return own[0]


def exact_curve(
    navs: dict[dt.date, int], rates: list[tuple[dt.date, int]], last: dt.date, day_count: DayCount
) -> list[int]:
    """The definition, one day after the other, in fractions; each value rounded half up."""
    day, total, nav, curve = dt.date(1970, 1, 1), Fraction(0), Fraction(1), [0]
    while day < last:
        nav = Fraction(navs[day], 10**4) if day in navs else nav
        day += dt.timedelta(days=1)
        in_force = [rate for since, rate in rates if since <= day] or [rates[0][1]]
        length = 365
        if day_count == "actual":
            length = (dt.date(day.year + 1, 1, 1) - dt.date(day.year, 1, 1)).days
        total += nav * Fraction(in_force[-1], 10**8) / length
        curve.append(int(total * 10**16 + Fraction(1, 2)))
    return curve


@pytest.mark.parametrize("day_count", ["365", "actual"])
def test_every_value_equals_an_exact_sum_over_days(day_count: DayCount) -> None:
    random = np.random.default_rng(5)
    first, last = dt.date(2015, 6, 1), dt.date(2021, 2, 28)
    offsets = np.flatnonzero(random.random((last - first).days) < 0.6)
    navs = {
        first + dt.timedelta(days=int(offset)): int(random.integers(2_000, 90_000))
        for offset in offsets
    }
    rates = [
        (dt.date(2015, 1, 1), 1_500_001),
        (dt.date(2018, 7, 9), 33_333_333),
        (dt.date(2020, 1, 1), 7),
    ]

    curves = build_fee_curves(
        nav_table(*[("p", day, value) for day, value in navs.items()]).sample(frac=1.0),
        product_table(*[("p", rate, since) for since, rate in rates[::-1]]),
        day_number(first),
        last,
        day_count,
    )

    expected = exact_curve(navs, rates, last, day_count)
    assert curve_of(curves) == expected[day_number(first) :]
    assert curves.loc[0, "fee_at_as_of"] == expected[-1]
    assert curves.loc[0, "nav_at_as_of"] == navs[max(navs)]


def test_the_fee_of_a_night_is_charged_on_the_value_of_the_day_before_it() -> None:
    monday = dt.date(2019, 1, 7)
    days = [monday + dt.timedelta(days=offset) for offset in range(4)]

    curves = build_fee_curves(
        nav_table(("p", days[0], 10_000), ("p", days[1], 11_000)),
        product_table(("p", 3_650_000, None), ("p", 7_300_000, days[2])),
        day_number(monday),
        days[3],
    )

    curve = curve_of(curves)
    yuan_per_unit = [round((value - curve[0]) / 10**16, 10) for value in curve]
    assert yuan_per_unit == [0, 0.0001, 0.00032, 0.00054]


def test_the_real_length_of_the_year_is_that_of_the_day_that_is_charged() -> None:
    days = [dt.date(2019, 12, 30) + dt.timedelta(days=offset) for offset in range(4)]

    # 0.13359 = 365 × 366 / 1e6, so a day costs 366e-6 in 2019 and 365e-6 in 2020.
    curves = build_fee_curves(
        nav_table(), product_table(("p", 13_359_000, None)), day_number(days[0]), days[3], "actual"
    )

    curve = curve_of(curves)
    assert np.diff(curve).tolist() == [366 * 10**10, 365 * 10**10, 365 * 10**10]


def test_values_are_carried_over_days_without_a_row_and_face_value_comes_first() -> None:
    friday = dt.date(2019, 1, 4)

    curves = build_fee_curves(
        nav_table(("p", friday, 20_000), ("p", friday + dt.timedelta(days=3), 30_000)),
        product_table(("p", 3_650_000, None), ("without rows", 3_650_000, None)),
        day_number(friday) - 2,
        friday + dt.timedelta(days=4),
    )

    steps = np.diff(curve_of(curves)) // 10**12
    assert steps.tolist() == [1, 1, 2, 2, 2, 3]
    steps_without_rows = np.diff(curve_of(curves, "without rows")) // 10**12
    assert steps_without_rows.tolist() == [1] * 6
    assert curves.set_index("product_id")["nav_at_as_of"].to_dict() == {
        "p": 30_000,
        "without rows": 10_000,
    }


def test_values_do_not_depend_on_where_the_ledger_begins_or_ends() -> None:
    navs = nav_table(("p", dt.date(2019, 1, 4), 12_345))
    products = product_table(("p", 1_234_567, None))

    long = build_fee_curves(navs, products, day_number(dt.date(2018, 1, 1)), dt.date(2020, 1, 1))
    short = build_fee_curves(navs, products, day_number(dt.date(2019, 1, 1)), dt.date(2019, 6, 1))

    assert curve_of(short) == curve_of(long)[365 : 365 + 152]


def test_a_fee_that_64_bits_cannot_count_is_refused() -> None:
    navs = nav_table(("dear", dt.date(1990, 1, 1), 10_000_000))

    with pytest.raises(InputRefusedError) as refused:
        build_fee_curves(navs, product_table(("dear", 50_000_000, None)), 0, dt.date(2019, 1, 1))

    assert "product dear would have cost 14," in str(refused.value)
    assert "correct its NAV or its management_fee_rate" in str(refused.value)


def test_no_products_give_no_curves() -> None:
    curves = build_fee_curves(nav_table(), product_table(), 0, dt.date(2019, 1, 1))

    assert curves.empty
    assert list(curves.columns) == [
        "product_id",
        "first_day",
        "fee_curve",
        "fee_at_as_of",
        "nav_at_as_of",
        "growth",
        "growth_at_as_of",
    ]
