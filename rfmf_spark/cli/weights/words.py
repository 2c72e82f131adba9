"""What ``rfmf weights`` says; ``{…}`` are filled in."""

from __future__ import annotations

from dataclasses import dataclass

from rfmf_spark.config.languages import Language, Text, same

_WORDS: dict[str, Text] = {
    "experts": Text("专家", "Experts"),
    "matrix": Text("判断矩阵", "matrix"),
    "expert": Text("专家", "expert"),
    "date": Text("日期", "date"),
    "vote": Text("权数", "vote"),
    "judged": Text("判断", "judgments"),
    "ratio": Text("一致性比率", "CR"),
    "counts": Text("是否采用", "counts"),
    "hash": same("SHA-256"),
    "yes": Text("是", "yes"),
    "no": Text("否", "no"),
    "completed_note": Text(
        "* 专家未作判断，取与其余判断矛盾最小的值。",
        "* left open by the expert; the value contradicts the other judgments least.",
    ),
    "repairs": Text(
        "{name}：一致性比率 {ratio:.4f} 超过上限 {limit:g}。修改下列任一判断即可：",
        "{name}: consistency ratio {ratio:.4f} is above the limit {limit:g}. Reconsider one of:",
    ),
    "judgment": Text("判断", "judgment"),
    "now": Text("现值", "now"),
    "matching": Text("与其余判断一致", "agrees with the others"),
    "at_limit": Text("达到上限", "reaches the limit"),
    "never": Text("单独修改不够", "not alone"),
    "group": Text(
        "{count} 位专家的群体判断：一致性比率 {ratio:.4f}，共识度 {consensus:.0%}（{word}）。",
        "Group of {count}: consistency ratio {ratio:.4f}, consensus {consensus:.0%} ({word}).",
    ),
    "very low": Text("很低", "very low"),
    "low": Text("低", "low"),
    "moderate": Text("中等", "moderate"),
    "high": Text("高", "high"),
    "very high": Text("很高", "very high"),
    "disagreement": Text(
        "分歧最大的判断是 {judgment}：从 {least} 到 {greatest}。",
        "They differ most on {judgment}: from {least} to {greatest}.",
    ),
    "hierarchy": Text("指标层次", "Hierarchy"),
    "criterion": Text("指标", "criterion"),
    "local": Text("局部权重", "local weight"),
    "global": Text("全局权重", "global weight"),
    "methods": Text("各方法的权重", "Weights by method"),
    "method": Text("方法", "method"),
    "correlation": Text("秩相关", "rank correlation"),
    "decile": Text("十分位改变", "change decile"),
    "segment": Text("分群编号改变", "change segment no."),
    "applied": Text("采用（{method}）", "applied ({method})"),
    "ahp": Text("专家", "experts"),
    "combined": Text("组合", "combined"),
    "eigenvector": Text("特征向量法", "eigenvector"),
    "geometric_mean": Text("几何平均法", "geometric mean"),
    "least_squares": Text("最小二乘法", "least squares"),
    "averaged_priorities": Text("专家权重的平均", "experts' weights averaged"),
    "entropy": Text("熵权法", "entropy"),
    "critic": Text("CRITIC 法", "CRITIC"),
    "standard_deviation": Text("标准差法", "standard deviation"),
    "principal_component": Text("第一主成分", "first principal component"),
    "multiplicative": Text("组合：乘法", "combined: multiplicative"),
    "linear": Text("组合：线性", "combined: linear"),
    "minimum_deviation": Text("组合：最小偏差", "combined: minimum deviation"),
    "off_scale": Text("（超出标度）", " (off the scale)"),
    "comma": Text("，", ", "),
    "meaning": Text(
        "{first} 每高一分，综合得分提高 {weight:.2f} 分。",
        "A point more in {first} raises the combined score by {weight:.2f} points.",
    ),
    "times": Text(
        "这是居第二位的 {second} 的 {times:.1f} 倍。",
        "That is {times:.1f} times as much as one in {second}, which comes second.",
    ),
    "two_questions": Text(
        "专家权重回答“该得分有多重要”；客观权重回答“该得分能把用户区分到什么程度”（熵权：总量分布的"
        "不均匀；标准差：离散程度；CRITIC：离散程度及与其他得分的冲突；第一主成分：在共同变化中的份额）。",
        "Experts say how much a score is worth; weights from the data say how much it tells users "
        "apart (entropy: unevenness of its sum; standard deviation: scatter; CRITIC: scatter and "
        "conflict with the other scores; first principal component: part in what they have in "
        "common).",
    ),
    "region": Text(
        "任一判断上下移动一级时，权重范围为：{ranges}。",
        "With any judgment one step lower or higher, the weights lie between: {ranges}.",
    ),
    "inconsistent": Text(
        "（{variations} 种变化中有 {inconsistent} 种超过一致性上限，未计入。）",
        "({inconsistent} of {variations} variations would be above the limit of consistency, and "
        "were left out.)",
    ),
    "unmoved": Text(
        "{share:.0%} 的用户的得分十分位不受影响。",
        "The score decile of {share:.0%} of users does not depend on it.",
    ),
    "no_cells": Text(
        "用 --cells 给出得分单元，可查看对用户的影响以及客观权重。",
        "Give --cells to see what this means for users, and weights from their scores.",
    ),
    "group_of_one": Text(
        "采用一位专家的判断：一致性比率 {ratio:.4f}。",
        "One expert counts: consistency ratio {ratio:.4f}.",
    ),
}

_CRITERIA: dict[str, Text] = {
    "recency": Text("最近购买 R", "recency"),
    "frequency": Text("购买频次 F", "frequency"),
    "monetary": Text("管理费 MF", "monetary"),
}


@dataclass(frozen=True)
class Words:
    """What the command says, in one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key``, filled in."""
        return _WORDS[key].say(self.language, **values)

    def criterion(self, name: str) -> str:
        """A criterion of the model in words; one that an expert has named is said as it is."""
        return _CRITERIA.get(name, same(name)).say(self.language)
