"""Weights of experts and weights from the data, put together."""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.config.sections.weights import CombinationMethod
from rfmf_spark.errors import InputRefusedError

Floats = NDArray[np.float64]

COMBINATIONS: tuple[CombinationMethod, ...] = get_args(CombinationMethod)


def combine_weights(
    method: CombinationMethod, subjective: Floats, objective: Floats, coefficient: float
) -> Floats:
    """Weights (m,) with sum 1 from two such weights.

    ``multiplicative``: products, divided by their sum. ``linear``: ``coefficient`` × subjective +
    (1 - coefficient) × objective. ``minimum_deviation``: as linear, with the coefficients that
    ``solve_deviation`` finds. Raises ``InputRefusedError`` where all products are 0.
    """
    if method == "linear":
        return coefficient * subjective + (1 - coefficient) * objective
    if method == "multiplicative":
        products: Floats = subjective * objective
        if not products.sum() > 0:
            raise InputRefusedError(
                "weights.combination is multiplicative, but every criterion has weight 0 on one "
                "side; use linear or minimum_deviation"
            )
        normalised: Floats = products / products.sum()
        return normalised
    share = solve_deviation(subjective, objective)
    return share * subjective + (1 - share) * objective


def solve_deviation(subjective: Floats, objective: Floats) -> float:
    """Share of ``subjective`` (m,) in the combination that deviates least from both at once.

    Combination weighting by game theory (Chen 2003): with w = Σ α_k w_k, least ‖w - w_j‖² for each
    j at once are the equations Σ_k α_k (w_j · w_k) = w_j · w_j. For two weights a and b they give
    α_a : α_b = b·b (a·a - a·b) : a·a (b·b - a·b); a negative coefficient counts as 0, and the two
    are divided by their sum. Equal weights share evenly.
    """
    own, other = float(subjective @ subjective), float(objective @ objective)
    both = float(subjective @ objective)
    ours = other * max(own - both, 0.0)
    theirs = own * max(other - both, 0.0)
    return ours / (ours + theirs) if ours + theirs > 0 else 0.5
