"""Weights from the data, against published cases and rows repeated once per user."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA

from rfmf_spark.config.sections.weights import ObjectiveMethod
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.weights.objective import OBJECTIVE_METHODS, find_objective_weights

XU = [[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]]
# Diakoulaki, Mavrotas and Papayannakis 1995: eight firms by profitability, market share and
# productivity.
FIRMS = [
    [61, 1.08, 4.33], [20.7, 0.26, 4.34], [16.3, 1.98, 2.53], [9, 3.29, 1.65],
    [5.4, 2.77, 2.33], [4, 4.12, 1.21], [-6.1, 3.52, 2.10], [-34.6, 3.31, 0.98],
]  # fmt: skip


def weigh(method: ObjectiveMethod, rows: object) -> np.ndarray:
    values = np.array(rows, dtype=np.float64)
    return find_objective_weights(method, values, np.ones(len(values)))


@pytest.mark.parametrize(
    ("method", "rows", "printed", "digits"),
    [
        ("entropy", XU, [0.4630, 0.3992, 0.1378, 0.0000], 4),
        ("entropy", [[1, 2], [4, 16]], [0.358889, 0.641111], 6),
        ("standard_deviation", [[1, 2], [4, 16]], [0.176471, 0.823529], 6),
        ("critic", FIRMS, [0.20222554, 0.48090173, 0.31687273], 8),
    ],
    ids=["entropy (Xu 2004)", "entropy (scikit-criteria)", "deviation (scikit-criteria)", "CRITIC"],
)
def test_published_cases_come_out_to_the_printed_digits(
    method: ObjectiveMethod, rows: object, printed: list[float], digits: int
) -> None:
    assert weigh(method, rows).round(digits).tolist() == printed


def test_the_loadings_of_fishers_irises_come_out_squared() -> None:
    # Printed for the four lengths and widths wherever these flowers are: .5211 -.2693 .5804 .5649.
    found = weigh("principal_component", load_iris().data)

    np.testing.assert_allclose(np.sqrt(found), [0.5211, 0.2693, 0.5804, 0.5649], atol=5e-5)


def test_the_principal_component_is_that_of_scikit_learn() -> None:
    rows = np.random.default_rng(3).integers(1, 11, (40, 3)).astype(np.float64)
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)

    expected = PCA(1).fit(standard).components_[0] ** 2

    np.testing.assert_allclose(weigh("principal_component", rows), expected, rtol=1e-9)


@pytest.mark.parametrize("method", OBJECTIVE_METHODS)
def test_cells_weigh_as_rows_repeated_once_per_user(method: ObjectiveMethod) -> None:
    random = np.random.default_rng(5)
    cells, users = random.integers(1, 11, (30, 3)).astype(np.float64), random.integers(1, 9, 30)

    found = find_objective_weights(method, cells, users.astype(np.float64))

    np.testing.assert_allclose(found, weigh(method, np.repeat(cells, users, axis=0)), rtol=1e-9)
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize("method", OBJECTIVE_METHODS)
def test_a_score_that_is_the_same_for_all_has_no_weight(method: ObjectiveMethod) -> None:
    assert weigh(method, [[1, 6, 3], [5, 6, 3]]).round(9).tolist() == [1, 0, 0]
    found = weigh(method, [[1, 6, 3], [5, 6, 4], [2, 6, 9]])
    assert found[1] == 0
    assert found.min() >= 0


@pytest.mark.parametrize("method", OBJECTIVE_METHODS)
def test_users_who_are_all_alike_tell_nothing(method: ObjectiveMethod) -> None:
    with pytest.raises(InputRefusedError, match=rf"weights by {method}: the scores of all 2 users"):
        weigh(method, [[1, 6, 3], [1, 6, 3]])
    with pytest.raises(InputRefusedError, match="of all 1 users are the same, or rise and fall"):
        weigh(method, [[1, 6, 3]])
