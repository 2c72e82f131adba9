"""Each feature before and after scoring: its values with the cut points, and the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from rfmf_spark.config.languages import Text
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.drawing import Drawing
from rfmf_spark.report.feature_scale import Bin, FeatureScale, merge_bins
from rfmf_spark.report.measures import ValueWords, value_words
from rfmf_spark.report.palette import ACCENT, LINE, WARNING
from rfmf_spark.report.suppression import withhold
from rfmf_spark.report.words import NOTHING, is_missing, tell_count, tell_share

_FIGURE_HEIGHT = 190.0
# From here on a tie is worth a sentence.
_LARGE_TIE = 0.2


@dataclass(frozen=True)
class CutRow:
    """One score in the table of cut points."""

    score: int
    begins: Text
    users: Text
    share: Text
    tie: Text


@dataclass(frozen=True)
class FeatureView:
    """One feature: figures of values and scores, what its ties do, and its cut points."""

    name: Text
    before: Markup | None
    after: Markup
    tie: Text | None
    cuts: tuple[CutRow, ...]


def build_distributions(tables: RunTables, options: ReportOptions) -> tuple[FeatureView, ...]:
    """R, F and MF, one after the other."""
    value = value_words(tables.configuration)
    names = {
        "recency": Text("R：距最近一次购买的天数", "R: days since the last purchase"),
        "frequency": Text("F：购买次数", "F: number of purchases"),
        "monetary": Text(f"MF：{value.name.zh}", f"MF: {value.name.en}"),
    }
    return tuple(
        _build_feature(tables, feature, name, value, options.smallest_group)
        for feature, name in names.items()
    )


def _build_feature(
    tables: RunTables, feature: str, name: Text, value: ValueWords, limit: int
) -> FeatureView:
    cuts = tables.score_cut_points[tables.score_cut_points["feature"] == feature]
    cuts = cuts.sort_values("score", ignore_index=True)
    spread = tables.feature_distribution
    own = spread[spread["feature"] == feature].reset_index(drop=True)
    scale = FeatureScale(feature, own, value)
    bins = merge_bins(scale.bins(), limit)
    return FeatureView(
        name=name,
        before=_draw_values(scale, bins, cuts, tables.users) if bins else None,
        after=_draw_scores(feature, cuts, limit),
        tie=_tell_tie(cuts, scale, limit),
        cuts=_list_cuts(cuts, scale, limit),
    )


def _draw_values(
    scale: FeatureScale, bins: Sequence[Bin], cuts: pd.DataFrame, users: int
) -> Markup:
    drawing = Drawing(f"values-{scale.feature}", _FIGURE_HEIGHT)
    usual = min(one.right - one.left for one in bins)
    for one in bins:
        share = tell_share(one.users / users).en
        count = tell_count(one.users).en
        tip = Text(
            f"{one.values.zh}：约 {count} 名用户（{share}）",
            f"{one.values.en}: about {count} users ({share})",
        )
        # Area stands for users, so that merged bins do not look crowded.
        height = one.users / users / (one.right - one.left) * usual
        drawing.add_bar(one.left, 0, one.right - one.left, height, tip, fill=ACCENT)
    axes = drawing.axes
    for value, inclusive in _distinct_cuts(cuts):
        place = scale.place(value)
        if place is not None:
            beyond = scale.feature == "frequency" and not inclusive
            axes.axvline(place + beyond, color=WARNING, linestyle=(0, (3, 2)), linewidth=1)
    places, labels = scale.ticks()
    if places:
        axes.set_xticks(places, labels)
    axes.set_xlim(bins[0].left, bins[-1].right)
    _show_shares(axes)
    drawing.label_axes(scale.axis_words())
    return drawing.to_svg()


def _draw_scores(feature: str, cuts: pd.DataFrame, limit: int) -> Markup:
    drawing = Drawing(f"scores-{feature}", _FIGURE_HEIGHT)
    users = cuts["users"].to_numpy(dtype=np.int64)
    hidden = withhold(users, limit)
    axes = drawing.axes
    for row, is_hidden in zip(cuts.to_dict("records"), hidden.tolist(), strict=True):
        score, share = int(row["score"]), float(row["user_share"])
        if is_hidden:
            tip = Text(f"{score} 分：人数不显示", f"score {score}: size withheld")
            drawing.add_bar(score - 0.4, 0, 0.8, 0.01, tip, fill=LINE, hatch="////")
            continue
        percent, count = tell_share(share).en, tell_count(row["users"]).en
        tip = Text(
            f"{score} 分：{count} 名用户（{percent}）", f"score {score}: {count} users ({percent})"
        )
        drawing.add_bar(score - 0.4, 0, 0.8, share, tip, fill=ACCENT)
        if share == 0:
            drawing.add_strip(score - 0.4, score + 0.4, tip)
    axes.set_xticks(cuts["score"].astype(int).tolist() if len(cuts) <= 12 else [])
    axes.set_xlim(0.4, len(cuts) + 0.6)
    _show_shares(axes)
    drawing.label_axes(Text("得分", "score"))
    return drawing.to_svg()


def _show_shares(axes: Axes) -> None:
    """An axis of shares from zero up."""
    axes.autoscale_view(scalex=False)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{round(value * 100, 2):g}%")
    axes.locator_params(axis="y", nbins=4)


def _tell_tie(cuts: pd.DataFrame, scale: FeatureScale, limit: int) -> Text | None:
    known = cuts[cuts["tie_mass"].notna()]
    if known.empty:
        return None
    largest = known.loc[known["tie_mass"].astype(float).idxmax()]
    share, users = float(largest["tie_mass"]), int(largest["users_at_cut"])
    if share < _LARGE_TIE or users < limit:
        return None
    percent, value = tell_share(share, 0), scale.tell(float(largest["cut_value"]))
    empty = [str(score) for score in cuts.loc[cuts["users"] == 0, "score"]]
    zh = f"{percent.zh} 的用户取值相同（{value.zh}），得分必然相同"
    en = f"{percent.en} of users have the same value ({value.en}), so they share a score"
    if empty:
        zh += f"；因此得分 {'、'.join(empty)} 没有用户"
        en += f"; that is why nobody has score {', '.join(empty)}"
    return Text(f"{zh}。", f"{en}.")


def _list_cuts(cuts: pd.DataFrame, scale: FeatureScale, limit: int) -> tuple[CutRow, ...]:
    hidden = withhold(cuts["users"].to_numpy(dtype=np.int64), limit)
    return tuple(
        CutRow(
            score=int(row["score"]),
            begins=_tell_cut(row, scale),
            users=NOTHING if is_hidden else tell_count(row["users"]),
            share=NOTHING if is_hidden else tell_share(row["user_share"]),
            tie=_tell_tie_mass(row, limit),
        )
        for row, is_hidden in zip(cuts.to_dict("records"), hidden.tolist(), strict=True)
    )


def _tell_cut(row: Mapping[Any, Any], scale: FeatureScale) -> Text:
    if is_missing(row["cut_value"]):
        return NOTHING
    value = scale.tell(float(row["cut_value"]))
    if scale.feature == "recency":
        sign = "≤" if row["inclusive"] else "<"
    else:
        sign = "≥" if row["inclusive"] else ">"
    return Text(f"{sign} {value.zh}", f"{sign} {value.en}")


def _tell_tie_mass(row: Mapping[Any, Any], limit: int) -> Text:
    if is_missing(row["users_at_cut"]):
        return NOTHING
    if 0 < row["users_at_cut"] < limit:
        return Text(f"不足 {limit} 人", f"fewer than {limit} users")
    return tell_share(row["tie_mass"])


def _distinct_cuts(cuts: pd.DataFrame) -> list[tuple[float, bool]]:
    known = cuts[cuts["cut_value"].notna()]
    return sorted(
        {(float(row["cut_value"]), bool(row["inclusive"])) for row in known.to_dict("records")}
    )
