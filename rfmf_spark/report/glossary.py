"""Every term of the report in a sentence."""

from __future__ import annotations

from typing import NamedTuple

from rfmf_spark.config.languages import Text
from rfmf_spark.report.measures import ValueWords


class Entry(NamedTuple):
    """A term and what it means."""

    term: Text
    meaning: Text


_ENTRIES = (
    Entry(
        Text("R（最近购买）", "R (recency)"),
        Text(
            "距最近一次购买的天数，越少得分越高。",
            "Days since the last purchase; fewer days score higher.",
        ),
    ),
    Entry(
        Text("F（购买次数）", "F (frequency)"),
        Text("窗口内的购买次数，越多得分越高。", "Purchases in the window; more score higher."),
    ),
    Entry(
        Text("得分", "Score"),
        Text(
            "把一个指标按全体用户的排名分成等份后的名次，最好的一份得分最高；取值相同的用户得分相同。",
            "A user's place when all users are ranked by one measure and cut into equal parts; the "
            "best part has the highest score, and equal values get equal scores.",
        ),
    ),
    Entry(
        Text("切分点", "Cut point"),
        Text(
            "得分升高一分的那个取值；为保护隐私，金额只显示三位有效数字。",
            "The value at which a score begins; amounts are rounded to three digits for privacy.",
        ),
    ),
    Entry(
        Text("并列占比", "Tie mass"),
        Text(
            "取值恰好相同的用户占比；占比大时无法再区分这些用户。",
            "The share of users with exactly the same value; where it is large, nothing can tell "
            "these users apart.",
        ),
    ),
    Entry(
        Text("RFMF 综合得分", "RFMF score"),
        Text(
            "三个得分按权重相加，用来排列用户和群体。",
            "The weighted sum of the three scores; it orders users and kinds.",
        ),
    ),
    Entry(
        Text("权重与 AHP", "Weights and AHP"),
        Text(
            "层次分析法把专家对“哪个更重要”的两两判断变成权重。",
            "The analytic hierarchy process turns an expert's pairwise judgments of importance "
            "into weights.",
        ),
    ),
    Entry(
        Text("一致性比率", "Consistency ratio"),
        Text(
            "专家的判断互相矛盾的程度，0 为完全一致，一般不应超过 0.10。",
            "How much the judgments contradict each other: 0 not at all; above 0.10 they should be "
            "reconsidered.",
        ),
    ),
    Entry(
        Text("群体（类）", "Kind, segment, cluster"),
        Text(
            "三个得分相近的用户；群体由 K-means 聚类得到。",
            "Users whose three scores are alike, found by K-means clustering.",
        ),
    ),
    Entry(
        Text("得分格", "Score cell"),
        Text(
            "三个得分都相同的用户；同一格的用户属于同一群体。",
            "Users with the same three scores; they belong to the same kind.",
        ),
    ),
    Entry(
        Text("中心", "Centre"),
        Text("一个群体的平均得分。", "The mean scores of a kind."),
    ),
    Entry(Text("K", "K"), Text("群体的个数。", "The number of kinds.")),
    Entry(
        Text("成本与拐点", "Cost and elbow"),
        Text(
            "成本是用户到中心的距离平方和；拐点之后再增加群体，成本下降很少。",
            "The cost is the sum of squared distances to the centres; beyond the elbow, more kinds "
            "lower it only a little.",
        ),
    ),
    Entry(
        Text("轮廓系数", "Silhouette"),
        Text(
            "用户离自己的群体比离最近的其他群体近多少，−1 到 1。",
            "How much nearer users are to their own kind than to the next one, from −1 to 1.",
        ),
    ),
    Entry(
        Text("CH 指数、DB 指数、Gap", "Calinski–Harabasz, Davies–Bouldin, gap"),
        Text(
            "衡量群体分得多开的三个指标：CH 越高、DB 越低、Gap 越高越好。",
            "Three measures of how far apart kinds are: high, low and high are good.",
        ),
    ),
    Entry(
        Text("稳定性", "Stability"),
        Text(
            "重新抽样用户后，同一群体有多少用户仍在一起，1 为完全相同。",
            "How much of a kind comes back when users are drawn anew; 1 means all of it.",
        ),
    ),
    Entry(
        Text("谷深", "Valley"),
        Text(
            "两个群体之间的用户有多密，0 为完全分开，1 为没有界线。",
            "How crowded the space between two kinds is: 0 is empty, 1 means no border at all.",
        ),
    ),
    Entry(
        Text("检验与投票", "Gates and votes"),
        Text(
            "先由检验淘汰分得不开、不稳定或太小的 K，再由各准则各投一票。",
            "Gates first refuse every K whose kinds are not apart, not stable or too small; then "
            "each criterion has a vote.",
        ),
    ),
    Entry(
        Text("八格规则", "Eight-cell rule"),
        Text(
            "不用聚类，只看三个得分各自是否高于平均，把用户分成八格。",
            "Without clustering: three scores, each above the mean or not, make eight cells.",
        ),
    ),
    Entry(
        Text("兰德指数", "Rand index"),
        Text(
            "两种分法的一致程度，1 为完全相同，0 为与随机无异。",
            "How far two groupings agree: 1 entirely, 0 no more than by chance.",
        ),
    ),
    Entry(
        Text("留存率", "Retention rate"),
        Text("仍持有基金份额的用户占比。", "The share of users who still hold fund units."),
    ),
    Entry(
        Text("帕累托曲线", "Pareto curve"),
        Text(
            "把用户按价值从高到低排列，前百分之几的用户贡献了总价值的多少。",
            "Users from the most valuable down: which share of them brings which share of the "
            "value.",
        ),
    ),
    Entry(
        Text("不显示（—）", "Withheld (—)"),
        Text(
            "人数太少，或会让人推算出小群体，所以不显示。",
            "Too few users, or a figure from which a small group would follow.",
        ),
    ),
)


def build_glossary(value: ValueWords) -> tuple[Entry, ...]:
    """All entries, with that of MF as the run has measured it."""
    monetary = Entry(Text(f"MF（{value.name.zh}）", f"MF ({value.name.en})"), value.explained)
    return (*_ENTRIES[:2], monetary, *_ENTRIES[2:])
