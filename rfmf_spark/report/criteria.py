"""The criteria of K over K, as curves with votes and gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from rfmf_spark.config.languages import Text
from rfmf_spark.report.drawing import Drawing
from rfmf_spark.report.palette import ACCENT, LINE, QUIET, WARNING
from rfmf_spark.report.words import tell_number


@dataclass(frozen=True)
class Criterion:
    """A column of ``k_selection``: its name, how to read its curve, decimals, and its gate."""

    column: str
    name: Text
    reading: Text
    digits: int
    gate: str | None = None


_COST = Criterion(
    "cost",
    Text("组内平方和（成本）", "Cost"),
    Text(
        "用户到所属群体中心的距离平方和，总是随 K 下降；看“拐点”。",
        "Sum of squared distances to the own centre. It always falls; look for the bend.",
    ),
    0,
)
_STABILITY = Criterion(
    "stability",
    Text("稳定性", "Stability"),
    Text(
        "重新抽样后最不稳定的群体还剩多少相同用户；低于虚线不通过。",
        "How much of the least stable kind comes back in resamples; below the dashed line it "
        "fails.",
    ),
    3,
    "min_stability",
)
_VALLEY = Criterion(
    "valley",
    Text("谷深", "Valley"),
    Text(
        "两个群体之间的用户密度与峰值之比；高于虚线说明群体之间没有空隙。",
        "Density of users between two kinds against the lower peak; above the dashed line there is "
        "no gap between them.",
    ),
    3,
    "max_valley",
)
CRITERIA = (
    _COST,
    Criterion(
        "silhouette",
        Text("轮廓系数", "Silhouette"),
        Text(
            "越高，用户越明确地属于自己的群体。",
            "Higher: users sit more clearly in their own kind.",
        ),
        4,
    ),
    Criterion(
        "calinski_harabasz",
        Text("CH 指数", "Calinski–Harabasz"),
        Text(
            "组间离散与组内离散之比，越高越好。",
            "Spread between kinds against spread within; higher is better.",
        ),
        0,
    ),
    _STABILITY,
    _VALLEY,
    Criterion(
        "gap",
        Text("Gap 统计量", "Gap"),
        Text(
            "比无结构的用户低多少成本，越高结构越明显。",
            "How much lower the cost is than for users without structure.",
        ),
        3,
    ),
    Criterion(
        "davies_bouldin",
        Text("DB 指数", "Davies–Bouldin"),
        Text("群体之间的重叠，越低越好。", "Overlap of kinds; lower is better."),
        3,
    ),
)
CRITERION_NAMES = {criterion.column: criterion.name for criterion in CRITERIA} | {
    "elbow": Text("成本拐点", "elbow of the cost"),
    "silhouette_euclidean": Text("欧氏轮廓系数", "Euclidean silhouette"),
}
_FIGURE_HEIGHT = 170.0


@dataclass(frozen=True)
class Curve:
    """A criterion with its figure."""

    criterion: Criterion
    figure: Markup


def draw_curves(selection: pd.DataFrame, configuration: Mapping[str, Any]) -> tuple[Curve, ...]:
    """A curve for every criterion that is known for more than one K."""
    curves = []
    for criterion in CRITERIA:
        known = selection[selection[criterion.column].notna()]
        if len(known) > 1:
            gate = configuration.get(f"clustering.{criterion.gate}") if criterion.gate else None
            curves.append(Curve(criterion, _draw_curve(criterion, known, gate)))
    return tuple(curves)


def _tell_tick(value: float, _: object) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{round(value, 6):g}"


def _draw_curve(criterion: Criterion, known: pd.DataFrame, gate: float | None) -> Markup:
    drawing = Drawing(f"k-{criterion.column}", _FIGURE_HEIGHT)
    axes, vote = drawing.axes, "elbow" if criterion is _COST else criterion.column
    axes.plot(known["k"], known[criterion.column], color=QUIET, linewidth=1.4, zorder=2)
    if gate is not None:
        axes.axhline(gate, color=WARNING, linestyle="--", linewidth=1.2, zorder=1)
    for row in known.to_dict("records"):
        k, value = int(row["k"]), float(row[criterion.column])
        voted, chosen = vote in votes_of(row), bool(row["chosen"])
        if chosen:
            axes.axvline(k, color=LINE, linewidth=9, zorder=0)
        marker, size = ("D", 8) if voted else ("o", 5)
        axes.plot(k, value, marker, color=ACCENT if voted else QUIET, markersize=size, zorder=3)
        figure = tell_number(value, criterion.digits).en
        notes = Text(
            ("（得票）" if voted else "") + ("（采用）" if chosen else ""),
            (" (voted for)" if voted else "") + (" (chosen)" if chosen else ""),
        )
        tip = Text(
            f"K = {k}：{criterion.name.zh} {figure}{notes.zh}",
            f"K = {k}: {criterion.name.en} {figure}{notes.en}",
        )
        drawing.add_strip(k - 0.5, k + 0.5, tip)
    axes.set_xticks(known["k"].astype(int).tolist())
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(_tell_tick)
    drawing.label_axes(Text("K（群体数）", "K (number of kinds)"))
    return drawing.to_svg()


def votes_of(row: Mapping[Any, Any]) -> list[str]:
    """The criteria that have voted for the K of a row."""
    return [name for name in str(row["votes"] or "").split(", ") if name in CRITERION_NAMES]
