"""Patterns of dates and names of time zones that mean what they seem to mean.

Letters of a pattern are easily mistaken for others (``mm`` are minutes, ``YYYY`` is the year of a
week), and a reader of dates takes what is missing from 1 January 1970. What cannot be meant is
refused here, before anything is read.
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, Field

_PART = re.compile(r"'(?P<literal>(?:[^']|'')*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>[^A-Za-z])")
_HOURS, _ZONES = frozenset("HhKk"), frozenset("VzOXxZ")
_LETTERS = frozenset("yMLdmsSa") | _HOURS | _ZONES
# What people write, and what it is; hints for what they mean.
_MISTAKEN = {
    "Y": "Y is the year that a week belongs to; did you mean yyyy?",
    "D": "D is the day of the year; did you mean dd?",
    "w": "w is a week; give year, month and day",
    "W": "W is a week; give year, month and day",
    "u": "u is not read by every engine; did you mean yyyy?",
    "T": "put T in quotes: 'T'",
}

# The letter of what a part has to follow, as in minutes after hours.
_AFTER = {"m": _HOURS, "s": frozenset("m"), "S": frozenset("s")}
_LENGTHS = {
    "y": (1, 2, 4),
    "M": (1, 2, 3, 4),
    "L": (1, 2, 3, 4),
    "d": (1, 2),
    "D": (1, 2, 3),
    "a": (1,),
    "S": tuple(range(1, 10)),
    "V": (2,),
    "O": (1, 4),
    "z": (1, 2, 3, 4),
    **dict.fromkeys("HhKkms", (1, 2)),
    **dict.fromkeys("XxZ", (1, 2, 3, 4, 5)),
}
_NAMES = {"m": "minutes", "s": "seconds", "S": "fractions of a second"}
_BEFORE = {"m": "hours", "s": "minutes", "S": "seconds"}
_MEANT = {"m": "MM, the month", "s": "ss after mm", "S": "ss, the seconds"}


def _check_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        problem = find_problem(pattern)
        if problem is not None:
            end = "" if problem.endswith("?") else "."
            raise ValueError(f"{pattern!r}: {problem}{end} A pattern is written like yyyy-MM-dd")
    return patterns


def find_problem(pattern: str) -> str | None:
    """Why a pattern of dates cannot be meant, None where it can."""
    if pattern != pattern.strip():
        return "there is white space at its ends, which dates are read without"
    if "%" in pattern:
        return "letters stand here without %"
    if pattern.count("'") % 2:
        return "a quote is not closed"
    parts = [found["letters"] for found in _PART.finditer(pattern) if found["letters"]]
    return _problem_of_brackets(pattern) or _problem_of_letters(parts) or _problem_of_order(parts)


def _problem_of_letters(parts: list[str]) -> str | None:
    for part in parts:
        if part[0] in _MISTAKEN and not (part[0] == "D" and _is_day_of_year(parts)):
            return _MISTAKEN[part[0]]
        if part[0] not in _LETTERS | {"D"}:
            return f"{part} is nothing that dates are read by; put text in quotes"
    given = "".join(part[0] for part in parts).replace("L", "M")
    for letter, name in (("y", "year"), ("M", "month"), ("d", "day")):
        if given.count(letter) > 1:
            hint = ", and minutes are mm" if letter == "M" and _HOURS & set(given) else ""
            return f"it has the {name} twice{hint}"
    has_day = _is_day_of_year(parts)
    if "y" in given and "m" in given and "M" not in given and not has_day:
        return "it has no month, for mm are minutes; did you mean MM?"
    for letter, name in (("y", "year (yyyy)"), ("M", "month (MM)"), ("d", "day (dd)")):
        if letter not in given and not (has_day and letter in "Md"):
            return f"it has no {name}"
    if set("hK") & set(given) and "a" not in given:
        return "its hours end at 12 and it has no am or pm (a); did you mean HH?"
    return None


def _problem_of_order(parts: list[str]) -> str | None:
    before = ""
    for part in parts:
        letter = part[0]
        if letter in _AFTER and before not in _AFTER[letter]:
            return (
                f"{part} are {_NAMES[letter]}, but no {_BEFORE[letter]} stand before them; "
                f"did you mean {_MEANT[letter]}?"
            )
        if letter in "ML" and before in _HOURS:
            return f"{part} after the hours is the month; did you mean mm, the minutes?"
        if len(part) not in _LENGTHS.get(letter, (len(part),)):
            return f"{part} has a length that means nothing"
        before = letter
    return None


def _problem_of_brackets(pattern: str) -> str | None:
    """Optional is only what a date does without; other ways to write it are other patterns."""
    plain = re.sub(r"'[^']*'", "", pattern)
    depth = 0
    for character in plain:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            break
        if depth and character in "yMLdD":
            return "year, month and day cannot be optional ([ ]); give one pattern for each way"
    if depth:
        return "a bracket is not closed, or not opened"
    if re.search(r"[{}#]", plain):
        return "put { } and # in quotes"
    return None


def _is_day_of_year(parts: list[str]) -> bool:
    """Whether a year and the number of a day in it are all there is of a date."""
    given = {part[0] for part in parts}
    return "D" in given and "y" in given and not given & set("MLdm")


# Cities without an entry of their own, and what stands for the zone of China elsewhere.
_CHINESE = re.compile(
    "beijing|peking|tianjin|shenzhen|guangzhou|canton|hangzhou|nanjing|wuhan|chengdu|xian|suzhou|"
    "cst|china|bjt|prc|cn"
)
_OFFSET = re.compile(r"^(?:UTC|GMT|Z)?([+-])0?(\d{1,2})(?::?00)?$", re.IGNORECASE)
# Known to some readers of zones only, or not the same everywhere.
_NO_ZONES = ("Factory", "localtime", "EST", "MST", "HST", "ROC", "GMT+0", "GMT-0")
_NO_FOLDERS = ("posix/", "right/", "SystemV/")


def _check_time_zone(name: str) -> str:
    known = known_time_zones()
    if name not in known:
        raise ValueError(f"there is no such time zone for all engines; {_meant_zone(name, known)}")
    return name


def known_time_zones() -> frozenset[str]:
    """Names of zones that Python, Java and the embedded engine know alike."""
    found = zoneinfo.available_timezones() - set(_NO_ZONES)
    return frozenset(name for name in found if not name.startswith(_NO_FOLDERS))


def _meant_zone(name: str, known: frozenset[str]) -> str:
    offset = _OFFSET.match(name.strip())
    if offset is not None:
        # Names of this kind count from the place to Greenwich.
        sign, hours = "-" if offset[1] == "+" else "+", int(offset[2])
        fixed = "UTC" if hours == 0 else f"Etc/GMT{sign}{hours}"
        if fixed in known:
            other = " (its sign is the other way round)" if hours else ""
            return f"did you mean {fixed}{other}, or a name such as Asia/Shanghai?"
    by_small_letters = {zone.lower().replace(" ", "_"): zone for zone in sorted(known)}
    wanted = name.strip().lower().replace(" ", "_")
    if _CHINESE.fullmatch(wanted.rpartition("/")[2]):
        return "did you mean Asia/Shanghai?"
    cities = {zone.rpartition("/")[2]: by_small_letters[zone] for zone in by_small_letters}
    exact = by_small_letters.get(wanted) or cities.get(wanted.rpartition("/")[2])
    close = [exact] if exact else []
    close += [
        by_small_letters[zone]
        for zone in difflib.get_close_matches(wanted, by_small_letters, cutoff=0.8)
    ]
    return f"did you mean {close[0]}?" if close else "give a name such as Asia/Shanghai"


DatePatterns = Annotated[
    tuple[str, ...], Field(strict=False, min_length=1), AfterValidator(_check_patterns)
]
TimeZone = Annotated[str, AfterValidator(_check_time_zone)]
