"""The small tables of the choice of K: what every K is worth, and how stable every segment is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.choice import KChoice
from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.scoring.columns import CENTRE_COLUMNS

_STABILITY_COLUMNS = (
    "k",
    "segment_id",
    *CENTRE_COLUMNS,
    "users",
    "user_share",
    "jaccard",
)


def k_selection_table(candidates: Sequence[KCandidate], choice: KChoice) -> pd.DataFrame:
    """Rows of the table ``k_selection``, by K; verdict and reason stand with the chosen one."""
    return pd.DataFrame(
        [_row(c, choice) for c in sorted(candidates, key=lambda candidate: candidate.k)]
    )


def segment_stability_table(
    candidates: Sequence[KCandidate], choice: KChoice, segment_centres: Floats
) -> pd.DataFrame:
    """Rows of the table ``segment_stability``: every segment of every K whose users are known.

    ``segment_centres`` (k, 3) by segment id; only segments of the chosen K have an id.
    """
    rows = []
    for candidate in candidates:
        if candidate.users is None:
            continue
        chosen = candidate.k == choice.k
        for label, centre in enumerate(candidate.centres):
            jaccard = None if candidate.stability is None else candidate.stability.jaccard[label]
            share = candidate.users[label] / candidate.users.sum()
            segment_id = _segment_id(centre, segment_centres) if chosen else None
            rows.append((candidate.k, segment_id, *centre, candidate.users[label], share, jaccard))
    return pd.DataFrame(rows, columns=list(_STABILITY_COLUMNS))


def _row(candidate: KCandidate, choice: KChoice) -> dict[str, object]:
    chosen, stability = candidate.k == choice.k, candidate.stability
    return {
        "k": candidate.k,
        "cost": candidate.cost,
        "cost_mllib": candidate.cost_mllib,
        "explained_share": candidate.explained_share,
        "silhouette": candidate.silhouette,
        "silhouette_euclidean": candidate.silhouette_euclidean,
        "calinski_harabasz": candidate.calinski_harabasz,
        "davies_bouldin": candidate.davies_bouldin,
        "gap": candidate.gap,
        "gap_error": candidate.gap_error,
        "smallest_share": candidate.smallest_share,
        "valley": candidate.valley,
        "stability": candidate.lowest_jaccard,
        "rand_index": stability.rand_index if stability else None,
        "rand_index_halves": stability.rand_index_halves if stability else None,
        "votes": ", ".join(name for name, k in choice.votes.items() if k == candidate.k),
        "failed_gates": "; ".join(choice.failed.get(candidate.k, ())),
        "chosen": chosen,
        "verdict": choice.verdict if chosen else None,
        "runner_up": choice.runner_up if chosen else None,
        "disagreement": choice.disagreement if chosen else None,
        "reason": choice.reason if chosen else None,
    }


def _segment_id(centre: Floats, segment_centres: Floats) -> int:
    return int(np.argmin(((segment_centres - centre) ** 2).sum(axis=1))) + 1
