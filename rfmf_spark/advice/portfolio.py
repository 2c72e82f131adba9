"""Yield of a portfolio whose parts may be portfolios themselves (Dao 2017), exact in ``Decimal``.

Two cases are computed together, since the first alone misleads: the best products of a year, and
its average ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from rfmf_spark.advice.ranges import RATE, SHARE, in_exact_context, require
from rfmf_spark.errors import ConfigurationError


class CaseYields(NamedTuple):
    """One yield in the best case and on average, as fractions per year."""

    best: Decimal
    average: Decimal


class Part(NamedTuple):
    """A share of a portfolio: either ``yields``, or ``parts`` with weights within this one."""

    name: str
    weight: Decimal
    yields: CaseYields | None = None
    parts: tuple[Part, ...] = ()


class PortfolioLevel(NamedTuple):
    """One level of a portfolio: its yields, and the share left in cash, which earns nothing.

    ``path`` is "" for the whole, else the names of parts joined by "/"; ``terms`` are the weights
    and yields that were added up.
    """

    path: str
    yields: CaseYields
    cash: Decimal
    terms: tuple[tuple[Decimal, CaseYields], ...]


@in_exact_context
def portfolio_yields(parts: Sequence[Part]) -> tuple[PortfolioLevel, ...]:
    """Σ weight × yield of every level, the whole portfolio last.

    Raises ``ConfigurationError`` for weights outside 0…1 or summing to more than 1, and for a part
    that has both a yield and parts of its own, or neither.
    """
    return _levels("", parts)


def _levels(path: str, parts: Sequence[Part]) -> tuple[PortfolioLevel, ...]:
    lower: list[PortfolioLevel] = []
    terms: list[tuple[Decimal, CaseYields]] = []
    for part in parts:
        place = f"{path}/{part.name}".lstrip("/")
        require(f"weight of {place}", part.weight, SHARE)
        if part.parts:
            lower += _levels(place, part.parts)
        terms.append((part.weight, _yields_of(place, part, lower)))
    weights = sum((weight for weight, _ in terms), Decimal(0))
    if weights > 1:
        raise ConfigurationError(
            f"weights of {path or 'the portfolio'} sum to {weights}, allowed is at most 1; "
            f"lower one of {', '.join(part.name for part in parts)}"
        )
    best = sum((weight * yields.best for weight, yields in terms), Decimal(0))
    average = sum((weight * yields.average for weight, yields in terms), Decimal(0))
    level = PortfolioLevel(path, CaseYields(best, average), 1 - weights, tuple(terms))
    return (*lower, level)


def _yields_of(place: str, part: Part, lower: Sequence[PortfolioLevel]) -> CaseYields:
    if (part.yields is None) == (not part.parts):
        raise ConfigurationError(
            f"{place} has {'both a yield and' if part.parts else 'neither a yield nor'} parts of "
            f"its own; give one of the two"
        )
    if part.yields is None:
        return lower[-1].yields
    require(f"best yield of {place}", part.yields.best, RATE)
    require(f"average yield of {place}", part.yields.average, RATE)
    return part.yields
