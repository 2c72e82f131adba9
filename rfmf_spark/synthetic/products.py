"""The company's products, their fee rates and NAV paths: small tables, numpy on the driver.

Product 0 and 1 exist long before the period, so that a trade always finds an open product.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.synthetic.calendar import previous_trading_day, trading_days
from rfmf_spark.synthetic.plan import LedgerPlan

NAV_SCALE = 10_000
"""NAV is kept as whole 1/10,000 yuan; face value is 1.0000."""
LAUNCH_EVERY = 10
LAUNCH_NUMBER = 4
"""Products number 4, 14, 24 … are launched inside the period."""
LAUNCH_FRACTIONS: tuple[float, ...] = (0.12, 0.45, 0.75)
"""When in the period the launches open, in turn."""
LAUNCH_TRADING_DAYS = 10
"""Length of the initial subscription at face value before the first NAV."""
RATE_CUT_EVERY = 6
RATE_CUT_NUMBER = 1
RATE_CUT_FACTOR = Decimal("0.6")
RATE_CUT_FRACTION = 0.4
"""Products number 1, 7, 13 … lower their management fee by 40 % that far into the period."""
HISTORY_CALENDAR_DAYS: tuple[int, ...] = (0, 120, 370, 740)
"""Days of NAV history before the period, in turn; with 0 the NAV starts at 1.0000 with it."""
SALES_SERVICE_FEE_RATE = Decimal("0.0025")
TRAILING_SHARE = Decimal("0.3")
"""Part of the management fee that goes to the distributor."""
_LOWEST_NAV = 0.1


@dataclass(frozen=True)
class ProductType:
    """Terms and NAV behaviour of a type; rates are annual, return and volatility per day."""

    name: str
    risk_levels: tuple[str, ...]
    management_fee_rates: tuple[str, ...]
    settlement_days: int
    daily_return: float
    daily_volatility: float


PRODUCT_TYPES: tuple[ProductType, ...] = (
    ProductType("money", ("R1",), ("0.0015", "0.0033", "0.0025"), 1, 0.0, 0.0),
    ProductType("bond", ("R2",), ("0.0050", "0.0030", "0.0070"), 2, 0.00018, 0.0009),
    ProductType("index", ("R3", "R4"), ("0.0050",), 2, 0.0005, 0.0125),
    ProductType("hybrid", ("R3",), ("0.0150", "0.0120"), 3, 0.0004, 0.0095),
    ProductType("equity", ("R4", "R5"), ("0.0150", "0.0125"), 3, 0.0005, 0.0130),
)
"""Types in the order in which product numbers take them."""


@dataclass(frozen=True)
class Product:
    """One fund share class; ``launch_day`` and ``first_nav_day`` count trading days of the period.

    ``launch_day`` is -1 for a product older than the period, whose ``first_nav_day`` is 0.
    ``rates`` are (effective from, annual management fee rate), ascending.
    """

    number: int
    product_type: ProductType
    inception_date: date
    launch_day: int
    first_nav_day: int
    first_nav_date: date
    rates: tuple[tuple[date, Decimal], ...]

    @property
    def product_id(self) -> str:
        """Six digits, as Chinese fund codes have."""
        return f"{110_001 + self.number:06d}"

    @property
    def product_name(self) -> str:
        """A name nobody could mistake for a real fund."""
        return f"Synthetic {self.product_type.name} {self.number + 1}"

    @property
    def is_money(self) -> bool:
        """Whether it is a money-market fund: always worth 1.0000, without NAV rows."""
        return self.product_type.name == "money"

    @property
    def risk_level(self) -> str:
        """R1 … R5, in turn among the levels of the type."""
        levels = self.product_type.risk_levels
        return levels[_turn(self.number) % len(levels)]

    @property
    def sales_service_fee_rate(self) -> Decimal:
        """Charged by money funds and every other share class of the rest."""
        charges = self.is_money or _turn(self.number) % 2 == 1
        return SALES_SERVICE_FEE_RATE if charges else Decimal("0.0000")

    def trailing_commission_rate(self, management_fee_rate: Decimal) -> Decimal:
        """The distributor's share of a management fee."""
        return management_fee_rate * TRAILING_SHARE


