"""Reading judgment matrices: what is accepted, and how mistakes are told."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.judgments import parse_judgments

INEXACT = "[1, 0.71, 0.46], [1.41, 1, 0.85], [2.18, 1.18, 1]"


def judgments_yaml(
    rows: str, criteria: str = "[recency, frequency, monetary]", more: str = ""
) -> str:
    return f"name: n\nexpert: e\ndate: 2019-08-14\ncriteria: {criteria}\nmatrix: [{rows}]\n{more}"


def test_the_shipped_matrix_is_the_published_one() -> None:
    text, where = read_named_file("judgments/huang2019.yaml", "weights.judgments")

    judgments = parse_judgments(text, where)

    assert judgments.criteria == ("recency", "frequency", "monetary")
    expected = [[1, 1 / 3, 1 / 7], [3, 1, 1 / 5], [7, 5, 1]]
    np.testing.assert_array_equal(judgments.values, expected)


def test_fractions_decimals_and_dates_are_read() -> None:
    text = judgments_yaml('[1, "1/4"], [4.0, 1]', "[a, b]")

    judgments = parse_judgments(text, "x.yaml")

    np.testing.assert_array_equal(judgments.values, [[1, 0.25], [4, 1]])
    assert (judgments.name, judgments.expert, judgments.judged_on) == ("n", "e", "2019-08-14")


def test_the_values_cannot_be_changed_afterwards() -> None:
    judgments = parse_judgments(judgments_yaml("[1, 2], [1/2, 1]", "[a, b]"), "x.yaml")

    with pytest.raises(ValueError, match="read-only"):
        judgments.values[0, 1] = 3


def test_averaged_judgments_are_refused_with_the_pair_and_the_reciprocal() -> None:
    with pytest.raises(ConfigurationError) as told:
        parse_judgments(judgments_yaml(INEXACT), "team.yaml")

    message = str(told.value)
    assert message.startswith("team.yaml: recency over frequency is 0.71, but frequency over")
    assert "is 1.41 where the reciprocal would be 1.40845" in message
    assert "weights.inexact_reciprocals" in message


def test_averaged_judgments_are_read_where_accepted() -> None:
    judgments = parse_judgments(judgments_yaml(INEXACT), "x.yaml", inexact_reciprocals="accept")

    assert judgments.values[2, 0] == 2.18


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (judgments_yaml("[1, 2], [0.49, 1]", "[a, b]"), "reciprocal would be 0.5"),
        (judgments_yaml("[1, 2], [1/2, 1]"), r"rows of \[2, 2\] entries; 3 criteria need 3 full"),
        (judgments_yaml("[1, 2], [1/2]", "[a, b]"), r"rows of \[2, 1\] entries"),
        (judgments_yaml("[1, 0], [1, 1]", "[a, b]"), "a over b is 0; write a positive number"),
        (judgments_yaml("[1, -2], [1, 1]", "[a, b]"), "a over b is -2; write a positive"),
        (judgments_yaml("[1, .inf], [1, 1]", "[a, b]"), "a over b is inf; write a positive"),
        (judgments_yaml("[1, .nan], [1, 1]", "[a, b]"), "a over b is nan; write a positive"),
        (judgments_yaml("[1, 1/0], [1, 1]", "[a, b]"), "a over b is '1/0'; write a positive"),
        (judgments_yaml("[1, high], [1, 1]", "[a, b]"), "a over b is 'high'; write a positive"),
        (judgments_yaml("[2, 1], [1, 1]", "[a, b]"), "a over itself is 2; the diagonal must be 1"),
        (judgments_yaml("[1, 10], [1/10, 1]", "[a, b]"), "a over b is 10, off Saaty's scale"),
        (judgments_yaml("[1, 1], [1, 1]", "[a, a]"), "criteria are a, a; name each criterion once"),
        (judgments_yaml("[1]", "[a]", "colour: 3"), "colour: extra inputs are not permitted"),
        (judgments_yaml("[true]", "[a]"), "matrix.0.0: "),
        ("name: n", "expert: field required; a judgment matrix has the keys"),
        ("- 1", "expected the keys name, expert, date, criteria and matrix"),
        ("", "expected the keys name"),
        ("a: [", "not readable as YAML"),
        (
            judgments_yaml("[1]", "[a]", "matrix: [[1]]"),
            r"matrix is given twice \(lines [0-9]+ and [0-9]+\); keep one of the two",
        ),
    ],
)  # fmt: skip
def test_a_bad_matrix_is_refused_with_place_value_and_remedy(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^x.yaml(:[0-9]+)?: .*{problem}"):
        parse_judgments(text, "x.yaml")


def test_averaged_judgments_become_their_geometric_means_where_symmetrised() -> None:
    judgments = parse_judgments(judgments_yaml(INEXACT), "x.yaml", inexact_reciprocals="symmetrise")

    assert judgments.values[0, 1] == pytest.approx((0.71 / 1.41) ** 0.5)
    np.testing.assert_allclose(judgments.values * judgments.values.T, np.ones((3, 3)))


def test_a_judgment_left_open_on_one_side_is_the_reciprocal_of_the_other() -> None:
    text = judgments_yaml('[1, null, 4], [2, 1, "?"], [null, ~, 1]')

    values = parse_judgments(text, "x.yaml").values

    assert (values[0, 1], values[2, 0]) == (0.5, 0.25)
    assert np.isnan(values[1, 2])
    assert np.isnan(values[2, 1])


def test_votes_and_sub_criteria_are_read() -> None:
    more = "weight: 2\nsub_criteria: {b: {criteria: [c, d], matrix: [[1, 3], [1/3, 1]]}}\n"

    judgments = parse_judgments(judgments_yaml("[1, 2], [1/2, 1]", "[a, b]", more), "x.yaml")

    assert judgments.weight == 2
    below = judgments.sub_criteria["b"]
    assert (below.criteria, below.expert, below.weight) == (("c", "d"), "e", 2)
    assert below.values[0, 1] == 3


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("weight: 0", "weight: input should be greater than 0"),
        ("sub_criteria: {z: {criteria: [c], matrix: [[1]]}}", "sub_criteria has z, which is none"),
        (
            "sub_criteria: {a: {criteria: [c, d], matrix: [[1, 3], [1, 1]]}}",
            "a: c over d is 3, but",
        ),
    ],
)
def test_mistakes_in_them_are_told_with_the_place(more: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^x.yaml: .*{problem}"):
        parse_judgments(judgments_yaml("[1, 2], [1/2, 1]", "[a, b]", more), "x.yaml")
