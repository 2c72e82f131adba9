"""Limits of advances, by hand."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from rfmf_spark.advice.advance_limits import AdvanceLimits, limit_advances
from rfmf_spark.errors import InputRefusedError

DAY, NEXT = dt.date(2019, 8, 1), dt.date(2019, 8, 2)


def requests(*rows: tuple[dt.date, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["date", "user_id", "product_id", "amount"])


def test_the_regulatory_limit_holds_per_user_fund_and_day() -> None:
    given = requests(
        (DAY, "u", "f", 6_000), (DAY, "u", "f", 7_000), (DAY, "u", "g", 500), (NEXT, "u", "f", 9)
    )
    limited = limit_advances(given, AdvanceLimits())
    assert limited["requested"].tolist() == [13_000, 500, 9]
    assert limited["advanced"].tolist() == [10_000, 500, 9]


def test_limits_per_user_and_then_per_fund_shrink_in_proportion() -> None:
    given = requests((DAY, "u", "f", 300), (DAY, "u", "g", 100), (DAY, "v", "f", 150))
    limited = limit_advances(given, AdvanceLimits(None, per_user=200, per_fund=150))
    # u: 300 and 100 become 150 and 50; then fund f has 150 + 150, which halves.
    assert limited["advanced"].tolist() == [75, 50, 75]


def test_no_limit_advances_everything() -> None:
    given = requests((DAY, "u", "f", 30_000))
    assert limit_advances(given, AdvanceLimits(None))["advanced"].tolist() == [30_000]


def test_bad_amounts_are_refused() -> None:
    with pytest.raises(InputRefusedError, match="1 rows have an amount that is negative"):
        limit_advances(requests((DAY, "u", "f", -1)), AdvanceLimits())
