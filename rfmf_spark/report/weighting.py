"""Weights of R, F and MF with their consistency, and what happens when a choice moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rfmf_spark.config.languages import Text
from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.sections.weights import ObjectiveMethod
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.measures import value_words
from rfmf_spark.report.words import NOTHING, is_missing, tell_number, tell_share

_OBJECTIVE_METHODS: Mapping[ObjectiveMethod, Text] = {
    "entropy": Text("熵权法", "entropy"),
    "critic": Text("CRITIC 法", "CRITIC"),
    "standard_deviation": Text("标准差法", "standard deviation"),
    "principal_component": Text("主成分法", "the first principal component"),
}


@dataclass(frozen=True)
class Weight:
    """One weight, with its name."""

    name: Text
    share: float
    shown: Text


@dataclass(frozen=True)
class SensitivityRow:
    """What one moved choice does; ``note`` stands where it could not be tried."""

    choice: str
    change: str
    k: Text
    moved: Text
    renamed: Text
    agreement: Text
    note: str


@dataclass(frozen=True)
class Weighting:
    """The section: weights, where they come from, consistency, and the sensitivity if measured.

    Without judgments (weights of the users' scores alone) there is no consistency to tell.
    """

    weights: tuple[Weight, ...]
    origin: Text
    consistency: Text | None
    is_consistent: bool
    sensitivity: tuple[SensitivityRow, ...]


def build_weighting(tables: RunTables, options: ReportOptions) -> Weighting:
    """Weights as the run has recorded them."""
    weights, limit = tables.weights, tables.configuration.get("weights.max_consistency_ratio")
    value = value_words(tables.configuration).name
    names = (
        Text("R 最近购买", "R, recency"),
        Text("F 购买次数", "F, frequency"),
        Text(f"MF {value.zh}", f"MF, {value.en}"),
    )
    ratio = weights["consistency_ratio"]
    return Weighting(
        weights=tuple(
            Weight(name, float(weights["values"][f]), tell_number(weights["values"][f], 4))
            for name, f in zip(names, FEATURE_NAMES, strict=True)
        ),
        origin=_tell_origin(weights),
        consistency=None if ratio is None else _tell_consistency(weights, ratio, limit),
        is_consistent=ratio is None or limit is None or ratio <= float(limit),
        sensitivity=tuple(
            _build_row(row, options.smallest_group) for row in tables.sensitivity.to_dict("records")
        ),
    )


def _tell_origin(weights: Mapping[str, Any]) -> Text:
    """The judgments with their experts, or the method that weighs by scores, or both."""
    origins = []
    if weights["judgments"]:
        origins.append(
            Text(
                f"{weights['judgments']}，专家 {weights['expert']}，{weights['judged_on']}",
                f"{weights['judgments']}, judged by {weights['expert']}, {weights['judged_on']}",
            )
        )
    objective = weights.get("objective")
    if objective:
        name = _OBJECTIVE_METHODS[objective["method"]]
        origins.append(Text(f"用户得分，{name.zh}", f"the scores of the users, by {name.en}"))
    return Text("；".join(one.zh for one in origins), "; ".join(one.en for one in origins))


def _tell_consistency(weights: Mapping[str, Any], ratio: float, limit: Any) -> Text:
    shown, largest = tell_number(ratio, 4).en, tell_number(weights["lambda_max"], 4).en
    zh = f"一致性比率 CR = {shown}，λmax = {largest}"
    en = f"Consistency ratio CR = {shown}, λmax = {largest}"
    if limit is None:
        return Text(f"{zh}。", f"{en}.")
    verdict = (
        Text("判断前后一致", "the judgments agree with each other")
        if ratio <= float(limit)
        else Text("判断前后矛盾", "the judgments contradict each other")
    )
    return Text(
        f"{zh}（上限 {float(limit):g}）：{verdict.zh}。",
        f"{en} (limit {float(limit):g}): {verdict.en}.",
    )


def _build_row(row: Mapping[Any, Any], limit: int) -> SensitivityRow:
    before, after = (row[name] or "" for name in ("value_before", "value_after"))
    return SensitivityRow(
        choice=str(row["choice"]),
        change=f"{before} → {after}".strip(" →"),
        k=NOTHING if is_missing(row["k_after"]) else tell_number(row["k_after"], 0),
        moved=_tell_movers(row["moved"], row["moved_share"], limit),
        renamed=_tell_movers(row["renamed"], row["renamed_share"], limit),
        agreement=tell_number(row["rand_index"], 3),
        note="" if is_missing(row["note"]) else str(row["note"]),
    )


def _tell_movers(users: Any, share: Any, limit: int) -> Text:
    if is_missing(users):
        return NOTHING
    if 0 < users < limit:
        return Text(f"不足 {limit} 人", f"fewer than {limit} users")
    return tell_share(share)
