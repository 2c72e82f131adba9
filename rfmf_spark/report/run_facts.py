"""What was analysed: users, trades, products, the window, and what became of every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rfmf_spark.config.languages import Text, same
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.measures import value_words
from rfmf_spark.report.words import NOTHING, tell_count, tell_few, tell_number, tell_yuan

_INPUTS = {
    "trades": Text("交易", "trades"),
    "nav": Text("净值", "NAV"),
    "products": Text("产品", "products"),
    "features": Text("特征", "features"),
    "opening_positions": Text("期初持仓", "opening positions"),
    "profiles": Text("用户资料", "profiles"),
}
# A few rows of the others tell of no person.
_OF_USERS = ("trades", "features", "opening_positions", "profiles")
_OUTCOMES = {
    "accepted": Text("采用", "accepted"),
    "quarantined": Text("隔离", "quarantined"),
    "excluded": Text("按规则排除", "excluded by rule"),
}
_REASONS = {
    "missing_value": Text("缺值", "missing value"),
    "unparseable": Text("无法解析", "unparseable"),
    "out_of_range": Text("超出范围", "out of range"),
    "unknown_trade_type": Text("未知交易类型", "unknown trade type"),
    "unknown_product": Text("未知产品", "unknown product"),
    "no_nav": Text("没有净值", "no NAV"),
    "duplicate": Text("重复", "duplicate"),
    "conflicting_duplicate": Text("重复且内容冲突", "conflicting duplicate"),
    "superseded": Text("被更正替代", "superseded by a correction"),
    "after_as_of": Text("晚于业务日期", "after the business date"),
    "before_window": Text("早于窗口", "before the window"),
    "before_opening": Text("早于期初持仓", "before the opening"),
    "implausible_date": Text("日期不可信", "implausible date"),
    "cancelled": Text("已撤销", "cancelled"),
    "failed": Text("失败", "failed"),
}


@dataclass(frozen=True)
class Tile:
    """A large figure with its name."""

    name: Text
    figure: Text


@dataclass(frozen=True)
class OutcomeRow:
    """What became of the rows of one input for one reason."""

    source: Text
    outcome: Text
    reason: Text
    rows: Text
    amount: Text


@dataclass(frozen=True)
class RunFacts:
    """The section: tiles, sentences on the window and the model, and the reconciliation."""

    tiles: tuple[Tile, ...]
    notes: tuple[Text, ...]
    outcomes: tuple[OutcomeRow, ...]


def build_run_facts(tables: RunTables, options: ReportOptions) -> RunFacts:
    """What the run has recorded of its inputs; counts of few rows are withheld."""
    limit = options.smallest_group
    return RunFacts(
        tiles=_build_tiles(tables, limit),
        notes=tuple(_tell_notes(tables)),
        outcomes=tuple(
            _build_outcome(row, limit, tables.users)
            for row in tables.reconciliation.to_dict("records")
        ),
    )


def _build_tiles(tables: RunTables, limit: int) -> tuple[Tile, ...]:
    totals = tables.control_totals
    accepted = totals.accepted_rows
    tiles = [Tile(Text("有购买的用户", "Users with a purchase"), tell_few(tables.users, limit))]
    if "trades" in accepted:
        tiles.append(Tile(Text("采用的交易", "Trades used"), tell_few(accepted["trades"], limit)))
    if totals.purchases is not None:
        tiles.append(Tile(Text("购买笔数", "Purchases"), tell_few(totals.purchases, limit)))
    if totals.purchase_cents and tables.users >= limit:
        bought = tell_yuan(totals.purchase_cents / 100)
        tiles.append(Tile(Text("购买金额", "Amount bought"), bought))
    if "products" in accepted:
        rows = tell_count(accepted["products"])
        tiles.append(Tile(Text("产品记录", "Product records"), rows))
    without = totals.users_without_purchase or 0
    tiles.append(Tile(Text("无购买的用户", "Users without a purchase"), tell_few(without, limit)))
    if totals.overdrawn_positions is not None:
        overdrawn = tell_few(totals.overdrawn_positions, limit)
        tiles.append(Tile(Text("超卖持仓", "Overdrawn positions"), overdrawn))
    return tuple(tiles)


def _tell_notes(tables: RunTables) -> list[Text]:
    configuration, value = tables.configuration, value_words(tables.configuration)
    start, days = (configuration.get(f"features.window_{name}") for name in ("start", "days"))
    as_of = tables.as_of.isoformat()
    since = Text(f"{start} 至 {as_of}", f"from {start} to {as_of}")
    if start is None:
        since = Text(f"截至 {as_of} 的全部账本", f"the whole ledger up to {as_of}")
    notes = [Text(f"窗口：{since.zh}。", f"Window: {since.en}.")]
    if days is not None:
        notes.append(
            Text(
                f"R 和 F 只计最近 {days} 天的购买。",
                f"R and F count purchases of the last {days} days only.",
            )
        )
    notes.append(Text(f"MF 衡量：{value.explained.zh}", f"MF measures: {value.explained.en}"))
    if model := tables.inputs.get("model"):
        made = model["fitted_as_of"]
        notes.append(
            Text(
                f"沿用 {made} 拟合的模型，本次没有重新拟合。",
                f"The model fitted as of {made} was used; nothing was fitted.",
            )
        )
    # Who ran it is of interest to operators alone.
    told = {name: version for name, version in tables.versions.items() if isinstance(version, str)}
    versions = ", ".join(f"{name} {version}" for name, version in sorted(told.items()))
    notes.append(Text(f"版本：{versions}。", f"Versions: {versions}."))
    return notes


def _build_outcome(row: Mapping[Any, Any], limit: int, users: int) -> OutcomeRow:
    source, outcome = str(row["source"]), str(row["outcome"])
    reason, rows = str(row["reason"] or ""), int(row["rows"])
    # Rows that were refused may all be of one user, and their sum would be that user's amount.
    has_money = source == "trades" and outcome == "accepted" and users >= limit
    return OutcomeRow(
        source=_INPUTS.get(source, same(source)),
        outcome=_OUTCOMES.get(outcome, same(outcome)),
        reason=_REASONS.get(reason, same(reason)),
        rows=tell_few(rows, limit) if source in _OF_USERS else tell_count(rows),
        amount=tell_number(row["amount"], 2) if has_money else NOTHING,
    )
