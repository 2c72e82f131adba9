"""What the commands ``rfmf yield …`` say, in English and Chinese."""

from __future__ import annotations

from typing import NamedTuple

from rfmf_spark.config.languages import Language


class Text(NamedTuple):
    """One text in both languages."""

    en: str
    zh: str


TEXTS: dict[str, Text] = {
    "expected": Text("Expected yield with default risk", "计入违约风险的预期收益率"),
    "effective": Text("Effective yield over all days", "资金占用期的实际年化收益率"),
    "real": Text("Real yield", "实际收益率"),
    "excess": Text("Excess over the risk-free yield", "相对无风险收益率的超额收益"),
    "subsidised": Text("Subsidised yield and its cost", "贴补收益率及其成本"),
    "cpi_plus": Text("CPI plus a margin", "CPI 加固定利差"),
    "portfolio": Text("Portfolio yield", "组合收益率"),
    "break_even": Text("A-class or C-class", "A 类还是 C 类份额"),
    "nominal": Text("nominal", "名义收益率"),
    "default_probability": Text("default probability", "违约概率"),
    "loss": Text("loss given default", "违约损失率"),
    "term": Text("term", "期限"),
    "raising": Text("raising", "募集期"),
    "settlement": Text("settlement", "清算期"),
    "inflation": Text("inflation", "通货膨胀率"),
    "risk_free": Text("risk-free", "无风险收益率"),
    "base": Text("base", "基础收益率"),
    "subsidy": Text("subsidy", "贴补"),
    "principal": Text("principal", "本金"),
    "days": Text("days", "天数"),
    "cpi": Text("CPI", "CPI"),
    "margin": Text("margin", "利差"),
    "asset_yield": Text("asset yield", "资产收益率"),
    "weight": Text("weight", "权重"),
    "yield": Text("yield", "收益率"),
    "cost": Text("cost (yuan)", "成本（元）"),
    "best": Text("best case", "最好情形"),
    "average": Text("average", "平均水平"),
    "cash": Text("left in cash", "留作现金"),
    "from": Text("from day", "起始天数"),
    "to": Text("to day", "截止天数"),
    "fee": Text("subscription fee", "申购费率"),
    "redemption_a": Text("A redemption fee", "A 类赎回费率"),
    "redemption_c": Text("C redemption fee", "C 类赎回费率"),
    "service_fee": Text("sales-service fee", "销售服务费率"),
    "chosen_loss": Text("with the loss given", "按给定的违约损失率"),
    "no_loss": Text("without loss of principal", "本金无损失"),
    "total_loss": Text("with total loss of principal", "本金全部损失"),
    "result": Text("result", "结果"),
    "cheaper_A": Text("A is cheaper", "A 类更省"),
    "cheaper_C": Text("C is cheaper", "C 类更省"),
    "whole": Text("the whole portfolio", "整个组合"),
    "year": Text("year {year}", "第 {year} 年"),
    "total": Text("all years", "合计"),
    "note_cash": Text(
        "Weights of {name} sum to {weights}; the rest counts as cash at 0 %.",
        "{name}的权重合计 {weights}，其余按收益率 0% 的现金计算。",
    ),
    "note_portfolio": Text(
        "Risk, liquidity, targets, tax and drawdown are left out.",
        "未考虑风险、流动性、目标、税收和回撤。",
    ),
    "note_loss": Text(
        "The first formula leaves out the loss of principal itself.",
        "不含本金损失的算法会低估违约的后果。",
    ),
    "note_cost": Text("A negative cost is a gain of the issuer.", "成本为负即发行人获利。"),
    "note_tiers": Text(
        "Costs are shares of the money paid in; growth is left out.",
        "成本按投入金额的比例比较，未计净值增长。",
    ),
}


def say(key: str, language: Language) -> str:
    """The text of ``key``."""
    return str(getattr(TEXTS[key], language))
