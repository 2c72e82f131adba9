"""The first screen: every segment with its users, what they bring, who they are, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rfmf_spark.config.languages import Text
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.measures import ValueWords, value_words
from rfmf_spark.report.palette import Colour, segment_colour
from rfmf_spark.report.suppression import withhold
from rfmf_spark.report.words import (
    NOTHING,
    is_missing,
    tell_count,
    tell_few,
    tell_number,
    tell_share,
    tell_yuan,
)

# By digit of an octant, R, F and MF: what a centre above the mean says of users, and not above.
_TRAITS = (
    (Text("购买较近", "more recent"), Text("购买较早", "longer ago")),
    (Text("买得较多", "more often"), Text("买得较少", "less often")),
    (Text("价值较高", "higher value"), Text("价值较低", "lower value")),
)
# What a few segments must bring together to be named in the headline.
_MOST = 0.5


@dataclass(frozen=True)
class Fact:
    """One figure of a profile with its name."""

    name: Text
    value: Text


@dataclass(frozen=True)
class SegmentCard:
    """A segment as the first screen shows it; shares are None where they are withheld."""

    segment_id: int
    colour: Colour
    name: Text
    traits: Text
    users: Text
    user_share: float | None
    value_share: float | None
    ratio: Text
    per_user: Text
    facts: tuple[Fact, ...]
    strategy: Text
    withheld: Text | None


@dataclass(frozen=True)
class Overview:
    """The segments, and what to read from them in a sentence."""

    cards: tuple[SegmentCard, ...]
    headline: Text
    value: ValueWords


def build_overview(tables: RunTables, options: ReportOptions) -> Overview:
    """Cards of all segments by number, with small ones withheld, and the headline over them."""
    value = value_words(tables.configuration)
    profile = tables.segment_profile.sort_values("segment_id", ignore_index=True)
    hidden = withhold(profile["users"].to_numpy(dtype=np.int64), options.smallest_group)
    cards = tuple(
        _build_card(row, bool(is_hidden), options.smallest_group, value)
        for row, is_hidden in zip(profile.to_dict("records"), hidden, strict=True)
    )
    users = tell_few(tables.users, options.smallest_group)
    return Overview(cards, _tell_headline(users, cards, value), value)


def segment_names(profile: pd.DataFrame) -> dict[int, Text]:
    """Names of segments by number."""
    return {
        int(row["segment_id"]): Text(str(row["name_zh"]), str(row["name_en"]))
        for row in profile.to_dict("records")
    }


def _build_card(
    row: Mapping[Any, Any], is_hidden: bool, limit: int, value: ValueWords
) -> SegmentCard:
    is_small = row["users"] < limit
    user_share = None if is_hidden else float(row["user_share"])
    known = not is_hidden and not is_missing(row["monetary_share"])
    value_share = float(row["monetary_share"]) if known else None
    segment_id = int(row["segment_id"])
    return SegmentCard(
        segment_id=segment_id,
        colour=segment_colour(segment_id),
        name=Text(row["name_zh"], row["name_en"]),
        traits=_tell_traits(row["cell"]),
        users=NOTHING if is_hidden else tell_count(row["users"]),
        user_share=user_share,
        value_share=value_share,
        ratio=_tell_ratio(user_share, value_share),
        per_user=NOTHING if is_small else value.tell(row["monetary_mean"]),
        facts=() if is_small else _tell_facts(row),
        strategy=Text(row["strategy_zh"], row["strategy_en"]),
        withheld=_tell_withheld(is_small, limit) if is_hidden else None,
    )


def _tell_traits(octant: str) -> Text:
    traits = [words[digit == "0"] for words, digit in zip(_TRAITS, octant, strict=True)]
    return Text(" · ".join(t.zh for t in traits), " · ".join(t.en for t in traits))


def _tell_facts(row: Mapping[Any, Any]) -> tuple[Fact, ...]:
    days = tell_number(row["recency_days_median"], 0)
    purchases = tell_number(row["frequency_median"], 0)
    facts = [
        Fact(Text("最近购买", "Last bought"), Text(f"{days.zh} 天前", f"{days.en} days ago")),
        Fact(Text("购买次数", "Purchases"), purchases),
        Fact(Text("人均累计购买", "Bought in all"), tell_yuan(row["cumulative_amount_mean"])),
    ]
    if not is_missing(row["holding_amount_mean"]):
        facts.append(Fact(Text("人均持有", "Hold now"), tell_yuan(row["holding_amount_mean"])))
    if not is_missing(row["retention_rate"]):
        rate = tell_share(row["retention_rate"], 0)
        facts.append(Fact(Text("仍持有的用户", "Still hold funds"), rate))
    return tuple(facts)


def _tell_ratio(user_share: float | None, value_share: float | None) -> Text:
    """How much a user of the segment brings, as a multiple of the mean of all users."""
    if not user_share or value_share is None:
        return NOTHING
    times = value_share / user_share
    if abs(times) < 1:
        shown = tell_share(times, 0)
        return Text(f"平均水平的 {shown.zh}", f"{shown.en} of the average")
    shown = tell_number(times, 0 if times >= 10 else 1)
    return Text(f"平均水平的 {shown.zh} 倍", f"{shown.en}× the average")


def _tell_withheld(is_small: bool, limit: int) -> Text:
    if is_small:
        return Text(
            f"该群体不足 {limit} 人，数字不予显示", f"Fewer than {limit} users: figures withheld"
        )
    return Text(
        "人数不予显示，以免推算出小群体", "Size withheld, so that a small group cannot be inferred"
    )


def _tell_headline(total: Text, cards: tuple[SegmentCard, ...], value: ValueWords) -> Text:
    number = len(cards)
    zh = f"{total.zh} 名用户分为 {number} 类"
    en = f"{total.en} users fall into {number} {'kinds' if number > 1 else 'kind'}"
    few, few_users, few_value = _find_most_valuable(cards)
    if not few:
        return Text(f"{zh}。", f"{en}.")
    share, brought = tell_share(few_users, 0), tell_share(few_value, 0)
    zh_few = "、".join(f"第 {card.segment_id} 类「{card.name.zh}」" for card in few)
    en_few = " and ".join(f"{card.segment_id} “{card.name.en}”" for card in few)
    kinds, verb = ("Kinds", "bring") if len(few) > 1 else ("Kind", "brings")
    return Text(
        f"{zh}。{zh_few}占用户的 {share.zh}，贡献了 {brought.zh} 的{value.name.zh}。",
        f"{en}. {kinds} {en_few}, {share.en} of users, {verb} {brought.en} of the {value.name.en}.",
    )


def _find_most_valuable(cards: tuple[SegmentCard, ...]) -> tuple[list[SegmentCard], float, float]:
    """The fewest segments that bring more than half, with their shares of users and value."""
    visible = [card for card in cards if card.value_share is not None]
    chosen: list[SegmentCard] = []
    for card in sorted(visible, key=lambda card: -(card.value_share or 0.0)):
        chosen.append(card)
        brought = sum(one.value_share or 0.0 for one in chosen)
        if brought > _MOST:
            share = sum(one.user_share or 0.0 for one in chosen)
            return sorted(chosen, key=lambda one: one.segment_id), share, brought
    return [], 0.0, 0.0