@dataclass(frozen=True)
class Catalog:
    """All products with their NAV: whole 1/10,000 yuan, shape (products, ``nav_days``).

    ``nav_days`` are the trading days of history and period together, ``days`` those of the period
    alone. Before a product's first NAV its row holds face value.
    """

    products: tuple[Product, ...]
    days: tuple[date, ...]
    nav_days: tuple[date, ...]
    nav: NDArray[np.int64]

    @cached_property
    def period_nav(self) -> NDArray[np.int64]:
        """NAV on the trading days of the period, shape (products, ``days``)."""
        return self.nav[:, len(self.nav_days) - len(self.days) :]

    @property
    def application_days(self) -> tuple[date, ...]:
        """For each day of the period the trading day before, on which its trades were ordered."""
        return (previous_trading_day(self.days[0]), *self.days[:-1])

    @property
    def product_ids(self) -> tuple[str, ...]:
        """Ids in the order of product numbers."""
        return tuple(product.product_id for product in self.products)

    @property
    def first_nav_days(self) -> tuple[int, ...]:
        """First day of the period with a NAV, in the order of product numbers."""
        return tuple(product.first_nav_day for product in self.products)

    def launches_by_day(self) -> list[int]:
        """For each day of the period the product then in initial subscription, or -1."""
        launches = [-1] * len(self.days)
        for product in self.products:
            if product.launch_day >= 0:
                # Orders start on the inception date and are confirmed a trading day later.
                for day in range(product.launch_day + 1, product.first_nav_day):
                    launches[day] = product.number
        return launches


def build_catalog(plan: LedgerPlan) -> Catalog:
    """Products and NAV paths of ``plan``, the same for the same seed."""
    days = tuple(trading_days(plan.start, plan.end))
    products = tuple(_build_product(number, days) for number in range(plan.products))
    oldest = min(product.inception_date for product in products)
    nav_days = tuple(trading_days(oldest, plan.end))
    random = np.random.default_rng(abs(plan.seed) * 2 + int(plan.seed < 0))
    nav = np.stack([_draw_nav(product, nav_days, random) for product in products])
    return Catalog(products=products, days=days, nav_days=nav_days, nav=nav)


def _turn(number: int) -> int:
    return number // len(PRODUCT_TYPES)


def _build_product(number: int, days: tuple[date, ...]) -> Product:
    product_type = PRODUCT_TYPES[number % len(PRODUCT_TYPES)]
    launch_day, first_nav_day = -1, 0
    # The day before the period: what its first day confirms was ordered then.
    inception = previous_trading_day(days[0]) - timedelta(days=_history_of(number))
    first_nav_date = inception
    if number % LAUNCH_EVERY == LAUNCH_NUMBER:
        fraction = LAUNCH_FRACTIONS[number // LAUNCH_EVERY % len(LAUNCH_FRACTIONS)]
        launch_day = int(fraction * len(days))
        first_nav_day = launch_day + LAUNCH_TRADING_DAYS
        inception, first_nav_date = days[launch_day], days[first_nav_day]
    return Product(
        number=number,
        product_type=product_type,
        inception_date=inception,
        launch_day=launch_day,
        first_nav_day=first_nav_day,
        first_nav_date=first_nav_date,
        rates=_rates_of(number, product_type, inception, days),
    )


def _history_of(number: int) -> int:
    if number < 2:
        return max(HISTORY_CALENDAR_DAYS)
    return HISTORY_CALENDAR_DAYS[number % len(HISTORY_CALENDAR_DAYS)]


def _rates_of(
    number: int, product_type: ProductType, inception: date, days: tuple[date, ...]
) -> tuple[tuple[date, Decimal], ...]:
    choices = product_type.management_fee_rates
    rate = Decimal(choices[_turn(number) % len(choices)])
    if number % RATE_CUT_EVERY != RATE_CUT_NUMBER:
        return ((inception, rate),)
    cut_day = days[int(RATE_CUT_FRACTION * len(days))]
    # A launch after the cut starts at the lower rate: nothing changes for it.
    if inception >= cut_day:
        return ((inception, rate * RATE_CUT_FACTOR),)
    return ((inception, rate), (cut_day, rate * RATE_CUT_FACTOR))


def _draw_nav(
    product: Product,
    nav_days: tuple[date, ...],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    # Drawn even where unused: the path of one product does not depend on the type of another.
    shocks = random.standard_normal(len(nav_days))
    first = product.first_nav_date
    returns = product.product_type.daily_return + product.product_type.daily_volatility * shocks
    has_moved = np.array([previous >= first for previous, _ in pairwise(nav_days)])
    growth = np.concatenate(([1.0], np.where(has_moved, 1.0 + returns[1:], 1.0)))
    path: NDArray[np.float64] = np.maximum(np.cumprod(growth), _LOWEST_NAV)
    return np.rint(path * NAV_SCALE).astype(np.int64)
