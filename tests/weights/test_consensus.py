"""The consensus of a group: its ends, a case by hand, and scipy's entropies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import entropy

from rfmf_spark.weights.consensus import describe_consensus, measure_consensus


def test_equal_weights_are_full_agreement() -> None:
    assert measure_consensus(np.array([[0.6, 0.3, 0.1]] * 3), np.ones(3)) == pytest.approx(1)


def test_experts_with_opposite_extremes_do_not_agree_at_all() -> None:
    extremes = np.array([[9, 1, 1], [1, 9, 1], [1, 1, 9]]) / 11

    assert measure_consensus(extremes, np.ones(3)) == pytest.approx(0, abs=1e-12)


def test_two_experts_by_hand() -> None:
    # alpha = 0.5623, gamma = ln 2 = 0.6931, 1 / D_beta = exp(-0.1308) = 0.8774; the extreme
    # expert (0.9, 0.1) has entropy 0.3251, so m = exp(0.3251) / 2 = 0.6921.
    found = measure_consensus(np.array([[0.75, 0.25], [0.25, 0.75]]), np.ones(2))

    assert round(found, 3) == round((0.87738 - 0.69207) / (1 - 0.69207), 3) == 0.602


def test_votes_count_as_repeated_experts() -> None:
    weights = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3]])
    repeated = weights[[0, 0, 0, 1]]
    least = math.exp(entropy([9, 1, 1])) / 3
    beta = entropy(repeated.mean(axis=0)) - np.mean([entropy(row) for row in repeated])

    found = measure_consensus(weights, np.array([3.0, 1.0]))

    assert found == pytest.approx((math.exp(-beta) - least) / (1 - least))


def test_words_begin_at_their_limits() -> None:
    told = [describe_consensus(value) for value in (0.49, 0.5, 0.63, 0.75, 0.875)]

    assert told == ["very low", "low", "moderate", "high", "very high"]
