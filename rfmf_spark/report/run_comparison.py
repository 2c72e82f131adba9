"""Segments beside those of the run before: nearest centres, sizes, shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rfmf_spark.config.languages import Text
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.palette import Colour, segment_colour
from rfmf_spark.report.suppression import withhold
from rfmf_spark.report.words import (
    NOTHING,
    is_missing,
    tell_count,
    tell_number,
    tell_points,
    tell_share,
)
from rfmf_spark.scoring.columns import CENTRE_COLUMNS

# Under other values of these, the same share or score means something else.
_MEANINGS = ("features.basis", "features.window_days", "features.window_start", "scoring.bins")
_CENTRE = list(CENTRE_COLUMNS)


@dataclass(frozen=True)
class ComparedSegment:
    """A segment, the nearest one before, and what has changed between them."""

    segment_id: int
    colour: Colour
    name: Text
    nearest: Text
    distance: Text
    users: Text
    users_before: Text
    share: Text
    change: Text
    value_share: Text
    value_change: Text


@dataclass(frozen=True)
class RunComparison:
    """The section: which run it is compared with, users in all, and every segment."""

    run_id: str
    as_of: str
    users: Text
    users_before: Text
    segments: tuple[ComparedSegment, ...]
    warning: Text | None


def build_run_comparison(tables: RunTables, options: ReportOptions) -> RunComparison | None:
    """The section; None where there is no run to compare with."""
    previous = tables.previous
    if previous is None or previous.segment_profile.empty:
        return None
    now = tables.segment_profile.sort_values("segment_id", ignore_index=True)
    before = previous.segment_profile.sort_values("segment_id", ignore_index=True)
    hidden, hidden_before = (
        withhold(profile["users"].to_numpy(dtype=np.int64), options.smallest_group)
        for profile in (now, before)
    )
    distances = np.linalg.norm(
        now[_CENTRE].to_numpy(dtype=float)[:, None] - before[_CENTRE].to_numpy(dtype=float)[None],
        axis=2,
    )
    nearest = distances.argmin(axis=1)
    segments = tuple(
        _compare(
            now.iloc[number],
            before.iloc[nearest[number]],
            float(distances[number, nearest[number]]),
            (bool(hidden[number]), bool(hidden_before[nearest[number]])),
        )
        for number in range(len(now))
    )
    users, users_before = tell_count(tables.users), tell_count(before["users"].sum())
    warning = _warn(previous.configuration, tables.configuration)
    as_of = previous.as_of.isoformat()
    return RunComparison(previous.run_id, as_of, users, users_before, segments, warning)


def _warn(before: Mapping[str, Any], now: Mapping[str, Any]) -> Text | None:
    """Which settings have changed that give values and scores their meaning."""
    changed = [name for name in _MEANINGS if before.get(name) != now.get(name)]
    if not changed:
        return None
    names = ", ".join(changed)
    return Text(
        f"两次运行的设置不同（{names}），数值不能直接比较。",
        f"Both runs had different settings ({names}), so figures do not compare directly.",
    )


def _compare(
    now: pd.Series, before: pd.Series, distance: float, withheld: tuple[bool, bool]
) -> ComparedSegment:
    segment_id, (is_hidden, was_hidden) = int(now["segment_id"]), withheld
    number = int(before["segment_id"])
    return ComparedSegment(
        segment_id=segment_id,
        colour=segment_colour(segment_id),
        name=Text(now["name_zh"], now["name_en"]),
        nearest=Text(f"{number} {before['name_zh']}", f"{number} {before['name_en']}"),
        distance=tell_number(distance, 2),
        users=NOTHING if is_hidden else tell_count(now["users"]),
        users_before=NOTHING if was_hidden else tell_count(before["users"]),
        share=NOTHING if is_hidden else tell_share(now["user_share"]),
        change=_change(now, before, "user_share", is_hidden or was_hidden),
        value_share=NOTHING if is_hidden else tell_share(now["monetary_share"]),
        value_change=_change(now, before, "monetary_share", is_hidden or was_hidden),
    )


def _change(now: pd.Series, before: pd.Series, column: str, is_hidden: bool) -> Text:
    if is_hidden or is_missing(now[column]) or is_missing(before[column]):
        return NOTHING
    return tell_points(float(now[column]) - float(before[column]))
