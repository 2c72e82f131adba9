"""What a K must fulfil before any vote for it counts: segments apart, stable and not tiny.

The criteria always have a best K, also for an even crowd. Gates are what makes "no natural K"
possible.
"""

from __future__ import annotations

from dataclasses import dataclass

from rfmf_spark.clustering.candidate import KCandidate


@dataclass(frozen=True)
class Gates:
    """Bounds that every segment must keep.

    ``max_valley``: between any two segments, the density of users falls to this share of the lower
    peak or below. ``min_stability``: lowest mean Jaccard index of a segment over resamples; Hennig
    (2007) calls segments below 0.75 doubtful. ``min_share``: smallest share of the users.
    """

    max_valley: float = 0.5
    min_stability: float = 0.75
    min_share: float = 0.01


def failed_gates(candidate: KCandidate, gates: Gates) -> tuple[str, ...]:
    """The gates that a candidate fails, each in words with its figures.

    What was not computed fails no gate. A clustering that came back with fewer clusters than K
    fails.
    """
    failed = []
    if candidate.k_found < candidate.k:
        failed.append(f"only {candidate.k_found} clusters have users")
    if candidate.valley is not None and candidate.valley > gates.max_valley:
        failed.append(f"valley {candidate.valley:.3g} above {gates.max_valley:g}")
    jaccard = candidate.lowest_jaccard
    if jaccard is not None and jaccard < gates.min_stability:
        failed.append(f"stability {jaccard:.3g} below {gates.min_stability:g}")
    share = candidate.smallest_share
    if share is not None and share < gates.min_share:
        failed.append(f"share {share:.3g} below {gates.min_share:g}")
    return tuple(failed)
