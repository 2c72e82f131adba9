"""A-class or C-class: from which holding time on which of the two costs a user less.

The A-class takes a subscription fee once, the C-class a sales-service fee every day; both may take
a redemption fee that falls by steps with the holding time. So the answer is a set of intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple

from rfmf_spark.advice import yield_formulas
from rfmf_spark.advice.ranges import COST_RATE, DAYS, SERVICE_FEE, in_exact_context, require
from rfmf_spark.errors import ConfigurationError

ShareClass = Literal["A", "C"]


class RedemptionTier(NamedTuple):
    """The fee (a fraction) for money held less than ``below_days``, and not in an earlier tier."""

    below_days: Decimal
    fee: Decimal


class CheaperInterval(NamedTuple):
    """Holding times from ``from_days`` up to, not including, ``to_days`` (``None``: for ever)."""

    from_days: Decimal
    to_days: Decimal | None
    cheaper: ShareClass


@in_exact_context
def cheaper_intervals(
    subscription_fee: Decimal,
    service_fee: Decimal,
    redemption_a: Sequence[RedemptionTier] = (),
    redemption_c: Sequence[RedemptionTier] = (),
) -> tuple[CheaperInterval, ...]:
    """All holding times, cut where the cheaper class changes (Dao 2017).

    Within a piece of constant redemption fees the C-class is cheaper before
    ``365 × [f / (1 + f) + r_A − r_C] / s`` days, the A-class from then on. After the last tier of a
    class nothing is charged. Costs are compared as fractions of the money paid in, without growth.
    Raises ``ConfigurationError`` for fees outside 0…1, no service fee, tiers that do not ascend.
    """
    require("subscription_fee", subscription_fee, COST_RATE)
    require("service_fee", service_fee, SERVICE_FEE)
    _check_tiers("redemption_a", redemption_a)
    _check_tiers("redemption_c", redemption_c)
    entry = yield_formulas.paid_share_of_fee(subscription_fee)
    bounds = {Decimal(0)} | {tier.below_days for tier in (*redemption_a, *redemption_c)}
    pieces: list[CheaperInterval] = []
    for start, end in pairwise((*sorted(bounds), None)):
        if start is None:
            continue
        difference = entry + _fee_at(start, redemption_a) - _fee_at(start, redemption_c)
        even = yield_formulas.break_even_days(difference, service_fee)
        pieces += _cut(start, end, even)
    return _merge(pieces)


def _check_tiers(name: str, tiers: Sequence[RedemptionTier]) -> None:
    for tier in tiers:
        require(f"days of {name}", tier.below_days, DAYS)
        require(f"fee of {name}", tier.fee, COST_RATE)
    days = [Decimal(0), *(tier.below_days for tier in tiers)]
    for one, following in pairwise(days):
        if following <= one:
            raise ConfigurationError(
                f"{name} has a tier below {following} days after {one}; give tiers in ascending "
                f"order of days"
            )


def _fee_at(days: Decimal, tiers: Sequence[RedemptionTier]) -> Decimal:
    return next((tier.fee for tier in tiers if days < tier.below_days), Decimal(0))


def _cut(start: Decimal, end: Decimal | None, even: Decimal) -> list[CheaperInterval]:
    if even <= start:
        return [CheaperInterval(start, end, "A")]
    if end is not None and even >= end:
        return [CheaperInterval(start, end, "C")]
    return [CheaperInterval(start, even, "C"), CheaperInterval(even, end, "A")]


def _merge(pieces: Sequence[CheaperInterval]) -> tuple[CheaperInterval, ...]:
    merged: list[CheaperInterval] = []
    for piece in pieces:
        if merged and merged[-1].cheaper == piece.cheaper:
            merged[-1] = merged[-1]._replace(to_days=piece.to_days)
        else:
            merged.append(piece)
    return tuple(merged)
