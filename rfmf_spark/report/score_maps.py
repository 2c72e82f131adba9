"""Where the segments lie: score cells over R and F, and over R and MF, coloured by segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from rfmf_spark.config.languages import Text, same
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.drawing import WIDTH, Drawing
from rfmf_spark.report.palette import LINE, segment_colour
from rfmf_spark.report.suppression import Counts, Mask, withhold, withhold_cells
from rfmf_spark.report.words import tell_count

_AXES = {
    "r_score": Text("R 得分（右边近期购买）", "R score (right: bought recently)"),
    "f_score": Text("F 得分（上边买得多）", "F score (top: buys often)"),
    "m_score": Text("MF 得分（上边价值高）", "MF score (top: high value)"),
}
_ACROSS = "r_score"
# More scores than these share squares, so that the figure stays small.
_MOST_SQUARES = 20
_SMALLEST_SIDE = 0.5
_LARGEST_SIDE = 0.96
_UNKNOWN_FILL = "#8C959F"


@dataclass(frozen=True)
class ScoreMap:
    """One map: what it shows, and the figure."""

    name: Text
    figure: Markup


@dataclass(frozen=True)
class _Square:
    """One square by its place from 0 on; ``scores`` are those that it stands for, in words."""

    x: int
    y: int
    users: int | None
    segment: int | None
    scores: str


def build_maps(tables: RunTables, options: ReportOptions) -> tuple[ScoreMap, ...]:
    """The maps R × F and R × MF; squares of few users are hatched and have no numbers."""
    bins = int(tables.score_cut_points["score"].max())
    width = -(-bins // _MOST_SQUARES)
    return tuple(
        ScoreMap(
            same(f"R × {letter}"),
            _draw_map(tables.score_cells, up, bins, width, options.smallest_group),
        )
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


def _draw_map(cells: pd.DataFrame, up: str, bins: int, width: int, limit: int) -> Markup:
    """One map; ``width`` scores share a square where there are very many."""
    grouped = cells.assign(**{name: (cells[name] - 1) // width + 1 for name in (_ACROSS, up)})
    number = -(-bins // width)
    drawing = Drawing(f"map-{up}", height=WIDTH)
    squares = _find_squares(grouped, up, number, width, limit)
    largest = max((square.users or 1 for square in squares), default=1)
    for square in squares:
        _draw_square(drawing, square, largest)
    axes = drawing.axes
    axes.set(xlim=(0.4, number + 0.6), ylim=(0.4, number + 0.6), aspect="equal")
    places = list(range(1, number + 1, 1 if number <= 12 else 2))
    labels = [str((place - 1) * width + 1) for place in places]
    axes.set_xticks(places, labels)
    axes.set_yticks(places, labels)
    axes.set_axisbelow(True)
    axes.grid(color=LINE, linewidth=0.4)
    drawing.label_axes(_AXES[_ACROSS], _AXES[up])
    return drawing.to_svg()


def _find_squares(
    cells: pd.DataFrame, up: str, number: int, width: int, limit: int
) -> list[_Square]:
    counts = count_by_scores(cells, _ACROSS, up, number)
    hidden = withheld_scores(counts, limit)
    segments = _main_segments(cells, _ACROSS, up)
    if (hidden & (counts == 0)).any():
        # An empty square protects a small one: colours would tell the two apart.
        segments = {place: s for place, s in segments.items() if not hidden[_indices(place)]}
    return [
        _Square(
            x,
            y,
            None if hidden[x, y] else int(counts[x, y]),
            segments.get((x + 1, y + 1)),
            f"{_tell_scores(x, width)}, {_tell_scores(y, width)}",
        )
        for x, y in np.argwhere((counts > 0) | hidden).tolist()
    ]


def _indices(place: tuple[int, int]) -> tuple[int, int]:
    return place[0] - 1, place[1] - 1


def _tell_scores(index: int, width: int) -> str:
    first, last = index * width + 1, (index + 1) * width
    return str(first) if width == 1 else f"{first}–{last}"


def _draw_square(drawing: Drawing, square: _Square, largest: int) -> None:
    x, y, users, segment = square.x + 1, square.y + 1, square.users, square.segment
    count, side = Text("人数不显示", "size withheld"), _SMALLEST_SIDE
    if users is not None:
        number = tell_count(users).en
        count = Text(f"{number} 名用户", f"{number} users")
        side += (_LARGEST_SIDE - _SMALLEST_SIDE) * float(np.sqrt(users / largest))
    mostly, fill = Text("", ""), _UNKNOWN_FILL
    if segment is not None:
        mostly = Text(f"，多属第 {segment} 类", f", mostly kind {segment}")
        fill = segment_colour(segment).fill
    tip = Text(
        f"R {square.scores}：{count.zh}{mostly.zh}", f"R {square.scores}: {count.en}{mostly.en}"
    )
    hatch = "////" if users is None else ""
    drawing.add_bar(x - side / 2, y - side / 2, side, side, tip, fill=fill, hatch=hatch)
    if segment is not None and users is not None:
        drawing.write(x, y, same(str(segment)), colour=segment_colour(segment).text)


def _main_segments(cells: pd.DataFrame, across: str, up: str) -> dict[tuple[int, int], int]:
    """By pair of scores the segment with most users; none where cells have no segments."""
    known = cells[cells["segment_id"].notna()]
    sums = known.groupby([across, up, "segment_id"])["users"].sum().reset_index()
    ordered = sums.sort_values(["users", "segment_id"], ascending=[True, False])
    return {
        (int(row[across]), int(row[up])): int(row["segment_id"])
        for row in ordered.to_dict("records")
    }
