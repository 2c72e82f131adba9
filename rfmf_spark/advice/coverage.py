"""How much of the fast-redemption volume a share of users covers, and where more stops paying.

The benefit of a share s is the part of the volume that the users with the most of it cover. It is
concave (the curve of Lorenz 1905, from the top), while the cost grows with s on a straight line.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from kneed import KneeLocator

from rfmf_spark.advice.yield_columns import Floats
from rfmf_spark.errors import InputRefusedError

_POINTS = 1_000
# Below this distance from the straight line all users are alike, and a knee would be chance.
_SLIGHTEST_BEND = 0.01


def trace_coverage(volumes: Floats, users: int) -> pd.DataFrame:
    """The curve of covered volume over the share of users, at steps of 0.1 %.

    ``volumes`` (n,): fast-redemption volume of each user that has any, in yuan; ``users``: all
    users, n or more. Result: ``share``, ``users`` (whole users within that share), ``covered`` (0
    to 1). Raises ``InputRefusedError`` where there is no volume, or a negative or missing one.
    """
    if not (volumes >= 0).all() or volumes.sum() <= 0 or users < volumes.size:
        raise InputRefusedError(
            f"volumes: {int((~(volumes >= 0)).sum())} are negative or missing, the sum is "
            f"{volumes.sum():g} of {volumes.size} users out of {users}; give volumes from 0, at "
            f"least one above it, and no more than users"
        )
    largest_first = np.sort(volumes.astype(float))[::-1]
    covered = np.concatenate([[0.0], np.cumsum(largest_first)])
    within = np.arange(_POINTS + 1) * users // _POINTS
    return pd.DataFrame(
        {
            "share": np.arange(_POINTS + 1) / _POINTS,
            "users": within,
            "covered": covered[np.minimum(within, volumes.size)] / covered[-1],
        }
    )


def find_knee(curve: pd.DataFrame) -> float | None:
    """The share after which covered volume grows slower than cost (Satopää et al. 2011).

    ``curve`` as of ``trace_coverage``. ``None`` where the curve hardly bends.
    """
    bend = (curve["covered"] - curve["share"]).max()
    if bend < _SLIGHTEST_BEND:
        return None
    located = KneeLocator(
        curve["share"].to_numpy(),
        curve["covered"].to_numpy(),
        curve="concave",
        direction="increasing",
    )
    return None if located.knee is None else float(located.knee)
