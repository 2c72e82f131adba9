"""Modified Dietz, by hand."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import pytest

from rfmf_spark.advice.dietz import modified_dietz, modified_dietz_by_key
from rfmf_spark.errors import InputRefusedError

FIRST, MIDDLE, LAST = dt.date(2019, 1, 1), dt.date(2019, 2, 20), dt.date(2019, 4, 11)


def test_without_flows_it_is_the_plain_return() -> None:
    assert modified_dietz(1_000, 1_100, [], FIRST, LAST) == (100, 1_000, 0.1)


def test_a_flow_counts_for_the_part_of_the_period_that_it_stays() -> None:
    # 100 days; 200 paid in after 50, so 1,000 + 200 × 0.5 earn 1,310 − 1,000 − 200 = 110.
    found = modified_dietz(1_000, 1_310, [(MIDDLE, 200)], FIRST, LAST)
    assert found == (110, 1_100, 0.1)


def test_money_taken_out_counts_negative() -> None:
    # 25 days after the first 400 leave: 1,000 − 400 × 0.75 = 700; gain 635 − 1,000 + 400 = 35.
    found = modified_dietz(1_000, 635, [(dt.date(2019, 1, 26), -400)], FIRST, LAST)
    assert found == (35, 700, 0.05)


def test_flows_of_the_first_day_count_wholly_and_of_the_last_not_at_all() -> None:
    found = modified_dietz(0, 1_050, [(FIRST, 500), (LAST, 500)], FIRST, LAST)
    assert found == (50, 500, 0.1)


def test_without_capital_there_is_no_rate() -> None:
    assert modified_dietz(0, 0, [], FIRST, LAST) == (0, 0, None)
    assert modified_dietz(100, 30, [(FIRST, -150)], FIRST, LAST) == (80, -50, None)


def test_many_users_at_once() -> None:
    positions = pd.DataFrame(
        {"key": ["b", "a", "c"], "begin_value": [1_000, 0, 0], "end_value": [1_310, 1_050, 0]}
    )
    flows = pd.DataFrame(
        {"key": ["a", "b", "a"], "date": [FIRST, MIDDLE, LAST], "amount": [500, 200, 500]}
    )
    found = modified_dietz_by_key(positions, flows, FIRST, LAST)
    assert found["key"].tolist() == ["b", "a", "c"]
    assert found["gain"].tolist() == [110, 50, 0]
    assert found["rate"].tolist()[:2] == [0.1, 0.1]
    assert math.isnan(found["rate"].iloc[2])


@pytest.mark.parametrize(
    ("flows", "told"),
    [
        ([(dt.date(2020, 1, 1), 1.0)], "1 flows are outside 2019-01-01 to 2019-04-11; correct"),
        ([(MIDDLE, math.nan)], "1 flows have no finite amount"),
    ],
)
def test_impossible_flows_are_refused(flows: list[tuple[dt.date, float]], told: str) -> None:
    with pytest.raises(InputRefusedError, match=told):
        modified_dietz(1_000, 1_100, flows, FIRST, LAST)


def test_impossible_positions_are_refused() -> None:
    twice = pd.DataFrame({"key": ["a", "a"], "begin_value": [1.0, math.inf], "end_value": 1.0})
    flows = pd.DataFrame({"key": ["x"], "date": [MIDDLE], "amount": [1.0]})
    with pytest.raises(InputRefusedError) as refused:
        modified_dietz_by_key(twice, flows, FIRST, LAST)
    assert str(refused.value) == (
        "1 flows belong to no position; 1 positions have no finite value; "
        "1 positions are there twice; correct or remove them"
    )


def test_a_period_without_days_is_refused() -> None:
    with pytest.raises(InputRefusedError, match=r"the period .* has no day; let it end after"):
        modified_dietz(1, 1, [], FIRST, FIRST)
