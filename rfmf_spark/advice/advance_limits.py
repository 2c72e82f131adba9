"""Limits of what is advanced on one day: per user and fund, per user, per fund."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from rfmf_spark.errors import InputRefusedError

# Yuan per user, fund and day: China's rule for money-market funds since July 2018.
REGULATORY_LIMIT = 10_000.0

_KEYS = ["date", "user_id", "product_id"]


class AdvanceLimits(NamedTuple):
    """Limits in yuan per day; ``None`` is no limit."""

    per_user_and_fund: float | None = REGULATORY_LIMIT
    per_user: float | None = None
    per_fund: float | None = None


def limit_advances(requests: pd.DataFrame, limits: AdvanceLimits) -> pd.DataFrame:
    """What of the requests can be advanced.

    ``requests``: ``date``, ``user_id``, ``product_id``, ``amount`` (yuan), any number of rows per
    key. Result: one row per date, user and product, sorted, with ``requested`` and ``advanced``
    (yuan). The limit per user and fund comes first; where a user or then a fund is still above its
    limit, all its advances of the day shrink in proportion. Raises ``InputRefusedError`` for
    negative or missing amounts.
    """
    bad = int((~(requests["amount"] >= 0)).sum())
    if bad:
        raise InputRefusedError(
            f"requests: {bad} rows have an amount that is negative or missing; correct or remove"
        )
    limited = requests.groupby(_KEYS)["amount"].sum().rename("requested").reset_index()
    limited["advanced"] = limited["requested"].astype(float).clip(upper=limits.per_user_and_fund)
    for key, limit in (("user_id", limits.per_user), ("product_id", limits.per_fund)):
        if limit is not None:
            wanted = limited.groupby(["date", key])["advanced"].transform("sum")
            limited["advanced"] *= (limit / wanted.where(wanted > limit)).fillna(1.0)
    return limited
