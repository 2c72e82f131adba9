"""What each criterion votes for: elbow by Kneedle, gap by its own rule, the others by maxima.

A criterion votes for at most one K. How votes become a choice is in ``choice.py``.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from itertools import pairwise

import numpy as np
from kneed import KneeLocator

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.config.sections.clustering import Criterion

ELBOW: Criterion = "elbow"
SILHOUETTE: Criterion = "silhouette"
GAP: Criterion = "gap"
DEFAULT_CRITERIA: tuple[Criterion, ...] = (
    ELBOW,
    SILHOUETTE,
    "calinski_harabasz",
    "davies_bouldin",
    GAP,
)

# The best value of a criterion, in words; its sign, so that more is better.
_BEST: dict[str, tuple[str, float]] = {
    SILHOUETTE: ("silhouette highest", 1.0),
    "silhouette_euclidean": ("Euclidean silhouette highest", 1.0),
    "calinski_harabasz": ("Calinski-Harabasz index highest", 1.0),
    "davies_bouldin": ("Davies-Bouldin index lowest", -1.0),
}

# A bend needs a point on either side.
_FEWEST_POINTS = 3


def collect_votes(
    candidates: Sequence[KCandidate],
    criteria: Sequence[Criterion],
    eligible: Collection[int],
) -> dict[str, int]:
    """The vote of each of ``criteria``, where it has one, for a K in ``eligible``.

    ``candidates`` are in order of K. Elbow and gap look at the curve over all of them and have no
    vote where it leads to another K; the others take their best value among the eligible, and of
    equal ones the smaller K.
    """
    votes: dict[str, int] = {}
    for criterion in criteria:
        if criterion == ELBOW:
            vote = find_elbow([c.k for c in candidates], [c.cost for c in candidates])
        elif criterion == GAP:
            vote = find_gap(candidates)
        else:
            vote = _best_of(criterion, [c for c in candidates if c.k in eligible])
        if vote is not None and vote in eligible:
            votes[criterion] = vote
    return votes


def tell_vote(criterion: str, vote: int, candidates: Sequence[KCandidate]) -> str:
    """A vote and the figure behind it, in words."""
    voted = next(candidate for candidate in candidates if candidate.k == vote)
    if criterion == ELBOW:
        return f"elbow at {vote}, cost {voted.cost:.6g}"
    value = float(getattr(voted, criterion))
    if criterion == GAP:
        return f"gap statistic at {vote}, {value:.4g}"
    return f"{_BEST[criterion][0]} at {vote}, {value:.4g}"


def find_elbow(k_values: Sequence[int], costs: Sequence[float]) -> int | None:
    """The K at which the falling, convex cost curve bends most (Kneedle, Satopää et al. 2011).

    ``None`` for fewer than three points, equal costs, or a curve without a bend inside the range.
    """
    if len(k_values) < _FEWEST_POINTS or min(costs) == max(costs):
        return None
    order = np.argsort(k_values)
    ks, ordered_costs = np.asarray(k_values)[order], np.asarray(costs, dtype=np.float64)[order]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        elbow = KneeLocator(ks, ordered_costs, curve="convex", direction="decreasing").elbow
    # An end of the range has no curve on its other side: nothing bends there.
    return int(elbow) if elbow is not None and ks[0] < elbow < ks[-1] else None


def find_gap(candidates: Sequence[KCandidate]) -> int | None:
    """The smallest K whose gap is at least the next one's less its error (Tibshirani et al. 2001).

    ``None`` where the gap is unknown, or rises as far as it is known.
    """
    for one, following in pairwise(candidates):
        if one.gap is None or following.gap is None or following.gap_error is None:
            continue
        if one.gap >= following.gap - following.gap_error:
            return one.k
    return None


def _best_of(criterion: str, candidates: Sequence[KCandidate]) -> int | None:
    sign = _BEST[criterion][1]
    defined = [c for c in candidates if getattr(c, criterion) is not None]
    # max() keeps the first of equal maxima, and candidates come in order of K.
    return max(defined, key=lambda c: sign * float(getattr(c, criterion))).k if defined else None
