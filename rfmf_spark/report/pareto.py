"""How few users bring most of the value: a curve of few points, each of many users."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from rfmf_spark.config.languages import Text
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.drawing import Drawing
from rfmf_spark.report.measures import value_words
from rfmf_spark.report.palette import ACCENT, QUIET
from rfmf_spark.report.suppression import merge_small, round_to_groups
from rfmf_spark.report.words import tell_share

# Shares of users, from the most valuable, for which the text says what they bring.
_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
_HEIGHT = 280.0

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class ParetoView:
    """The curve, and what a few shares of the users bring at least."""

    figure: Markup
    shares: tuple[tuple[Text, Text], ...]


def build_pareto(tables: RunTables, options: ReportOptions) -> ParetoView | None:
    """The section; None where nothing is known or the value of all users is not positive."""
    curve = find_curve(tables.feature_distribution, options.smallest_group)
    if curve is None:
        return None
    # Between two points the curve lies above the line that joins them.
    shares = tuple(
        (tell_share(share, 0), tell_share(np.interp(share, curve[:, 0], curve[:, 1])))
        for share in _SHARES
        if share >= curve[1, 0]
    )
    return ParetoView(_draw(curve, value_words(tables.configuration).name), shares)


def find_curve(distribution: pd.DataFrame, limit: int) -> Curve | None:
    """Points (n, 2): share of users from the highest value down, share of the value they bring.

    Each step from one point to the next holds at least ``limit`` users, counted in such groups.
    """
    rows = distribution[distribution["feature"] == "monetary"]
    users = rows["users"].to_numpy(dtype=np.int64)
    values = [Decimal(value) for value in rows["monetary"]]
    total = sum(values, Decimal(0))
    slices = merge_small(users, limit)
    if total <= 0 or not slices:
        return None
    points = [(0.0, 0.0)]
    counted, brought = 0, Decimal(0)
    # The bins of the histogram: two ways to merge them would show what lies between both.
    for group in reversed(slices):
        counted += int(users[group].sum())
        brought += sum(values[group], Decimal(0))
        share = min(1.0, round_to_groups(counted, limit) / int(users.sum()))
        points.append((share, float(brought / total)))
    points[-1] = (1.0, 1.0)
    return np.array(points, dtype=np.float64)


def _draw(curve: Curve, value: Text) -> Markup:
    drawing = Drawing("pareto", _HEIGHT)
    axes = drawing.axes
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=(0, (2, 3)))
    axes.fill_between(curve[:, 0], curve[:, 1], color=ACCENT, alpha=0.12, linewidth=0)
    axes.plot(curve[:, 0], curve[:, 1], "o-", color=ACCENT, linewidth=2, markersize=4)
    for before, (share, brought) in zip(curve[:-1, 0], curve[1:].tolist(), strict=True):
        users, part = tell_share(share).en, tell_share(brought).en
        tip = Text(
            f"价值最高的 {users} 用户贡献 {part} 的{value.zh}",
            f"The top {users} of users bring {part} of the {value.en}",
        )
        drawing.add_strip(float(before), share, tip)
    axes.set(xlim=(0, 1), ylim=(0, max(1.0, float(curve[:, 1].max()))))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    drawing.label_axes(
        Text("用户占比（价值从高到低）", "share of users, highest value first"),
        Text(f"{value.zh}占比", f"share of {value.en}"),
    )
    return drawing.to_svg()
