from __future__ import annotations

import pytest

from rfmf_spark.config.languages import Text
from rfmf_spark.report.words import (
    round_off,
    tell_few,
    tell_long_count,
    tell_points,
    tell_share,
    tell_yuan,
)


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        (0.16, "0.16 元", "¥0.16"),
        (1690, "1,690 元", "¥1,690"),
        (16429.22, "1.64万元", "¥16,429"),
        (297_450_714.28, "2.97亿元", "¥297,450,714"),
        (-12345.0, "-1.23万元", "-¥12,345"),
    ],
)
def test_money_is_written_as_each_language_does(amount: float, zh: str, en: str) -> None:
    assert tell_yuan(amount) == Text(zh, en)


def test_unknown_money_is_a_dash() -> None:
    assert tell_yuan(None) == tell_yuan(float("nan")) == Text("—", "—")


def test_long_counts_are_in_units_of_ten_thousand_in_chinese_only() -> None:
    assert tell_long_count(90_001) == Text("90,001", "90,001")
    assert tell_long_count(20_000_000) == Text("2,000.0万", "20,000,000")


def test_what_is_not_zero_is_not_shown_as_zero() -> None:
    assert tell_share(0.0001).en == "<0.1%"
    assert tell_share(0.0).en == "0.0%"
    assert tell_share(0.148).en == "14.8%"


def test_a_change_has_its_sign_and_none_where_it_rounds_to_zero() -> None:
    assert tell_points(0.048).en == "+4.8 pp"
    assert tell_points(-0.00001).zh == "0.0 个百分点"


def test_few_are_not_counted_exactly() -> None:
    assert tell_few(3, 20) == Text("不足 20", "fewer than 20")
    assert tell_few(0, 20).en == "0"
    assert tell_few(20, 20).en == "20"


def test_values_of_single_users_lose_their_last_digits() -> None:
    assert round_off(1.23456789) == 1.23
    assert round_off(-98765.4) == -98800
    assert round_off(0.0) == 0.0
