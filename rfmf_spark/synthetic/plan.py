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

    ``start`` and ``end`` bound the trade dates, both included. Raises ``ConfigurationError``.
    """

    users: int = 100_000
    products: int = 30
    seed: int = 7
    start: date = date(2018, 12, 11)
    end: date = date(2019, 8, 14)
    prospect_share: float = 0.1

    def __post_init__(self) -> None:
        """Refuse a plan that cannot be generated."""
        _check_range("users", self.users, 1, MAX_USERS)
        _check_range("products", self.products, MIN_PRODUCTS, MAX_PRODUCTS)
        if not 0.0 <= self.prospect_share <= 1.0:
            raise ConfigurationError(
                f"prospect_share = {self.prospect_share} of the synthetic ledger is not a share: "
                "give a number from 0 to 1."
            )
        _check_period(self.start, self.end)


def _check_range(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ConfigurationError(
            f"{name} = {value} of the synthetic ledger is out of range: "
            f"give a whole number from {lowest} to {highest}."
        )


def _check_period(start: date, end: date) -> None:
    days = len(trading_days(start, end))
    if days < MIN_TRADING_DAYS:
        raise ConfigurationError(
            f"start = {start} and end = {end} of the synthetic ledger enclose {days} trading "
            f"days: choose dates with at least {MIN_TRADING_DAYS} between them."
        )
