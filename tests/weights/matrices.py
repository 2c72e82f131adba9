"""Judgment matrices for tests, from what is above the diagonal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rfmf_spark.weights.judgments import JudgmentMatrix


def matrix_of(judgments: Mapping[tuple[str, str], float], criteria: Sequence[str]) -> np.ndarray:
    """Values of pairwise judgments with their reciprocals; NaN where there is none."""
    values = np.full((len(criteria), len(criteria)), np.nan)
    np.fill_diagonal(values, 1.0)
    for (row, column), value in judgments.items():
        i, j = criteria.index(row), criteria.index(column)
        values[i, j], values[j, i] = value, 1 / value
    return values


def expert(
    values: Sequence[Sequence[float]] | np.ndarray,
    name: str = "A. Expert",
    weight: float = 1.0,
    criteria: Sequence[str] = ("recency", "frequency", "monetary", "tenure"),
    below: Mapping[str, JudgmentMatrix] | None = None,
) -> JudgmentMatrix:
    """One expert's judgments, of as many criteria as there are rows."""
    array = np.array(values, dtype=np.float64)
    names = tuple(criteria[: len(array)])
    return JudgmentMatrix("trial", name, "2024-05-01", names, array, weight, "", below or {})


def consistent(*weights: float) -> np.ndarray:
    """The matrix of an expert who judges exactly by these weights."""
    array = np.array(weights)
    ratios: np.ndarray = array[:, None] / array[None, :]
    return ratios
