"""What may happen to a purchase between buying and leaving, as numbers with their meaning.

Each purchase meets one change at most. How a change becomes trades is in ``trades``.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from rfmf_spark.synthetic.lookup import value_at


@dataclass(frozen=True)
class Change:
    """One kind of change: its trade type, the share of purchases that meet it and its effect.

    ``percentage`` of the purchase's units are touched (0: drawn from ``PARTIAL_PERCENTAGES``);
    ``sign`` is what that does to the units held; ``pays`` whether the trade states an amount.
    """

    trade_type: str
    share: float
    percentage: int
    sign: int
    pays: bool


CHANGES: tuple[Change, ...] = (
    Change("conversion_out", share=0.04, percentage=100, sign=-1, pays=True),
    Change("redemption", share=0.10, percentage=0, sign=-1, pays=True),
    # Units that leave one account of a user and arrive in another one of the same user.
    Change("transfer_out", share=0.004, percentage=100, sign=0, pays=False),
    Change("dividend_reinvestment", share=0.02, percentage=2, sign=1, pays=True),
    Change("cash_dividend", share=0.01, percentage=2, sign=0, pays=True),
    Change("split", share=0.004, percentage=10, sign=1, pays=False),
    Change("adjust_in", share=0.003, percentage=1, sign=1, pays=False),
    Change("adjust_out", share=0.003, percentage=1, sign=-1, pays=False),
)
CONVERSION, PARTIAL_REDEMPTION, TRANSFER = 0, 1, 2
DIVIDEND, CASH_DIVIDEND = 3, 4
"""Places in ``CHANGES``. A dividend of a money fund is called ``money_fund_income``."""

PARTIAL_PERCENTAGES: tuple[int, ...] = (25, 50, 75)
FORCED_SHARE = 0.02
"""Final redemptions that the company enforces (``forced_redemption``)."""
REDEMPTION_FEE_PER_MILLE = 5
REDEMPTION_FEE_TRADING_DAYS = 20
"""Redeeming units of anything but a money fund within so many days costs this fee."""


def drawn_change(draw: Column) -> Column:
    """Number of the change whose slice of (0, 1) holds ``draw``; null for the rest."""
    chosen = F.lit(None).cast("int")
    uppers = list(itertools.accumulate(change.share for change in CHANGES))
    for number in reversed(range(len(CHANGES))):
        chosen = F.when(draw < F.lit(uppers[number]), F.lit(number)).otherwise(chosen)
    return chosen


def change_parameter(field: str) -> Column:
    """The ``field`` of each row's ``change``; null without one."""
    values = [getattr(change, field) for change in CHANGES]
    if isinstance(values[0], bool):
        return value_at([int(value) for value in values], F.col("change")) == 1
    return value_at(values, F.col("change"))
