"""Nested portfolios against the worked example of Dao 2017."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rfmf_spark.advice.portfolio import CaseYields, Part, portfolio_yields
from rfmf_spark.errors import ConfigurationError

D = Decimal


def product(name: str, weight: str, best: str, average: str) -> Part:
    return Part(name, D(weight), CaseYields(D(best), D(average)))


FUNDS = (
    product("equity", "0.3", "0.1796", "-0.1220"),
    product("hybrid", "0.2", "0.2985", "-0.0706"),
    product("bond", "0.3", "0.0728", "0.0009"),
)


def test_best_case_and_average_of_the_text() -> None:
    parts = (product("money", "0.3", "0.06", "0.06"), Part("funds", D("0.7"), parts=FUNDS))
    funds, whole = portfolio_yields(parts)
    assert (funds.path, funds.yields.best, funds.cash) == ("funds", D("0.13542"), D("0.2"))
    assert (whole.path, whole.yields.average, whole.cash) == ("", D("-0.017315"), D(0))
    assert round(whole.yields.best, 5) == D("0.11279")


def test_a_portfolio_without_parts_is_cash() -> None:
    (whole,) = portfolio_yields(())
    assert [*whole.yields, whole.cash] == [D(0), D(0), D(1)]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([product("a", "1.2", "0", "0")], "weight of a is 1.2, allowed is 0 to 1"),
        ([product("a", "-0.1", "0", "0")], "weight of a is -0.1"),
        (
            [product("a", "0.6", "0", "0"), product("b", "0.5", "0", "0")],
            "weights of the portfolio sum to 1.1, allowed is at most 1; lower one of a, b",
        ),
        ([product("a", "0.6", "7", "0")], "best yield of a is 7"),
        ([Part("a", D(1), parts=(Part("b", D(1)),))], "a/b has neither a yield nor parts"),
        ([Part("a", D(1), CaseYields(D(0), D(0)), FUNDS)], "a has both a yield and parts"),
    ],
)
def test_impossible_portfolios_are_refused(parts: list[Part], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        portfolio_yields(parts)
