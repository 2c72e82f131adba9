"""The planted kinds of users and every assumption about them, as numbers with their reasons.

Huang 2019 publishes means of five segments but neither their shares nor their spread: what is
stated here and not there is our assumption. How the numbers become users is in ``users`` and
``profiles``, how they become trades in ``trades``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from rfmf_spark.synthetic.lookup import value_at


@dataclass(frozen=True)
class Archetype:
    """One planted kind of user, numbered as the segments of Huang 2019.

    ``last_purchase_from``/``_to`` are fractions of the period (0 its first day); medians and
    spreads are those of lognormal draws, the spread in natural-log units; ``holding_days`` is the
    mean time in trading days between the last purchase and leaving, for the ``leave_share`` who
    leave; ``registration_lag`` the mean calendar days between registration and first order.
    """

    number: int
    name: str
    share: float
    last_purchase_from: float
    last_purchase_to: float
    purchases_median: float
    purchases_spread: float
    amount_median: float
    amount_spread: float
    recurring_share: float
    leave_share: float
    holding_days: float
    income_median: float
    age_mean: float
    conservative_share: float
    aggressive_share: float
    learning_share: float
    metropolis_share: float
    registration_lag: float


ARCHETYPES: tuple[Archetype, ...] = (
    Archetype(
        number=1,
        name="high value but inactive",
        share=0.06,
        last_purchase_from=0.0,
        last_purchase_to=0.26,
        purchases_median=1.2,
        purchases_spread=0.7,
        amount_median=5_500.0,
        amount_spread=1.05,
        recurring_share=0.05,
        leave_share=0.85,
        holding_days=30.0,
        income_median=13_000.0,
        age_mean=42.0,
        conservative_share=0.30,
        aggressive_share=0.25,
        learning_share=0.20,
        metropolis_share=0.50,
        registration_lag=40.0,
    ),
    Archetype(
        number=2,
        name="general, win back",
        share=0.60,
        last_purchase_from=0.0,
        last_purchase_to=0.25,
        purchases_median=0.9,
        purchases_spread=0.6,
        amount_median=200.0,
        amount_spread=1.28,
        recurring_share=0.03,
        leave_share=0.95,
        holding_days=12.0,
        income_median=6_500.0,
        age_mean=29.0,
        conservative_share=0.45,
        aggressive_share=0.15,
        learning_share=0.20,
        metropolis_share=0.25,
        registration_lag=20.0,
    ),
    Archetype(
        number=3,
        name="general, develop",
        share=0.20,
        last_purchase_from=0.86,
        last_purchase_to=1.0,
        purchases_median=1.1,
        purchases_spread=0.6,
        amount_median=450.0,
        amount_spread=1.38,
        recurring_share=0.10,
        leave_share=0.6,
        holding_days=6.0,
        income_median=7_500.0,
        age_mean=31.0,
        conservative_share=0.35,
        aggressive_share=0.20,
        learning_share=0.40,
        metropolis_share=0.30,
        registration_lag=45.0,
    ),
    Archetype(
        number=4,
        name="key, develop",
        share=0.12,
        last_purchase_from=0.14,
        last_purchase_to=0.64,
        purchases_median=1.2,
        purchases_spread=0.6,
        amount_median=3_500.0,
        amount_spread=1.05,
        recurring_share=0.05,
        leave_share=0.45,
        holding_days=60.0,
        income_median=11_000.0,
        age_mean=39.0,
        conservative_share=0.25,
        aggressive_share=0.25,
        learning_share=0.40,
        metropolis_share=0.45,
        registration_lag=45.0,
    ),
    Archetype(
        number=5,
        name="key, valuable",
        share=0.02,
        last_purchase_from=0.69,
        last_purchase_to=1.0,
        purchases_median=15.0,
        purchases_spread=0.9,
        amount_median=720.0,
        amount_spread=1.2,
        recurring_share=0.40,
        leave_share=0.15,
        holding_days=30.0,
        income_median=12_000.0,
        age_mean=36.0,
        conservative_share=0.15,
        aggressive_share=0.35,
        learning_share=0.60,
        metropolis_share=0.55,
        registration_lag=30.0,
    ),
)
"""The five profiles, in the order of their numbers; the shares sum to 1."""

MAX_PURCHASES = 400
"""Purchases per user at most; trade ids have room for 512."""
MIN_AMOUNT_CENTS = 1_000
MAX_AMOUNT_CENTS = 5_000_000_000
"""10 yuan to 50 million yuan per purchase, which keeps all sums far inside 64 bits."""
ROUND_AMOUNT_SHARE = 0.8
ROUND_AMOUNT_CENTS = 1_000
"""Most people type round sums: these order in steps of 10 yuan, the rest to the cent."""
AMOUNT_JITTER = 0.5
"""One-off purchases vary uniformly by this fraction around the user's usual amount."""
PLAN_SPACINGS: tuple[tuple[int, float], ...] = ((5, 0.7), (21, 0.3))
"""Recurring plans: trading days between purchases (weekly, monthly) and share of the plans."""
FAVOURITE_SHARE = 0.65
"""One-off purchases that go to the user's favourite product; plans always do."""
POPULARITY_EXPONENT = 2.5
"""Product number = products * u ** exponent: the first of 30 products draws 26 %."""
LAUNCH_PULL = 0.15
"""One-off purchases during a launch that go to the new product."""


def archetype_parameter(field: str, kind: str = "archetype") -> Column:
    """The ``field`` of each row's archetype, looked up by its column ``kind``."""
    values = [getattr(archetype, field) for archetype in ARCHETYPES]
    return value_at(values, F.col(kind) - 1)


def choose_by_share(draw: Column, choices: Sequence[tuple[object, float]]) -> Column:
    """The choice whose slice of (0, 1) holds ``draw``; the last takes what rounding leaves."""
    *earlier, (last, _) = choices
    chosen, upper = F.lit(last), 1.0 - choices[-1][1]
    for value, share in reversed(earlier):
        chosen = F.when(draw < F.lit(upper), F.lit(value)).otherwise(chosen)
        upper -= share
    return chosen
