"""Numbers as each language writes them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from rfmf_spark.config.languages import Text, same

_TEN_THOUSAND = 10_000
_HUNDRED_MILLION = 100_000_000
# From here on Chinese counts in units of ten thousand; below, every digit is still easy to read.
_LONG_COUNT = 100_000
_SIGNIFICANT_DIGITS = 3


NOTHING = Text("—", "—")
UNKNOWN = Text("未知", "unknown")


def is_missing(value: Any) -> bool:
    """Whether a cell of a table is null."""
    return value is None or bool(pd.isna(value))


def tell_count(value: Any) -> Text:
    """A whole number with thousands separators."""
    return NOTHING if is_missing(value) else same(f"{int(value):,}")


def tell_long_count(value: int) -> Text:
    """A count for headlines: 万 and 亿 in Chinese, all digits in English."""
    if value < _LONG_COUNT:
        return tell_count(value)
    return Text(_in_chinese_units(float(value)), f"{value:,}")


def tell_few(value: int, limit: int) -> Text:
    """A count that is not told exactly where it is above zero and below the limit."""
    if 0 < value < limit:
        return Text(f"不足 {limit}", f"fewer than {limit}")
    return tell_long_count(value)


def tell_number(value: Any, digits: int) -> Text:
    """A number with so many decimals."""
    return NOTHING if is_missing(value) else same(f"{float(value):,.{digits}f}")


def tell_share(value: Any, digits: int = 1) -> Text:
    """A share of 1 in per cent; what is not zero is not shown as zero."""
    if is_missing(value):
        return NOTHING
    share, least = float(value), 10.0 ** -(digits + 2)
    if 0 < share < least / 2:
        return same(f"<{least:.{digits}%}")
    return same(f"{share:.{digits}%}")


def tell_points(value: float, digits: int = 1) -> Text:
    """A difference of shares in percentage points, with its sign."""
    points = round(value * 100, digits)
    shown = f"{points:+.{digits}f}" if points else f"{0:.{digits}f}"
    return Text(f"{shown} 个百分点", f"{shown} pp")


def tell_yuan(value: Any) -> Text:
    """An amount in yuan: to the cent below a thousand, in whole yuan above."""
    if is_missing(value):
        return NOTHING
    amount = float(value)
    digits = 2 if abs(amount) < 1000 else 0
    english = f"{'-' if amount < 0 else ''}¥{abs(amount):,.{digits}f}"
    if abs(amount) < _TEN_THOUSAND:
        return Text(f"{amount:,.{digits}f} 元", english)
    return Text(f"{_in_chinese_units(amount)}元", english)


def round_off(value: float) -> float:
    """A value to three significant digits, so that it is no longer that of a single user."""
    if value == 0 or not math.isfinite(value):
        return value
    magnitude = math.floor(math.log10(abs(value)))
    return round(value, _SIGNIFICANT_DIGITS - 1 - magnitude)


def _in_chinese_units(value: float) -> str:
    unit, name = (
        (_HUNDRED_MILLION, "亿") if abs(value) >= _HUNDRED_MILLION else (_TEN_THOUSAND, "万")
    )
    scaled = value / unit
    digits = 2 if abs(scaled) < 10 else 1
    return f"{scaled:,.{digits}f}{name}"
