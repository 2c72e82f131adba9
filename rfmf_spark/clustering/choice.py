"""Choosing K among fitted candidates: three criteria vote, and the reason is told in words."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from kneed import KneeLocator

from rfmf_spark.clustering.candidate import KCandidate

ELBOW = "elbow"
SILHOUETTE = "silhouette"
CALINSKI_HARABASZ = "calinski_harabasz"

_NAMES = {
    ELBOW: "elbow of the cost",
    SILHOUETTE: "silhouette",
    CALINSKI_HARABASZ: "Calinski-Harabasz index",
}

# A bend needs a point on either side.
_FEWEST_POINTS = 3


@dataclass(frozen=True)
class KChoice:
    """The chosen K, what each criterion voted for (by its column name), and why, in English."""

    k: int
    votes: dict[str, int]
    reason: str


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


def choose_k(candidates: Sequence[KCandidate]) -> KChoice:
    """Choose K by the votes of elbow, silhouette and Calinski-Harabasz.

    A K with at least two votes wins; otherwise the elbow's, the criterion of Huang 2019; without
    an elbow the silhouette's. Equal maxima count for the smaller K. A candidate that came back with
    fewer than K clusters has no vote, unless all did. Raises ``ValueError`` without candidates.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from")
    ordered = sorted(candidates, key=lambda candidate: candidate.k)
    if len(ordered) == 1:
        return KChoice(ordered[0].k, {}, f"K = {ordered[0].k}: no other K was possible")
    complete = [candidate for candidate in ordered if candidate.k_found == candidate.k] or ordered
    votes = _collect_votes(complete)
    if not votes:
        k = complete[0].k
        return KChoice(k, {}, f"K = {k}: no criterion is defined here, so the smallest K was taken")
    k, rule = _count_votes(votes)
    told = "; ".join(_tell_vote(criterion, vote, complete) for criterion, vote in votes.items())
    missing = "" if ELBOW in votes else "; the cost curve has no elbow"
    return KChoice(k, votes, f"K = {k}: {rule} ({told}{missing})")


def choose_fixed_k(
    fixed_k: int, candidates: Sequence[KCandidate], distinct: str = "score cells"
) -> KChoice:
    """The K fixed by configuration, or the largest possible below it, with the reason.

    ``distinct`` tells what there are too few of for a larger K.
    """
    k = max(candidate.k for candidate in candidates)
    if k == fixed_k:
        return KChoice(k, {}, f"K = {k}: fixed by configuration (clustering.fixed_k)")
    return KChoice(
        k,
        {},
        f"K = {k}: clustering.fixed_k is {fixed_k}, but there are only {k} distinct {distinct}",
    )


def _collect_votes(candidates: Sequence[KCandidate]) -> dict[str, int]:
    votes: dict[str, int] = {}
    elbow = find_elbow([c.k for c in candidates], [c.cost for c in candidates])
    if elbow is not None:
        votes[ELBOW] = elbow
    for criterion in (SILHOUETTE, CALINSKI_HARABASZ):
        defined = [c for c in candidates if getattr(c, criterion) is not None]
        if defined:
            # max() keeps the first of equal maxima, and candidates come in order of K.
            votes[criterion] = max(defined, key=lambda c: float(getattr(c, criterion))).k
    return votes


def _count_votes(votes: dict[str, int]) -> tuple[int, str]:
    k, count = Counter(votes.values()).most_common(1)[0]
    if count >= 2:
        return k, f"{count} of {len(votes)} criteria agree"
    if len(votes) == 1:
        return k, "the only criterion that votes"
    first = next(name for name in (ELBOW, SILHOUETTE, CALINSKI_HARABASZ) if name in votes)
    return votes[first], f"the criteria disagree, and the {_NAMES[first]} decides"


def _tell_vote(criterion: str, vote: int, candidates: Sequence[KCandidate]) -> str:
    voted = next(candidate for candidate in candidates if candidate.k == vote)
    if criterion == ELBOW:
        return f"elbow at {vote}, cost {voted.cost:.6g}"
    return f"{_NAMES[criterion]} highest at {vote}, {float(getattr(voted, criterion)):.4g}"
