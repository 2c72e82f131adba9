"""The values of one feature along the axis of a figure: places, bins, words.

Days are even; purchases are one place per bin; money is logarithmic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rfmf_spark.config.languages import Text
from rfmf_spark.report.measures import ValueWords
from rfmf_spark.report.suppression import merge_small, round_to_groups
from rfmf_spark.report.words import is_missing, round_off, tell_number

# Steps per power of ten in the bins of the monetary value, hence their width in the figure.
_BINS_PER_POWER = 4


@dataclass(frozen=True)
class Bin:
    """Users between two places of the figure, and the values there in words."""

    left: float
    right: float
    users: int
    values: Text


class FeatureScale:
    """Where values of a feature stand in the figure, and how they are written.

    Days are even; purchases are one place per bin; money is logarithmic.
    """

    def __init__(self, feature: str, rows: pd.DataFrame, value: ValueWords) -> None:
        self.feature, self._value = feature, value
        self._rows = rows.to_dict("records")
        uppers = [float(row["upper"]) for row in self._rows if not is_missing(row["upper"])]
        lowers = [float(row["lower"]) for row in self._rows if not is_missing(row["lower"])]
        self._least = min(uppers, default=1.0)
        self._largest = max([*lowers, *uppers], default=1.0)

    def bins(self) -> list[Bin]:
        """The rows of the table in order; open ends get the width of a usual bin."""
        found = []
        for number, row in enumerate(self._rows):
            lower, upper = _float(row["lower"]), _float(row["upper"])
            left, right = self._span(number, lower, upper)
            found.append(Bin(left, right, int(row["users"]), self._tell_range(lower, upper)))
        return found

    def place(self, value: float) -> float | None:
        """Where a value stands on the axis; None beyond it."""
        if self.feature == "frequency":
            begins = [_float(row["lower"]) or 0.0 for row in self._rows]
            reached = sum(begin <= value for begin in begins)
            return float(reached - 1) if reached else None
        if self.feature == "recency":
            return value
        return math.log10(value) * _BINS_PER_POWER if value > 0 else None

    def tell(self, value: float) -> Text:
        """A value in words."""
        if self.feature == "monetary":
            return self._value.tell(round_off(value))
        plain = tell_number(value, 0)
        if self.feature == "recency":
            return Text(f"{plain.zh} 天", f"{plain.en} days")
        return Text(f"{plain.zh} 次", plain.en)

    def ticks(self) -> tuple[list[float], list[str]]:
        """Places on the axis and what stands there; none where they are even."""
        if self.feature == "frequency":
            return self._frequency_ticks()
        if self.feature == "recency":
            return [], []
        least, largest = (math.log10(end) for end in (self._least, self._largest))
        powers = range(math.floor(least), math.ceil(largest) + 1)
        shown = list(powers)[:: max(1, len(powers) // 6)]
        return [float(p * _BINS_PER_POWER) for p in shown], [f"{10.0**p:,g}" for p in shown]

    def _frequency_ticks(self) -> tuple[list[float], list[str]]:
        places, labels = [], []
        for number, row in enumerate(self._rows):
            lower = _float(row["lower"]) or 1.0
            if number < 5 or number % 3 == 0:
                places.append(number + 0.5)
                labels.append(f"{lower:g}" if _is_single(row) else f"{lower:g}+")
        return places, labels

    def _span(self, number: int, lower: float | None, upper: float | None) -> tuple[float, float]:
        if self.feature == "frequency":
            return float(number), float(number + 1)
        usual = self._least if self.feature == "recency" else 1.0
        left, right = (None if end is None else self.place(end) for end in (lower, upper))
        if left is None:
            left = 0.0 if self.feature == "recency" else (right or 0.0) - usual
        return left, left + usual if right is None else right

    def _tell_range(self, lower: float | None, upper: float | None) -> Text:
        if self.feature != "monetary":
            first, last = lower or (0.0 if self.feature == "recency" else 1.0), (upper or 0.0) - 1
            if upper is None:
                least = self.tell(first)
                return Text(f"{least.zh}及以上", f"{least.en} and more")
            return (
                self.tell(first)
                if first == last
                else _join_values(self.tell(first), self.tell(last))
            )
        if lower is None and upper is not None:
            limit = self.tell(upper)
            return Text(f"不足 {limit.zh}", f"below {limit.en}")
        if upper is None and lower is not None:
            least = self.tell(lower)
            return Text(f"{least.zh}及以上", f"{least.en} and more")
        return _join_values(self.tell(lower or 0.0), self.tell(upper or 0.0))

    def axis_words(self) -> Text:
        """What stands along the axis."""
        if self.feature == "recency":
            return Text("天（虚线为切分点）", "days (dashed: cut points)")
        if self.feature == "frequency":
            return Text("购买次数（虚线为切分点）", "purchases (dashed: cut points)")
        unit = (
            Text("元", "yuan") if self.tell(1.0).zh.endswith("元") else Text("元·天", "yuan-days")
        )
        return Text(
            f"{unit.zh}，对数刻度（虚线为切分点）", f"{unit.en}, log scale (dashed: cut points)"
        )


def merge_bins(bins: Sequence[Bin], limit: int) -> list[Bin]:
    """Neighbouring bins together until each has enough users to be shown, about so many."""
    slices = merge_small([one.users for one in bins], limit)
    merged = []
    for group in (bins[one] for one in slices):
        first, last = group[0], group[-1]
        values = first.values if len(group) == 1 else _join_values(first.values, last.values)
        users = round_to_groups(sum(one.users for one in group), limit)
        merged.append(Bin(first.left, last.right, users, values))
    return merged


def _join_values(first: Text, last: Text) -> Text:
    """From the beginning of one range, or value, to the end of another."""
    return Text(
        f"{first.zh.split('–')[0]}–{last.zh.split('–')[-1]}",
        f"{first.en.split('–')[0]}–{last.en.split('–')[-1]}",
    )


def _float(value: Any) -> float | None:
    return None if is_missing(value) else float(value)


def _is_single(row: Mapping[Any, Any]) -> bool:
    lower, upper = _float(row["lower"]) or 1.0, _float(row["upper"])
    return upper == lower + 1
