"""What R, F and MF are called, and how their values are written, by the basis of the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rfmf_spark.config.languages import Text
from rfmf_spark.report.words import NOTHING, is_missing, tell_number, tell_yuan


@dataclass(frozen=True)
class ValueWords:
    """Words for the monetary value of one basis; ``explained`` is a sentence for the glossary."""

    name: Text
    share: Text
    explained: Text
    in_yuan: bool = True

    def tell(self, value: Any) -> Text:
        """A value of the basis with its unit."""
        if self.in_yuan:
            return tell_yuan(value)
        if is_missing(value):
            return NOTHING
        plain = tell_number(value, 0)
        return Text(f"{plain.zh} 元·天", f"{plain.en} yuan-days")


_OF_BASIS = {
    "management_fee": ValueWords(
        Text("管理费", "management fee"),
        Text("贡献管理费", "Fee they bring"),
        Text(
            "用户持有期间累计产生的基金管理费，按日计提，单位为元。",
            "The management fee that has accrued, day by day, on what a user held, in yuan.",
        ),
    ),
    "principal_days": ValueWords(
        Text("资金留存量", "money × days"),
        Text("贡献资金留存", "Money × days"),
        Text(
            "购买金额乘以持有天数，赎回按先进先出配对，单位为元·天。",
            "Purchase amount times days held, redemptions matched first-in-first-out, in "
            "yuan-days.",
        ),
        in_yuan=False,
    ),
    "amount": ValueWords(
        Text("购买金额", "purchases"),
        Text("贡献购买金额", "Purchases they bring"),
        Text("累计购买金额，单位为元。", "All purchases of a user added up, in yuan."),
    ),
    "net_revenue": ValueWords(
        Text("净收入", "net revenue"),
        Text("贡献净收入", "Revenue they bring"),
        Text(
            "管理费加交易费与销售服务费，减去尾随佣金，单位为元；可能为负。",
            "Management fee plus transaction and sales-service fees, minus trailing commission, "
            "in yuan; it can be negative.",
        ),
    ),
}


def value_words(configuration: Any) -> ValueWords:
    """The words for ``features.basis`` of a run's configuration."""
    return _OF_BASIS[configuration.get("features.basis", "management_fee")]
