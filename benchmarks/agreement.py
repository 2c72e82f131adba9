"""Whether two contestants have found the same: features, scores, and segments of one model."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
from scipy.spatial.distance import cdist

# The number of users, and how many of them differ in R, F, MF and scores.
_DIFFERENCES = """
SELECT count(*),
    count(*) FILTER (a.recency_days IS DISTINCT FROM b.recency_days),
    count(*) FILTER (a.frequency IS DISTINCT FROM b.frequency),
    count(*) FILTER (a.monetary::DECIMAL(28, 8) IS DISTINCT FROM b.monetary_e8 * 0.00000001),
    count(*) FILTER ((s.r_score, s.f_score, s.m_score)
        IS DISTINCT FROM (t.r_score, t.f_score, t.m_score))
FROM read_parquet('{ours}/user_features/*/*/*.parquet') a
FULL JOIN read_parquet('{peer}/user_features.parquet') b USING (user_id)
LEFT JOIN read_parquet('{ours}/user_segments/*/*/*.parquet') s USING (user_id)
LEFT JOIN read_parquet('{peer}/user_segments.parquet') t USING (user_id)
"""
_CELLS = """
SELECT r_score, f_score, m_score, count(*) AS users
FROM read_parquet('{peer}/user_segments.parquet') GROUP BY ALL
"""
_OUR_SIZES = """
SELECT segment_id, users FROM read_parquet('{ours}/segment_profile/*/*/*.parquet') ORDER BY 1
"""
_MODEL = "SELECT model FROM read_parquet('{ours}/models/*/*/*.parquet')"


def tell_agreement(ours: Path, peer: Path) -> str:
    """How many users there are, and how many the peer sees differently than we do."""
    with duckdb.connect() as connection:
        row = connection.execute(_DIFFERENCES.format(ours=ours, peer=peer)).fetchone()
        users, *different = row or (0,)
        sizes = connection.execute(_OUR_SIZES.format(ours=ours)).fetchnumpy()["users"]
        (model,) = connection.execute(_MODEL.format(ours=ours)).fetchone() or ("{}",)
        cells = connection.execute(_CELLS.format(peer=peer)).df()
    differences = ", ".join(
        f"{name} {n}" for name, n in zip(("R", "F", "MF", "scores"), different, strict=True)
    )
    nearest = cdist(cells[["r_score", "f_score", "m_score"]], _centres(model)).argmin(axis=1)
    theirs = np.bincount(nearest, weights=cells["users"], minlength=len(sizes)).astype(int)
    same = "the same" if theirs.tolist() == sizes.tolist() else f"different ({theirs} and {sizes})"
    return f"{users:,} users; users who differ: {differences}; segment sizes by our centres: {same}"


def _centres(model: str) -> list[list[float]]:
    document = json.loads(model)
    return [segment["centre"] for segment in document["segments"]]
