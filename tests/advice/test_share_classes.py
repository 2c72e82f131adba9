"""Break-even between share classes, by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rfmf_spark.advice.share_classes import CheaperInterval, RedemptionTier, cheaper_intervals
from rfmf_spark.errors import ConfigurationError

D = Decimal


def tiers(*given: tuple[int, str]) -> list[RedemptionTier]:
    return [RedemptionTier(D(days), D(fee)) for days, fee in given]


def plain(intervals: tuple[CheaperInterval, ...]) -> list[tuple[object, ...]]:
    return [tuple(interval) for interval in intervals]


@pytest.mark.parametrize(("fee", "days"), [("0.015", "1078.8"), ("0.0015", "109.3")])
def test_without_redemption_fees_there_is_one_break_even(fee: str, days: str) -> None:
    c_first, a_then = cheaper_intervals(D(fee), D("0.005"))
    assert c_first.from_days == 0
    assert c_first.cheaper == "C"
    assert c_first.to_days is not None
    assert round(c_first.to_days, 1) == D(days)
    assert a_then == CheaperInterval(c_first.to_days, None, "A")


def test_equal_redemption_fees_change_nothing() -> None:
    same = tiers((7, "0.015"), (30, "0.005"))
    with_tiers = cheaper_intervals(D("0.015"), D("0.005"), same, same)
    assert with_tiers == cheaper_intervals(D("0.015"), D("0.005"))


def test_falling_redemption_fees_give_several_intervals() -> None:
    # No subscription fee, s = 3.65 %, so a day of C costs 0.0001. Below 7 days both charge 1.5 %:
    # A at once. From 7 to 365 days A charges 0.5 % more: even at 50 days. From 365 on: A.
    redemption_a = tiers((7, "0.015"), (365, "0.005"))
    redemption_c = tiers((7, "0.015"))
    found = cheaper_intervals(D(0), D("0.0365"), redemption_a, redemption_c)
    assert plain(found) == [(0, 7, "A"), (7, 50, "C"), (50, None, "A")]


def test_a_tier_can_end_before_its_break_even() -> None:
    # As above, but the fee of A falls away after 20 days, while C is still cheaper.
    found = cheaper_intervals(D(0), D("0.0365"), tiers((20, "0.005")), ())
    assert plain(found) == [(0, 20, "C"), (20, None, "A")]


def test_the_c_class_can_be_worse_from_the_first_day() -> None:
    assert plain(cheaper_intervals(D(0), D("0.005"))) == [(0, None, "A")]


@pytest.mark.parametrize(
    ("service_fee", "redemption", "told"),
    [
        (
            "0",
            tiers(),
            "service_fee is 0, .* no holding time breaks even",
        ),
        ("0.5", tiers((7, "1.5")), "fee of redemption_a is 1.5, allowed is 0 to 1"),
        ("0.5", tiers((30, "0.01"), (7, "0.02")), "a tier below 7 days after 30; give tiers in"),
        ("0.5", tiers((0, "0.01")), "a tier below 0 days after 0"),
    ],
)
def test_impossible_fees_are_refused(
    service_fee: str, redemption: list[RedemptionTier], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        cheaper_intervals(D("0.015"), D(service_fee), redemption)
