"""Everything that is typical of each segment, as one table: measures down, segments across."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rfmf_spark.config.languages import Text
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.measures import value_words
from rfmf_spark.report.palette import Colour, segment_colour
from rfmf_spark.report.suppression import withhold
from rfmf_spark.report.words import (
    NOTHING,
    is_missing,
    round_off,
    tell_count,
    tell_number,
    tell_share,
    tell_yuan,
)


@dataclass(frozen=True)
class SegmentHead:
    """The head of a column."""

    segment_id: int
    colour: Colour
    name: Text
    reason: str


@dataclass(frozen=True)
class MeasureRow:
    """One measure with its value for each segment."""

    name: Text
    values: tuple[Text, ...]


@dataclass(frozen=True)
class ProfileTable:
    """Heads by segment number, and the rows."""

    heads: tuple[SegmentHead, ...]
    rows: tuple[MeasureRow, ...]


def build_profile_table(tables: RunTables, options: ReportOptions) -> ProfileTable:
    """The table ``segment_profile`` turned on its side; small segments have no figures."""
    profile = tables.segment_profile.sort_values("segment_id", ignore_index=True)
    users = profile["users"].to_numpy(dtype=np.int64)
    hidden = withhold(users, options.smallest_group)
    records = profile.to_dict("records")
    jaccard = _stability(tables)
    for row in records:
        row["jaccard"] = jaccard.get(int(row["segment_id"]))
    rows = []
    for name, column, tell, is_size in _measures(tables):
        withheld = hidden if is_size else users < options.smallest_group
        values = tuple(
            NOTHING if is_hidden or is_missing(row[column]) else tell(row[column])
            for row, is_hidden in zip(records, withheld.tolist(), strict=True)
        )
        rows.append(MeasureRow(name, values))
    heads = tuple(
        SegmentHead(
            int(row["segment_id"]),
            segment_colour(int(row["segment_id"])),
            Text(row["name_zh"], row["name_en"]),
            str(row["name_reason"] or ""),
        )
        for row in records
    )
    return ProfileTable(heads, tuple(rows))


def _measures(tables: RunTables) -> list[tuple[Text, str, Callable[[Any], Text], bool]]:
    """Name, column, how it is written, and whether it tells the size of the segment."""
    value = value_words(tables.configuration)

    def days(number: Any) -> Text:
        return tell_number(number, 1)

    def score(number: Any) -> Text:
        return tell_number(number, 2)

    def median_value(number: Any) -> Text:
        return value.tell(round_off(float(number)))

    name = value.name
    return [
        (Text("用户数", "Users"), "users", tell_count, True),
        (Text("用户占比", "Share of users"), "user_share", tell_share, True),
        (Text(f"{name.zh}占比", f"Share of {name.en}"), "monetary_share", tell_share, True),
        (Text("R 天数，平均", "R, days, mean"), "recency_days_mean", days, False),
        (Text("R 天数，中位数", "R, days, median"), "recency_days_median", days, False),
        (Text("F 次数，平均", "F, purchases, mean"), "frequency_mean", score, False),
        (Text("F 次数，中位数", "F, purchases, median"), "frequency_median", score, False),
        (Text(f"MF {name.zh}，平均", f"MF, {name.en}, mean"), "monetary_mean", value.tell, False),
        (
            Text(f"MF {name.zh}，中位数", f"MF, {name.en}, median"),
            "monetary_median",
            median_value,
            False,
        ),
        (
            Text("累计购买金额，平均", "Bought in all, mean"),
            "cumulative_amount_mean",
            tell_yuan,
            False,
        ),
        (Text("持有金额，平均", "Holding now, mean"), "holding_amount_mean", tell_yuan, False),
        (Text("留存率", "Retention rate"), "retention_rate", tell_share, False),
        (Text("RFMF 得分，平均", "RFMF score, mean"), "rfmf_score_mean", score, False),
        (Text("中心 R 得分", "Centre: R score"), "r_centre", score, False),
        (Text("中心 F 得分", "Centre: F score"), "f_centre", score, False),
        (Text("中心 MF 得分", "Centre: MF score"), "m_centre", score, False),
        (Text("稳定性（Jaccard）", "Stability (Jaccard)"), "jaccard", score, False),
    ]


def _stability(tables: RunTables) -> dict[int, float]:
    """Jaccard index by segment of the chosen K, where it was measured."""
    known = tables.segment_stability.dropna(subset=["segment_id", "jaccard"])
    return {int(row["segment_id"]): float(row["jaccard"]) for row in known.to_dict("records")}
