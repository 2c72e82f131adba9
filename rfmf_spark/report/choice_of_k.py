"""K and why: votes, gates and the reason, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rfmf_spark.config.languages import Text
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.criteria import CRITERIA, CRITERION_NAMES, Curve, draw_curves, votes_of
from rfmf_spark.report.words import NOTHING, is_missing, tell_number, tell_share

_GATES = {
    "valley": Text("谷深", "valley"),
    "stability": Text("稳定性", "stability"),
    "share": Text("最小占比", "smallest share"),
}


@dataclass(frozen=True)
class CandidateRow:
    """One K in the table: values in the order of ``CRITERIA``."""

    k: int
    chosen: bool
    values: tuple[Text, ...]
    votes: Text
    failed: Text


@dataclass(frozen=True)
class ChoiceOfK:
    """The section: verdict in a sentence, why, curves and the table."""

    verdict: Text
    why: tuple[Text, ...]
    is_natural: bool | None
    curves: tuple[Curve, ...]
    rows: tuple[CandidateRow, ...]


def build_choice(tables: RunTables, options: ReportOptions) -> ChoiceOfK:
    """Everything about K from ``k_selection``; figures of small groups stay out of it."""
    selection = tables.k_selection.sort_values("k", ignore_index=True)
    records = selection.to_dict("records")
    chosen = next(row for row in records if row["chosen"])
    verdict = str(chosen["verdict"])
    failed = {int(row["k"]): _failed_gates(row, tables.configuration) for row in records}
    return ChoiceOfK(
        verdict=_tell_verdict(chosen, tables),
        why=_tell_why(records, chosen, failed),
        is_natural={"natural": True, "no_natural_k": False}.get(verdict),
        curves=draw_curves(selection, tables.configuration),
        rows=tuple(_build_row(row, failed[int(row["k"])]) for row in records),
    )


def _tell_verdict(chosen: Mapping[Any, Any], tables: RunTables) -> Text:
    k = int(chosen["k"])
    match str(chosen["verdict"]):
        case "natural":
            return Text(
                f"K = {k}：用户自然分成 {k} 类，类与类之间用户稀少。",
                f"K = {k}: users fall into {k} kinds by themselves, with few between them.",
            )
        case "no_natural_k":
            return Text(
                f"没有天然的 K：用户是连续分布的，没有一个 K 通过检验。K = {k} 是配置的备选值"
                f"（clustering.fallback_k），分几类是为了方便使用。",
                f"There is no natural K: users form a continuum, and no K passes the gates. "
                f"K = {k} is the configured fallback (clustering.fallback_k); how many kinds to "
                f"use is a matter of convenience.",
            )
        case "not_tested":
            return Text(
                f"K = {k} 由各准则投票选出；未检验是否天然分开。",
                f"K = {k} was voted for; whether the kinds are natural was not tested.",
            )
        case "only_one":
            return Text(f"K = {k}：没有其他可能的 K。", f"K = {k}: no other K was possible.")
    return _tell_given(k, tables)


def _tell_given(k: int, tables: RunTables) -> Text:
    model = tables.inputs.get("model")
    if model:
        made, short = model["fitted_as_of"], str(model["model_id"])[:12]
        return Text(
            f"K = {k}：沿用 {made} 拟合的模型 {short}，本次没有重新拟合。",
            f"K = {k}: the model {short} fitted as of {made} was used; nothing was fitted.",
        )
    setting = "centres" if tables.configuration.get("clustering.centres") else "fixed_k"
    return Text(
        f"K = {k}：由配置给定（clustering.{setting}）。",
        f"K = {k}: given by configuration (clustering.{setting}).",
    )


def _tell_why(
    records: list[dict[Any, Any]], chosen: Mapping[Any, Any], failed: Mapping[int, list[Text]]
) -> tuple[Text, ...]:
    votes = [(name, int(row["k"])) for row in records for name in votes_of(row)]
    reasons = []
    if votes:
        zh = "；".join(f"{CRITERION_NAMES[name].zh} → {k}" for name, k in votes)
        en = "; ".join(f"{CRITERION_NAMES[name].en} → {k}" for name, k in votes)
        reasons.append(Text(f"各准则的投票：{zh}。", f"Votes of the criteria: {en}."))
    if not is_missing(chosen["runner_up"]):
        disagreement, second = tell_share(chosen["disagreement"], 0), int(chosen["runner_up"])
        reasons.append(
            Text(
                f"投给其他 K 的票占 {disagreement.zh}；票数次高的是 K = {second}。",
                f"{disagreement.en} of the votes went to another K; the runner-up is K = {second}.",
            )
        )
    if refused := [k for k, gates in failed.items() if gates]:
        numbers = ", ".join(map(str, refused))
        reasons.append(
            Text(
                f"没有通过检验的 K：{numbers}（见下表）。",
                f"K that fail the gates: {numbers} (see the table).",
            )
        )
    return tuple(reasons)


def _failed_gates(row: Mapping[Any, Any], configuration: Mapping[str, Any]) -> list[Text]:
    """Which gates a K fails, by name only: the share of a small group is nobody's business."""
    text = str(row["failed_gates"] or "")
    return [name for gate, name in _GATES.items() if f"{gate} " in text] or (
        [Text("空群体", "empty kinds")] if text else []
    )


def _build_row(row: Mapping[Any, Any], failed: list[Text]) -> CandidateRow:
    votes = [CRITERION_NAMES[name] for name in votes_of(row)]
    return CandidateRow(
        k=int(row["k"]),
        chosen=bool(row["chosen"]),
        values=tuple(tell_number(row[c.column], c.digits) for c in CRITERIA),
        votes=_join(votes),
        failed=_join(failed),
    )


def _join(texts: list[Text]) -> Text:
    if not texts:
        return NOTHING
    return Text("、".join(t.zh for t in texts), ", ".join(t.en for t in texts))
