"""Trading days of the Chinese exchanges: weekdays less the public holidays known here.

Holidays are listed for December 2018 to August 2019, the default period; elsewhere every
weekday counts as a trading day.
"""

from __future__ import annotations

from datetime import date, timedelta

_SATURDAY = 5

PUBLIC_HOLIDAYS: frozenset[date] = frozenset(
    {
        date(2018, 12, 31),  # New Year
        date(2019, 1, 1),
        date(2019, 2, 4),  # Spring Festival
        date(2019, 2, 5),
        date(2019, 2, 6),
        date(2019, 2, 7),
        date(2019, 2, 8),
        date(2019, 4, 5),  # Qingming
        date(2019, 5, 1),  # Labour Day
        date(2019, 5, 2),
        date(2019, 5, 3),
        date(2019, 6, 7),  # Dragon Boat
    }
)
"""Weekdays on which the exchanges stayed closed."""


def is_trading_day(day: date) -> bool:
    """Whether trades are confirmed and funds valued on ``day``."""
    return day.weekday() < _SATURDAY and day not in PUBLIC_HOLIDAYS


def trading_days(start: date, end: date) -> list[date]:
    """Trading days from ``start`` to ``end``, both included, ascending; empty if none."""
    span = (end - start).days + 1
    days = (start + timedelta(days=offset) for offset in range(span))
    return [day for day in days if is_trading_day(day)]


def previous_trading_day(day: date) -> date:
    """Last trading day strictly before ``day``."""
    previous = day - timedelta(days=1)
    while not is_trading_day(previous):
        previous -= timedelta(days=1)
    return previous
