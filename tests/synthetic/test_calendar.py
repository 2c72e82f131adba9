"""Trading days against the published holiday calendar of 2019."""

from __future__ import annotations

from datetime import date

from rfmf_spark.synthetic.calendar import is_trading_day, previous_trading_day, trading_days


def test_spring_festival_week_has_no_trading_day() -> None:
    assert trading_days(date(2019, 2, 2), date(2019, 2, 12)) == [
        date(2019, 2, 11),
        date(2019, 2, 12),
    ]


def test_a_weekend_is_closed_and_a_plain_weekday_open() -> None:
    assert not is_trading_day(date(2019, 8, 10))
    assert is_trading_day(date(2019, 8, 12))


def test_weekdays_outside_the_listed_years_are_open() -> None:
    assert is_trading_day(date(2025, 1, 1))


def test_the_day_before_a_holiday_is_found() -> None:
    assert previous_trading_day(date(2019, 2, 11)) == date(2019, 2, 1)


def test_the_default_period_has_165_trading_days() -> None:
    # 177 weekdays in the 247 days from a Tuesday to a Wednesday, less 12 holidays.
    assert len(trading_days(date(2018, 12, 11), date(2019, 8, 14))) == 165


def test_an_inverted_period_has_no_day() -> None:
    assert trading_days(date(2019, 8, 14), date(2019, 8, 1)) == []
