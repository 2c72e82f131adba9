"""Control totals: rows, and exact sums of their amounts and units.

Taken by a job of their own, or as a by-product of the job that uses the rows anyway. A by-product
can count the rows of a repeated task twice, so whoever takes one holds it against another count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.session.observing import observe

T = TypeVar("T")

# Sums are taken in two 64-bit halves, so that no number of rows can overflow them.
_HALF = 1_000_000_000

# What is summed, and the columns that hold it: an opening position has the amount of many trades.
_SUMMED = {"cents": ("amount_cents", "cumulative_amount_cents"), "units_e4": ("units_e4",)}


@dataclass(frozen=True)
class Totals:
    """Rows, exact sums of amount (cents) and units (1/10,000), and the earliest trade date."""

    rows: int = 0
    cents: int = 0
    units_e4: int = 0
    earliest: dt.date | None = field(default=None, compare=False)

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.rows + other.rows,
            self.cents + other.cents,
            self.units_e4 + other.units_e4,
            self.earliest,
        )


def sum_totals(rows: DataFrame, *groups: str) -> dict[tuple[Any, ...], Totals]:
    """Totals per group of a DataFrame that may have amounts in cents and ``units_e4``."""
    found = rows.groupBy(*groups).agg(*_sums(rows, F.lit(True), "all")).collect()
    return {tuple(row[group] for group in groups): _totals(row.asDict(), "all") for row in found}


def total_parts(
    rows: DataFrame, name: str, parts: Mapping[str, Column], action: Callable[[DataFrame], T]
) -> tuple[T, dict[str, Totals]]:
    """What ``action`` gives, and the totals of parts of the rows as its by-product.

    ``parts`` say by name which rows belong to each. ``action`` gets rows in place of the given ones
    and reads all of them; see ``observe``.
    """
    sums = [total for part, where in parts.items() for total in _sums(rows, where, part)]
    result, found = observe(rows, name, sums, action)
    return result, {part: _totals(found, part) for part in parts}


def _sums(rows: DataFrame, where: Column, part: str) -> list[Column]:
    sums = [F.count_if(where).alias(f"{part}_rows")]
    for name, columns in _SUMMED.items():
        found = [F.col(column) for column in columns if column in rows.columns]
        value = F.when(where, found[0] if found else F.lit(0)).cast("bigint")
        high = F.call_function("div", value, F.lit(_HALF))
        sums += [
            F.sum(high).alias(f"{part}_{name}_high"),
            F.sum(value % _HALF).alias(f"{part}_{name}_low"),
        ]
    date = F.col("trade_date") if "trade_date" in rows.columns else F.lit(None).cast("date")
    return [*sums, F.min(F.when(where, date)).alias(f"{part}_earliest")]


def _totals(found: Mapping[str, Any], part: str) -> Totals:
    def summed(name: str) -> int:
        return (found[f"{part}_{name}_high"] or 0) * _HALF + (found[f"{part}_{name}_low"] or 0)

    return Totals(
        rows=found[f"{part}_rows"],
        cents=summed("cents"),
        units_e4=summed("units_e4"),
        earliest=found[f"{part}_earliest"],
    )
