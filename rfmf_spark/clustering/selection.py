"""The table of K: what every candidate is worth, who voted for it, and which one was chosen."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.choice import KChoice


def k_selection_table(candidates: Sequence[KCandidate], choice: KChoice) -> pd.DataFrame:
    """Rows of the table ``k_selection``, by K; the reason stands with the chosen one."""
    return pd.DataFrame(
        [
            {
                "k": candidate.k,
                "cost": candidate.cost,
                "silhouette": candidate.silhouette,
                "calinski_harabasz": candidate.calinski_harabasz,
                "votes": ", ".join(name for name, k in choice.votes.items() if k == candidate.k),
                "chosen": candidate.k == choice.k,
                "reason": choice.reason if candidate.k == choice.k else None,
            }
            for candidate in sorted(candidates, key=lambda candidate: candidate.k)
        ]
    )
