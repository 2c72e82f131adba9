"""Figures as the views write them; a figure that is not there is left blank."""

from __future__ import annotations

from typing import Any

import pandas as pd


def show_number(value: Any, digits: int) -> str:
    """A number with thousands set apart, and so many decimal places."""
    return "" if value is None or pd.isna(value) else f"{value:,.{digits}f}"


def show_share(value: Any, digits: int = 2) -> str:
    """A fraction of 1 as a percentage."""
    return "" if value is None or pd.isna(value) else f"{value:.{digits}%}"
