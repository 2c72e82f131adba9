"""How far the weights of several experts agree, in one figure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.weights.judgments import SCALE_MAXIMUM

# Lower ends of the words for a consensus (Goepel 2022).
_WORDS = ((0.875, "very high"), (0.75, "high"), (0.625, "moderate"), (0.5, "low"))


def measure_consensus(weights: NDArray[np.float64], votes: NDArray[np.float64]) -> float:
    """Consensus indicator of AHP groups (Goepel 2013, 2022): 1 full agreement, 0 none.

    ``weights`` (k, n) of k experts for n ≥ 2 criteria, each row with sum 1; ``votes`` (k,) are the
    weights of the experts. With the Shannon entropies α (mean of the experts) and γ (of their mean
    weights), D = exp(entropy) and β = γ - α it is (1/D_β - m) / (1 - m), m = D_α,min / n, where
    D_α,min belongs to an expert who puts one criterion 9 times above each other.
    """
    shares = votes / votes.sum()
    alpha = float(shares @ [_entropy(row) for row in weights])
    beta = _entropy(shares @ weights) - alpha
    n = weights.shape[1]
    extreme = np.append(SCALE_MAXIMUM, np.ones(n - 1)) / (SCALE_MAXIMUM + n - 1)
    least = math.exp(_entropy(extreme)) / n
    return float(np.clip((math.exp(-beta) - least) / (1 - least), 0, 1))


def describe_consensus(consensus: float) -> str:
    """The word for a consensus: very low, low, moderate, high or very high."""
    return next((word for least, word in _WORDS if consensus >= least), "very low")


def _entropy(shares: NDArray[np.float64]) -> float:
    present = shares[shares > 0]
    return float(-(present * np.log(present)).sum())
