"""Columns of yields agree with the exact ones."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import numpy.testing as npt
import pandas as pd
import pytest

from rfmf_spark.advice import yield_columns, yields
from rfmf_spark.advice.share_classes import cheaper_intervals
from rfmf_spark.errors import ConfigurationError

RATES = [-0.5, -0.01, 0.0, 0.0266, 0.055, 1.0]
SHARES = [0.0, 0.01, 0.25, 0.5, 0.99, 1.0]
DAYS = [1, 7, 35, 90, 365, 3_650]


def exact(values: list[float]) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


@pytest.mark.parametrize(
    ("of_columns", "of_numbers", "columns"),
    [
        (yield_columns.expected_yields, yields.expected_yield, (RATES, SHARES, SHARES[::-1])),
        (yield_columns.effective_yields, yields.effective_yield, (RATES, DAYS, DAYS[::-1], DAYS)),
        (yield_columns.real_yields, yields.real_yield, (RATES, RATES[::-1])),
        (yield_columns.excess_yields, yields.excess_yield, (RATES,)),
    ],
)
def test_a_column_agrees_with_the_exact_values(
    of_columns: Callable[..., np.ndarray],
    of_numbers: Callable[..., Decimal],
    columns: tuple[list[float], ...],
) -> None:
    expected = [float(of_numbers(*row)) for row in zip(*map(exact, columns), strict=True)]
    npt.assert_allclose(of_columns(*columns), expected, rtol=0, atol=1e-15)
    series = [pd.Series(column) for column in columns]
    npt.assert_allclose(of_columns(*series), expected, rtol=0, atol=1e-15)


def test_break_even_agrees_with_the_exact_intervals() -> None:
    found = yield_columns.break_even_days_without_redemption(np.array([0.015, 0.0015]), 0.005)
    npt.assert_allclose(found.round(1), [1078.8, 109.3])
    even = cheaper_intervals(Decimal("0.015"), Decimal("0.005"))[0].to_days
    assert even is not None
    npt.assert_allclose(found[0], float(even), rtol=1e-15)


def test_a_missing_value_leads_to_a_missing_result() -> None:
    found = yield_columns.real_yields(pd.Series([0.055, None]), 0.02)
    assert np.isnan(found).tolist() == [False, True]


def test_the_first_impossible_row_is_named() -> None:
    with pytest.raises(ConfigurationError) as refused:
        yield_columns.real_yields(np.array([0.01, 5.5, np.nan, -2.0]), 0.02)
    assert str(refused.value) == (
        "nominal is 5.5 in row 1, and 2 of 4 rows do not fit; allowed is -0.99 to 1; "
        "write 5.5 % as 0.055 or 5.5%"
    )
