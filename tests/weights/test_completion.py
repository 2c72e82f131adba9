"""Missing judgments, against the completions that Bozóki, Fülöp and Rónyai (2010) print."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.ahp import solve_priorities
from rfmf_spark.weights.completion import complete_judgments, complete_matrix
from tests.weights.matrices import expert, matrix_of

EXAMPLE = {
    ("a", "b"): 1,
    ("a", "c"): 5,
    ("a", "d"): 2,
    ("b", "c"): 3,
    ("b", "d"): 4,
}
# Eight houses, of 28 judgments only 16 made; completions as AHPy's tests have them, which stop
# their cyclic coordinates at a tolerance of 1e-4.
HOUSING = {
    ("a", "b"): 5, ("a", "c"): 3, ("a", "d"): 7, ("a", "e"): 6, ("a", "f"): 6, ("b", "d"): 5,
    ("b", "f"): 3, ("c", "e"): 3, ("c", "g"): 6, ("f", "d"): 4, ("g", "a"): 3, ("g", "e"): 5,
    ("h", "a"): 4, ("h", "b"): 7, ("h", "d"): 8, ("h", "f"): 6,
}  # fmt: skip
HOUSING_COMPLETED = {
    "bc": 0.3300, "be": 1.7197, "bg": 0.4664, "cd": 9.9205, "cf": 4.8525, "ch": 0.5696,
    "de": 0.5253, "dg": 0.1424, "ef": 0.9312, "eh": 0.1093, "fg": 0.2912, "gh": 0.4031,
}  # fmt: skip


def test_one_missing_judgment_gets_the_printed_value_and_weights() -> None:
    whole = complete_matrix(matrix_of(EXAMPLE, "abcd"))

    assert whole[2, 3] == pytest.approx(0.7302965066, abs=1e-6)
    assert whole[3, 2] == pytest.approx(1 / whole[2, 3])
    assert solve_priorities(whole).weights.round(4).tolist() == [0.3738, 0.392, 0.0985, 0.1357]


def test_twelve_missing_judgments_get_the_printed_values() -> None:
    whole = complete_matrix(matrix_of(HOUSING, "abcdefgh"))

    for pair, value in HOUSING_COMPLETED.items():
        row, column = ("abcdefgh".index(house) for house in pair)
        assert whole[row, column] == pytest.approx(value, abs=2e-4)


def test_no_other_value_gives_a_smaller_eigenvalue() -> None:
    values = matrix_of(HOUSING, "abcdefgh")
    whole = complete_matrix(values)
    least = np.linalg.eigvals(whole).real.max()

    for i, j in np.argwhere(np.triu(np.isnan(values))):
        for factor in (0.99, 1.01):
            changed = whole.copy()
            changed[i, j] *= factor
            changed[j, i] /= factor
            assert np.linalg.eigvals(changed).real.max() > least


def test_two_judgments_that_connect_three_criteria_imply_the_third() -> None:
    judged = matrix_of({("a", "b"): 2, ("b", "c"): 3}, "abc")

    whole = complete_matrix(judged)

    assert whole[0, 2] == pytest.approx(6)
    assert solve_priorities(whole).consistency_ratio == pytest.approx(0, abs=1e-9)


def test_a_complete_matrix_comes_back_as_it_is() -> None:
    judgments = expert(np.ones((3, 3)))

    assert complete_judgments(judgments) is judgments


def test_criteria_that_nothing_connects_are_refused_by_name() -> None:
    judged = matrix_of({("a", "b"): 2, ("c", "d"): 3}, "abcd")

    with pytest.raises(ConfigurationError) as told:
        complete_judgments(expert(judged, name="B"))

    assert str(told.value) == (
        "trial by B: no judgment compares recency, frequency with monetary or tenure; add at least "
        "one"
    )
