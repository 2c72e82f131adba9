"""Yields against the worked examples of Dao 2017, to the digits printed there."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, getcontext, localcontext

import pytest

from rfmf_spark.advice.yields import (
    TOTAL_LOSS,
    cpi_plus_costs,
    cpi_plus_yields,
    effective_yield,
    excess_yield,
    expected_yield,
    real_yield,
    subsidised_yield,
)
from rfmf_spark.errors import ConfigurationError

D = Decimal


def test_expected_yield_as_in_the_text() -> None:
    safe = expected_yield(D("0.046"), D("0.01"))
    risky = expected_yield(D("0.055"), D("0.5"))
    assert (safe, risky, safe - risky) == (D("0.04554"), D("0.0275"), D("0.01804"))


def test_expected_yield_with_total_loss() -> None:
    assert expected_yield(D("0.046"), D("0.01"), TOTAL_LOSS) == D("0.03554")
    assert expected_yield(D("0.055"), D("0.5"), TOTAL_LOSS) == D("-0.4725")


def test_effective_yield_counts_all_days() -> None:
    found = effective_yield(D("0.046"), D(35), D(5), D(2))
    assert round(found, 5) == D("0.03833")
    assert effective_yield(D("0.046"), D(35)) == D("0.046")


def test_real_yield_and_excess_over_the_money_fund() -> None:
    assert round(real_yield(D("0.055"), D("0.02")), 5) == D("0.03431")
    assert round(excess_yield(D("0.055")), 5) == D("0.02766")


def test_a_subsidy_costs_its_share_of_the_year() -> None:
    found = subsidised_yield(D("0.0266"), D("0.01"), D(1_000_000), D("36.5"))
    assert found == (D("0.0366"), D(1_000))


def test_cpi_plus_by_hand() -> None:
    path = [D("0.02"), D("0.045")]
    assert cpi_plus_yields(path, D("0.03")) == (D("0.05"), D("0.075"))
    costs = cpi_plus_costs(path, D("0.03"), D("0.06"), D(1_000_000))
    assert costs == (D(-10_000), D(15_000))


def test_the_decimal_context_of_the_caller_does_not_matter() -> None:
    with localcontext() as context:
        context.prec = 3
        found = real_yield(D("0.055"), D("0.02"))
        assert getcontext().prec == 3
    assert found == real_yield(D("0.055"), D("0.02"))
    assert str(found).startswith("0.0343137254901960784313725490196078431372549")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: real_yield(D("5.5"), D("0.02")), "nominal is 5.5, allowed is -0.99 to 1; write"),
        (lambda: real_yield(D("0.05"), D(-1)), "inflation is -1, allowed is -0.99 to 1"),
        (lambda: expected_yield(D("0.05"), D("1.01")), "default_probability is 1.01"),
        (lambda: expected_yield(D("0.05"), D("0.1"), D(-1)), "loss_given_default is -1"),
        (lambda: expected_yield(D("NaN"), D("0.1")), "nominal is NaN"),
        (lambda: effective_yield(D("0.05"), D(0)), "term_days is 0, allowed is 1 to 36500"),
        (lambda: effective_yield(D("0.05"), D(9), D(-1)), "raising_days is -1"),
        (lambda: cpi_plus_yields([], D("0.03")), "cpi is empty"),
        (lambda: cpi_plus_yields([D("0.02"), D(2)], D("0.03")), "cpi of year 2 is 2"),
        (lambda: subsidised_yield(D(0), D(0), D("-5"), D(1)), "principal is -5"),
    ],
)
def test_impossible_values_are_refused(wrong: Callable[[], object], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told.replace("(", r"\(")) as refused:
        wrong()
    assert refused.value.exit_code == 2
