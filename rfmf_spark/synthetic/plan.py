"""What a caller may ask of the synthetic ledger, checked before anything is generated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.synthetic.calendar import trading_days

MAX_USERS = 1_000_000_000
MIN_PRODUCTS = 5
"""One of each product type."""
MAX_PRODUCTS = 1_000
MIN_TRADING_DAYS = 40
"""Shorter periods leave no room for a launch, a recurring plan and a redemption."""


@dataclass(frozen=True)
class LedgerPlan:
    """Size, seed and period of a synthetic ledger; ``prospect_share`` of the users never trade.

    ``start`` and ``end`` bound the trade dates, both included. ``profile_signal`` says how much of
    a user's profile is tied to the kind of user (1 all, 0 nothing). Trades up to ``opening`` are
    replaced by the positions at that date; ``dirty`` is the share of purchases with a bad row
    beside them; ``skew`` plants a heavy user and a heavy product. Raises
    ``ConfigurationError``.
    """

    users: int = 100_000
    products: int = 30
    seed: int = 7
    start: date = date(2018, 12, 11)
    end: date = date(2019, 8, 14)
    prospect_share: float = 0.1
    profile_signal: float = 1.0
    opening: date | None = None
    dirty: float = 0.0
    skew: bool = False
    skew_purchases: int = 1_000_000

    @property
    def heavy_user_purchases(self) -> int:
        """Purchases of the heavy user of a skewed ledger: at most as many as there are users."""
        return min(self.skew_purchases, self.users)

    def __post_init__(self) -> None:
        """Refuse a plan that cannot be generated."""
        _check_range("users", self.users, 1, MAX_USERS)
        _check_range("products", self.products, MIN_PRODUCTS, MAX_PRODUCTS)
        _check_range("skew_purchases", self.skew_purchases, 1, MAX_USERS)
        for name in ("prospect_share", "profile_signal", "dirty"):
            _check_share(name, getattr(self, name))
        _check_period(self.start, self.end)
        self._check_opening()

    def _check_opening(self) -> None:
        if self.opening is None:
            return
        if not self.start <= self.opening < self.end:
            raise ConfigurationError(
                f"opening = {self.opening} of the synthetic ledger is outside of its period: "
                f"choose a date from {self.start} to the day before {self.end}."
            )
        if self.dirty > 0:
            raise ConfigurationError(
                f"opening = {self.opening} and dirty = {self.dirty} of the synthetic ledger "
                "exclude each other: bad rows are planted in whole ledgers only."
            )


def _check_range(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ConfigurationError(
            f"{name} = {value} of the synthetic ledger is out of range: "
            f"give a whole number from {lowest} to {highest}."
        )


def _check_share(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ConfigurationError(
            f"{name} = {value} of the synthetic ledger is not a share: give a number from 0 to 1."
        )


def _check_period(start: date, end: date) -> None:
    days = len(trading_days(start, end))
    if days < MIN_TRADING_DAYS:
        raise ConfigurationError(
            f"start = {start} and end = {end} of the synthetic ledger enclose {days} trading "
            f"days: choose dates with at least {MIN_TRADING_DAYS} between them."
        )
