"""YAML as it is read here: plain data, text as keys, nothing twice, nothing that refers or runs."""

from __future__ import annotations

import datetime as dt

import pytest

from rfmf_spark.config.yaml_text import MAX_YAML_CHARACTERS, read_yaml
from rfmf_spark.errors import ConfigurationError


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        read_yaml(text, "own.yaml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("\ufeffa: 1\r\n", {"a": 1}),
        ("022: a\n22: b\nyes: c\n1.10: d\n2019-08-14: e\n~: f\n", "022 22 yes 1.10 2019-08-14 ~"),
        (
            "[022, 000001, 12:30, 12:30:45, 0x1F, 1_000]",
            ["022", "000001", "12:30", "12:30:45", "0x1F", 1000],
        ),
        ("[0, -5, +5, 0.5, -1.0e-06, .5, .inf]", [0, -5, 5, 0.5, -1e-6, 0.5, float("inf")]),
        ("[no, true, null, 2019-08-14]", [False, True, None, dt.date(2019, 8, 14)]),
    ],
)
def test_plain_data_with_keys_as_they_are_written(text: str, value: object) -> None:
    found = read_yaml(text, "own.yaml")

    assert (found if not isinstance(value, str) else " ".join(found)) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", ":3: a is given twice (lines 1 and 3); keep one of the two"),
        ("x:\n- {b: 1, 'b': 2}\n", ":2: b is given twice (lines 2 and 2); keep one of the two"),
        ("a: &x [1]\nb: *x\n", ":2: an alias (*) is not read; write out what it stands for"),
        ("a: &x [*x]\n", ":1: an alias (*) is not read; write out what it stands for"),
        ("[a, b]: 1\n", ":1: a key is a list or a mapping; write text"),
        ("a: [1\n", ":2: not readable as YAML: expected ',' or ']', but got '<stream end>'"),
        ("a:\n  b: 2019-02-30\n", ":1: not readable as YAML: day is out of range for month"),
        ("a: 1\n---\nb: 2\n", ":2: not readable as YAML: but found another document"),
        ("[" * 5000, ": not readable as YAML: nested too deeply"),
    ],
)
def test_what_is_no_plain_data_is_told_with_its_line(text: str, told: str) -> None:
    assert refusal(text) == f"own.yaml{told}"


@pytest.mark.parametrize(
    "text", ["a: !!python/object:os.system x\n", "\tb: 1\n", "a: \x07\n", "a: !x 1"]
)
def test_what_is_no_yaml_or_has_tags_is_refused_in_one_line(text: str) -> None:
    told = refusal(text)

    assert "not readable as YAML: " in told
    assert "\n" not in told


def test_no_excerpt_of_the_text_is_told() -> None:
    assert "hunter2" not in refusal("password: hunter2: x\n")


def test_a_text_that_is_far_too_large_is_not_even_read() -> None:
    assert refusal("#" * (MAX_YAML_CHARACTERS + 1)).startswith("own.yaml: larger than 1000000 ")
