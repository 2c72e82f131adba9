"""Positions followed trade by trade in plain Python: what a ledger has led to at a day.

Exact, by fractions and lists of lots; nothing is shared with the product but its definitions.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from tests.builders import Row

FIRST_DAY = dt.date(1970, 1, 1)
REMOVING = ("redemption", "conversion_out", "forced_redemption", "adjust_out", "transfer_out")
WITH_PRINCIPAL = ("initial_subscription", "subscription", "recurring_subscription", "conversion_in")
PURCHASES = WITH_PRINCIPAL[:3]


class Lot(NamedTuple):
    """An open lot; units in 1/10,000, principal in cents as it was opened."""

    day: dt.date
    units: int
    left: int
    principal: int


@dataclass(frozen=True)
class Terms:
    """Yearly rates by first day (management, all that the company keeps), and NAVs by day."""

    rates: Mapping[dt.date, tuple[Decimal, Decimal]]
    navs: Mapping[dt.date, Decimal]

    def curve(self, until: dt.date, kind: int) -> int:
        """Fee of one unit up to a day, in 1e-16 yuan; kind 0: management, 1: all that is kept."""
        return _rounded(_curve(self, kind)[until] * 10**16)

    def __hash__(self) -> int:
        return id(self)


@cache
def _curve(terms: Terms, kind: int) -> dict[dt.date, Fraction]:
    total, nav, rate = Fraction(0), Fraction(1), Fraction(0)
    # The first rate also holds before its day.
    rate = Fraction(terms.rates[min(terms.rates)][kind])
    found, day = {}, FIRST_DAY
    while day < dt.date(2019, 12, 31):
        found[day] = total
        nav = Fraction(terms.navs.get(day, nav))
        day += dt.timedelta(days=1)
        if day in terms.rates:
            rate = Fraction(terms.rates[day][kind])
        total += nav * rate / 365
    return found


def change_e4(trade: Row) -> int:
    """Change of units in 1/10,000."""
    if trade["trade_type"] == "cash_dividend":
        return 0
    units = int(trade["units"] * 10_000)
    return -units if trade["trade_type"] in REMOVING else units


def accrued_e8(trades: Iterable[Row], terms: Terms, until: dt.date, kind: int) -> int:
    """Fee of a position in 1e-8 yuan: units × curve now, less units × curve at each trade."""
    trades = list(trades)
    held = sum(change_e4(trade) for trade in trades)
    then = (_times(change_e4(t), terms.curve(t["trade_date"], kind)) for t in trades)
    return _times(held, terms.curve(until, kind)) - sum(then)


def open_lots(trades: Sequence[Row], until: dt.date) -> tuple[int, list[Lot]]:
    """Cent·days of a position up to a day, first-in-first-out, and the lots that are left."""
    lots: deque[Lot] = deque()
    total = owed = 0
    for trade in sorted(trades, key=lambda t: (t["trade_date"], change_e4(t) < 0, t["trade_id"])):
        change = change_e4(trade)
        wanted = -change
        if change > 0:
            is_money = trade["trade_type"] in WITH_PRINCIPAL
            principal = int(trade["amount"] * 100) if is_money else 0
            lots.append(Lot(trade["trade_date"], change, change, principal))
            wanted, owed = owed, 0
        while wanted > 0 and lots:
            lot = lots.popleft()
            part = min(wanted, lot.left)
            rest = lot._replace(left=lot.left - part)
            held = max((trade["trade_date"] - lot.day).days, 0)
            total, wanted = total + (_worth(lot) - _worth(rest)) * held, wanted - part
            if rest.left:
                lots.appendleft(rest)
        owed += max(wanted, 0)
    return total + sum(_worth(lot) * (until - lot.day).days for lot in lots), list(lots)


def _worth(lot: Lot) -> int:
    """Principal that is left: all of it less what the first units have taken, half up."""
    return lot.principal - _rounded(Fraction(lot.principal * (lot.units - lot.left), lot.units))


def _times(units_e4: int, price_e16: int) -> int:
    magnitude = _rounded(Fraction(abs(units_e4) * abs(price_e16), 10**12))
    return -magnitude if (units_e4 < 0) != (price_e16 < 0) else magnitude


def _rounded(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))
