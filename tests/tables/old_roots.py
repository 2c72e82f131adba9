"""Roots that earlier releases have written, as they left them.

``before_stages``: one complete run of 2019-08-14 on a generated ledger of 100 users, written on
Spark by the first slices of the product, before ``runs`` had the column ``stage``, ``k_selection``
a verdict and segments a reason for their names.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from rfmf_spark.schemas.tables import OUTPUT_TABLES

_ROOTS = Path(__file__).parent / "roots"

OLD_RUN = "2019-08-14-20261129T100534-4e3b3730"
OLD_USERS = 88
OLD_TABLES = ("runs", "k_selection", "segment_profile", "user_features", "user_segments")

# What was added to its tables since.
ADDED = {
    "runs": ["stage"],
    "segment_profile": ["name_reason"],
    "k_selection": [
        "cost_mllib",
        "explained_share",
        "silhouette_euclidean",
        "davies_bouldin",
        "gap",
        "gap_error",
        "smallest_share",
        "valley",
        "stability",
        "rand_index",
        "rand_index_halves",
        "failed_gates",
        "verdict",
        "runner_up",
        "disagreement",
    ],
}


def unpack_old_root(folder: Path) -> Path:
    """A copy of the root ``before_stages`` in a new folder."""
    root = folder / "old"
    shutil.unpack_archive(_ROOTS / "before_stages.tar.xz", root, filter="data")
    return root


def content(root: Path) -> dict[Path, bytes]:
    """Every file below a root that is a part of its tables."""
    files = (file for table in OUTPUT_TABLES for file in (root / table).rglob("*"))
    return {file: file.read_bytes() for file in files if file.is_file()}
