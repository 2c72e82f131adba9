"""Patterns of dates that cannot be meant, and time zones that do not exist, are refused early."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.sections.dates import find_problem, known_time_zones
from rfmf_spark.errors import ConfigurationError


def refusal(*assignments: str, files: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(None, files, assignments)
    return str(refused.value)


@pytest.mark.parametrize(
    "pattern",
    [
        "yyyy-MM-dd",
        "yyyyMMdd",
        "d.M.yy",
        "dd-MMM-yyyy",
        "d MMMM yyyy",
        "yyyy年MM月dd日",
        "yyyy'年'MM'月'dd'日'",
        "yyyyDDD",
        "yyyyMMddHHmmss",
        "yyyy-MM-dd[ HH:mm:ss]",
        "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "MM/dd/yyyy hh:mm:ss a",
        "yyyy-MM-dd HH 'o''clock'",
    ],
)
def test_a_pattern_of_a_whole_date_is_fine(pattern: str) -> None:
    assert find_problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("yyyy/mm/dd", "it has no month, for mm are minutes; did you mean MM?"),
        ("yyyy-mm-dd HH:MM", "no hours stand before them; did you mean MM, the month?"),
        ("yyyy-MM-dd HH:MM", "it has the month twice, and minutes are mm"),
        ("yyyy-MM-dd HH:mm:SS", "no seconds stand before them; did you mean ss, the seconds?"),
        ("yyyy-MM-dd HH:ss", "no minutes stand before them"),
        ("yyyy-dd HH:MM", "MM after the hours is the month; did you mean mm, the minutes?"),
        ("yyyy-MM-dd hh:mm", "it has no am or pm (a); did you mean HH?"),
        ("YYYY-MM-dd", "Y is the year that a week belongs to; did you mean yyyy?"),
        ("yyyy-MM-DD", "D is the day of the year; did you mean dd?"),
        ("yyyy-'W'ww", "w is a week"),
        ("uuuu-MM-dd", "did you mean yyyy?"),
        ("MM-dd", "it has no year (yyyy)"),
        ("yyyy-MM", "it has no day (dd)"),
        ("yyyy-dd", "it has no month (MM)"),
        ("dd/MM/yyyy yyyy", "it has the year twice"),
        ("'yyyy-MM-dd'", "it has no year (yyyy)"),
        ("yyyy-MM-dd'", "a quote is not closed"),
        ("yyyy-MM-ddTHH:mm", "put T in quotes: 'T'"),
        ("%Y-%m-%d", "letters stand here without %"),
        ("[yyyy-MM-dd][yyyyMMdd]", "cannot be optional ([ ]); give one pattern for each way"),
        ("yyyy-MM-dd]", "a bracket is not closed, or not opened"),
        ("yyyy-MM-dd#", "put { } and # in quotes"),
        ("yyy-MM-dd", "yyy has a length that means nothing"),
        ("yyyy-MM-dd HHH", "HHH has a length that means nothing"),
        ("yyyy-MM-ddd", "ddd has a length that means nothing"),
        ("EEE dd MMM yyyy", "EEE is nothing that dates are read by"),
        ("TT.MM.JJJJ", "put T in quotes"),
        (" yyyy-MM-dd", "there is white space at its ends"),
        ("", "it has no year (yyyy)"),
    ],
)
def test_a_pattern_that_cannot_be_meant_says_why(pattern: str, problem: str) -> None:
    assert problem in (find_problem(pattern) or "fine")


def test_a_bad_pattern_is_told_with_value_place_and_remedy(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("input:\n  date_formats:\n  - yyyy-MM-dd\n  - yyyy/mm/dd\n")

    assert refusal(files=(str(file),)) == (
        f"{file}:2: input.date_formats is ['yyyy-MM-dd', 'yyyy/mm/dd']: 'yyyy/mm/dd': it has no "
        f"month, for mm are minutes; did you mean MM? A pattern is written like yyyy-MM-dd"
    )
    assert refusal("input.date_formats=[YYYYMMDD]").startswith(
        "--set: input.date_formats is ['YYYYMMDD']: 'YYYYMMDD': Y is the year that a week"
    )
    assert "at least 1 item" in refusal("input.date_formats=[]")


@pytest.mark.parametrize("name", ["Asia/Shanghai", "UTC", "Etc/GMT-8", "PRC", "America/New_York"])
def test_zones_that_all_engines_know_are_fine(name: str) -> None:
    assert load_settings(assignments=[f"time_zone={name}"]).settings.time_zone == name


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("Asia/Beijing", "did you mean Asia/Shanghai?"),
        ("CST", "did you mean Asia/Shanghai?"),
        ("asia/shanghai", "did you mean Asia/Shanghai?"),
        ("Shanghai", "did you mean Asia/Shanghai?"),
        ("Asia/Sanghai", "did you mean Asia/Shanghai?"),
        ("new york", "did you mean America/New_York?"),
        ("+08:00", "did you mean Etc/GMT-8 (its sign is the other way round), or a name"),
        ("UTC+8", "did you mean Etc/GMT-8"),
        ("GMT-3", "did you mean Etc/GMT+3"),
        ("UTC+5:30", "give a name such as Asia/Shanghai"),
        ("Mars/Olympus", "give a name such as Asia/Shanghai"),
        ("", "give a name such as Asia/Shanghai"),
        ("../../etc/passwd", "give a name such as Asia/Shanghai"),
    ],
)
def test_a_zone_that_does_not_exist_is_told_with_the_one_that_is_meant(
    name: str, remedy: str
) -> None:
    told = refusal(f"time_zone={name}")

    assert told.startswith(f"--set: time_zone is {name!r}: there is no such time zone")
    assert remedy in told


@pytest.mark.parametrize("name", ["EST", "localtime", "Factory", "SystemV/PST8", "posix/UTC"])
def test_zones_that_only_some_engines_know_are_refused(name: str) -> None:
    assert name not in known_time_zones()
