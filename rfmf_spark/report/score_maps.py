"""Where the segments lie: score cells over R and F, and over R and MF, coloured by segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.drawing import WIDTH, Drawing
from rfmf_spark.report.palette import LINE, segment_colour
from rfmf_spark.report.suppression import Counts, Mask, withhold, withhold_cells
from rfmf_spark.report.words import Text, same, tell_count

_AXES = {
    "r_score": Text("R 得分（右边近期购买）", "R score (right: bought recently)"),
    "f_score": Text("F 得分（上边买得多）", "F score (top: buys often)"),
    "m_score": Text("MF 得分（上边价值高）", "MF score (top: high value)"),
}
_SMALLEST_SIDE = 0.5
_UNKNOWN_FILL = "#8C959F"


@dataclass(frozen=True)
class ScoreMap:
    """One map: what it shows, and the figure."""

    name: Text
    figure: Markup


def build_maps(tables: RunTables, options: ReportOptions) -> tuple[ScoreMap, ...]:
    """The maps R × F and R × MF; squares of few users are hatched and have no numbers."""
    cells = tables.score_cells
    bins = int(tables.score_cut_points["score"].max())
    return tuple(
        ScoreMap(same(f"R × {letter}"), _draw_map(cells, up, bins, options.smallest_group))
        for letter, up in (("F", "f_score"), ("MF", "m_score"))
    )


def count_by_scores(cells: pd.DataFrame, across: str, up: str, bins: int) -> Counts:
    """Users (bins, bins) by two scores, the first index for ``across``."""
    counts = np.zeros((bins, bins), dtype=np.int64)
    np.add.at(counts, (cells[across] - 1, cells[up] - 1), cells["users"])
    return counts


def withheld_scores(counts: Counts, limit: int) -> Mask:
    """Which squares of a map stay without a number; totals by score are shown elsewhere."""
    rows, columns = withhold(counts.sum(axis=1), limit), withhold(counts.sum(axis=0), limit)
    return withhold_cells(counts, limit, rows, columns)


def _draw_map(cells: pd.DataFrame, up: str, bins: int, limit: int) -> Markup:
    across = "r_score"
    counts = count_by_scores(cells, across, up, bins)
    hidden = withheld_scores(counts, limit)
    drawing = Drawing(f"map-{up}", height=WIDTH)
    visible = counts[~hidden]
    largest = int(visible.max()) if visible.size else 1
    segments = _main_segments(cells, across, up)
    for x, y in np.argwhere(counts > 0).tolist():
        segment = segments.get((x + 1, y + 1))
        _draw_square(drawing, (x, y), int(counts[x, y]), bool(hidden[x, y]), largest, segment)
    axes = drawing.axes
    axes.set(xlim=(0.4, bins + 0.6), ylim=(0.4, bins + 0.6), aspect="equal")
    ticks = list(range(1, bins + 1, 1 if bins <= 12 else bins // 10))
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.set_axisbelow(True)
    axes.grid(color=LINE, linewidth=0.4)
    drawing.label_axes(_AXES[across], _AXES[up])
    return drawing.to_svg()


def _draw_square(
    drawing: Drawing,
    place: tuple[int, int],
    users: int,
    is_hidden: bool,
    largest: int,
    segment: int | None,
) -> None:
    x, y = place[0] + 1, place[1] + 1
    side = _SMALLEST_SIDE
    if not is_hidden:
        side += (0.96 - _SMALLEST_SIDE) * float(np.sqrt(users / largest))
    name = Text(f"R {x}，{y}", f"R {x}, {y}")
    count = Text("人数不显示", "size withheld")
    if not is_hidden:
        told = tell_count(users).en
        count = Text(f"{told} 名用户", f"{told} users")
    mostly = Text("", "")
    if segment is not None:
        mostly = Text(f"，多属第 {segment} 类", f", mostly kind {segment}")
    tip = Text(f"{name.zh}：{count.zh}{mostly.zh}", f"{name.en}: {count.en}{mostly.en}")
    colour = segment_colour(segment) if segment is not None else None
    fill = colour.fill if colour else _UNKNOWN_FILL
    hatch = "////" if is_hidden else ""
    drawing.add_bar(x - side / 2, y - side / 2, side, side, tip, fill=fill, hatch=hatch)
    if colour and not is_hidden:
        drawing.write(x, y, same(str(segment)), colour=colour.text)


def _main_segments(cells: pd.DataFrame, across: str, up: str) -> dict[tuple[int, int], int]:
    """By pair of scores the segment with most users; none where cells have no segments."""
    known = cells[cells["segment_id"].notna()]
    sums = known.groupby([across, up, "segment_id"])["users"].sum().reset_index()
    ordered = sums.sort_values(["users", "segment_id"], ascending=[True, False])
    return {
        (int(row[across]), int(row[up])): int(row["segment_id"])
        for row in ordered.to_dict("records")
    }
