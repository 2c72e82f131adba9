"""Clusters beside the eight-cell rule: which users both put together, and which not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rfmf_spark.config.languages import Text
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.palette import Colour, segment_colour
from rfmf_spark.report.segment_cards import segment_names
from rfmf_spark.report.suppression import withhold, withhold_cells
from rfmf_spark.report.words import NOTHING, tell_count, tell_number, tell_share

# Shares of a segment become shades of one colour; darker than this, text would not read on it.
_DARKEST = 0.45


@dataclass(frozen=True)
class RuleCell:
    """Users of one segment in one cell of the rule."""

    shown: Text
    users: Text
    shade: float
    agrees: bool


@dataclass(frozen=True)
class RuleRow:
    """One segment across the cells of the rule."""

    segment_id: int
    colour: Colour
    name: Text
    cells: tuple[RuleCell, ...]


@dataclass(frozen=True)
class RuleComparison:
    """The section: how far both agree, and the table of segments by cells."""

    agreement: Text
    rand_index: Text
    labels: tuple[Text, ...]
    rows: tuple[RuleRow, ...]


def build_rule_comparison(tables: RunTables, options: ReportOptions) -> RuleComparison | None:
    """The section from ``segment_rule_match``; None where a run has no such rows."""
    match = tables.segment_rule_match
    if match.empty:
        return None
    ordered = match.sort_values(["rule_cell", "segment_id"], ascending=[False, True])
    labels = {
        str(row["rule_cell"]): Text(str(row["rule_name_zh"]), str(row["rule_name_en"]))
        for row in ordered.to_dict("records")
    }
    counts = match.pivot_table(
        index="segment_id", columns="rule_cell", values="users", aggfunc="sum", fill_value=0
    )[list(labels)]
    names, own_octants = segment_names(tables.segment_profile), _own_octants(match)
    values, limit = counts.to_numpy(dtype=np.int64), options.smallest_group
    hidden_rows = withhold(values.sum(axis=1), limit)
    hidden_columns = withhold(values.sum(axis=0), limit)
    hidden = withhold_cells(values, limit, hidden_rows, hidden_columns)
    # Shares of a segment would give its size away where a cell shows its users.
    hidden |= hidden_rows[:, None]
    rows = []
    for number, segment_id in enumerate(map(int, counts.index)):
        cells = tuple(
            _build_cell(
                int(values[number, column]),
                int(values[number].sum()),
                bool(hidden[number, column]),
                octant == own_octants[segment_id],
            )
            for column, octant in enumerate(labels)
        )
        name = names.get(segment_id, NOTHING)
        rows.append(RuleRow(segment_id, segment_colour(segment_id), name, cells))
    first = match.iloc[0]
    return RuleComparison(
        agreement=tell_share(first["agreement"], 0),
        rand_index=tell_number(first["rand_index"], 2),
        labels=tuple(labels.values()),
        rows=tuple(rows),
    )


def _own_octants(match: pd.DataFrame) -> dict[int, str]:
    return {int(row["segment_id"]): str(row["segment_cell"]) for row in match.to_dict("records")}


def _build_cell(users: int, of_segment: int, is_hidden: bool, agrees: bool) -> RuleCell:
    if is_hidden:
        return RuleCell(NOTHING, NOTHING, 0.0, agrees)
    if users == 0:
        return RuleCell(Text("", ""), tell_count(0), 0.0, agrees)
    share = users / of_segment
    return RuleCell(tell_share(share, 0), tell_count(users), _DARKEST * share, agrees)
