"""What ``rfmf weights`` says, in English and in Chinese; ``{…}`` are filled in."""

from __future__ import annotations

from rfmf_spark.config.languages import LANGUAGES, Language

_WORDS: dict[str, tuple[str, str]] = {
    "experts": ("Experts", "专家"),
    "matrix": ("matrix", "判断矩阵"),
    "expert": ("expert", "专家"),
    "date": ("date", "日期"),
    "vote": ("vote", "权数"),
    "judged": ("judgments", "判断"),
    "ratio": ("CR", "一致性比率"),
    "counts": ("counts", "是否采用"),
    "hash": ("SHA-256", "SHA-256"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "recency": ("recency", "最近购买 R"),
    "frequency": ("frequency", "购买频次 F"),
    "monetary": ("monetary", "管理费 MF"),
    "completed_note": (
        "* left open by the expert; the value contradicts the other judgments least.",
        "* 专家未作判断，取与其余判断矛盾最小的值。",
    ),
    "repairs": (
        "{name}: consistency ratio {ratio:.4f} is above the limit {limit:g}. Reconsider one of:",
        "{name}：一致性比率 {ratio:.4f} 超过上限 {limit:g}。修改下列任一判断即可：",
    ),
    "judgment": ("judgment", "判断"),
    "now": ("now", "现值"),
    "matching": ("agrees with the others", "与其余判断一致"),
    "at_limit": ("reaches the limit", "达到上限"),
    "never": ("not alone", "单独修改不够"),
    "group": (
        "Group of {count}: consistency ratio {ratio:.4f}, consensus {consensus:.0%} ({word}).",
        "{count} 位专家的群体判断：一致性比率 {ratio:.4f}，共识度 {consensus:.0%}（{word}）。",
    ),
    "very low": ("very low", "很低"),
    "low": ("low", "低"),
    "moderate": ("moderate", "中等"),
    "high": ("high", "高"),
    "very high": ("very high", "很高"),
    "disagreement": (
        "They differ most on {judgment}: from {least} to {greatest}.",
        "分歧最大的判断是 {judgment}：从 {least} 到 {greatest}。",
    ),
    "hierarchy": ("Hierarchy", "指标层次"),
    "criterion": ("criterion", "指标"),
    "local": ("local weight", "局部权重"),
    "global": ("global weight", "全局权重"),
    "methods": ("Weights by method", "各方法的权重"),
    "method": ("method", "方法"),
    "correlation": ("rank correlation", "秩相关"),
    "decile": ("change decile", "十分位改变"),
    "segment": ("change segment no.", "分群编号改变"),
    "applied": ("applied ({method})", "采用（{method}）"),
    "ahp": ("experts", "专家"),
    "combined": ("combined", "组合"),
    "eigenvector": ("eigenvector", "特征向量法"),
    "geometric_mean": ("geometric mean", "几何平均法"),
    "least_squares": ("least squares", "最小二乘法"),
    "averaged_priorities": ("experts' weights averaged", "专家权重的平均"),
    "entropy": ("entropy", "熵权法"),
    "critic": ("CRITIC", "CRITIC 法"),
    "standard_deviation": ("standard deviation", "标准差法"),
    "principal_component": ("first principal component", "第一主成分"),
    "multiplicative": ("combined: multiplicative", "组合：乘法"),
    "linear": ("combined: linear", "组合：线性"),
    "minimum_deviation": ("combined: minimum deviation", "组合：最小偏差"),
    "off_scale": (" (off the scale)", "（超出标度）"),
    "comma": (", ", "，"),
    "meaning": (
        "A point more in {first} raises the combined score by {weight:.2f} points.",
        "{first} 每高一分，综合得分提高 {weight:.2f} 分。",
    ),
    "times": (
        "That is {times:.1f} times as much as one in {second}, which comes second.",
        "这是居第二位的 {second} 的 {times:.1f} 倍。",
    ),
    "two_questions": (
        "Experts say how much a score is worth; weights from the data say how much it tells users "
        "apart (entropy: unevenness of its sum; standard deviation: scatter; CRITIC: scatter and "
        "conflict with the other scores; first principal component: part in what they have in "
        "common).",
        "专家权重回答“该得分有多重要”；客观权重回答“该得分能把用户区分到什么程度”（熵权：总量分布的"
        "不均匀；标准差：离散程度；CRITIC：离散程度及与其他得分的冲突；第一主成分：在共同变化中的份额）。",
    ),
    "region": (
        "With any judgment one step lower or higher, the weights lie between: {ranges}.",
        "任一判断上下移动一级时，权重范围为：{ranges}。",
    ),
    "inconsistent": (
        "({inconsistent} of {variations} variations would be above the limit of consistency, and "
        "were left out.)",
        "（{variations} 种变化中有 {inconsistent} 种超过一致性上限，未计入。）",
    ),
    "unmoved": (
        "The score decile of {share:.0%} of users does not depend on it.",
        "{share:.0%} 的用户的得分十分位不受影响。",
    ),
    "no_cells": (
        "Give --cells to see what this means for users, and weights from their scores.",
        "用 --cells 给出得分单元，可查看对用户的影响以及客观权重。",
    ),
    "group_of_one": (
        "One expert counts: consistency ratio {ratio:.4f}.",
        "采用一位专家的判断：一致性比率 {ratio:.4f}。",
    ),
}


def say(key: str, language: Language, **values: object) -> str:
    """The words for ``key``; a name that has none, such as an own criterion, is said as it is."""
    words = _WORDS.get(key)
    if words is None:
        return key
    text = words[LANGUAGES.index(language)]
    return text.format(**values) if values else text
