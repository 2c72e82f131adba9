"""Score cells of a run from a file, for what is done without Spark."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.scoring.columns import SCORE_COLUMNS

Floats = NDArray[np.float64]


class Cells(NamedTuple):
    """Scores (n, 3) in the order R, F, MF, users (n,), and segment ids (n,) where known."""

    scores: Floats
    users: Floats
    segment_ids: NDArray[np.int64] | None


def read_cells(path: str) -> Cells:
    """Read the cells of one run: a CSV or Parquet file, or a folder of Parquet files.

    Columns are those of the table ``score_cells``: r_score, f_score, m_score, users and, where
    there are segments, segment_id. Raises ``InputRefusedError``.
    """
    table = _read_table(path)
    needed = [*SCORE_COLUMNS, "users"]
    missing = [name for name in needed if name not in table.columns]
    if missing or table.empty:
        problem = f"has no column {missing[0]}" if missing else "has no row"
        raise InputRefusedError(
            f"--cells {path}: {problem}; give score cells with the columns {', '.join(needed)}"
        )
    numbers = table[needed].apply(pd.to_numeric, errors="coerce")
    if not (numbers.notna().all().all() and (numbers > 0).all().all()):
        raise InputRefusedError(
            f"--cells {path}: a score or a number of users that is not a positive number; give the "
            f"table score_cells as a run has written it"
        )
    if numbers.duplicated(list(SCORE_COLUMNS)).any():
        raise InputRefusedError(
            f"--cells {path}: a combination of scores occurs twice, as in the rows of several "
            f"runs; give those of one run, such as its folder as_of=…/run_id=…"
        )
    return Cells(
        numbers[list(SCORE_COLUMNS)].to_numpy(dtype=np.float64),
        numbers["users"].to_numpy(dtype=np.float64),
        _read_segments(table),
    )


def _read_table(path: str) -> pd.DataFrame:
    try:
        if path.lower().endswith((".csv", ".txt")):
            return pd.read_csv(path)
        files = sorted(Path(path).glob("**/*.parquet")) if Path(path).is_dir() else [Path(path)]
        if not files:
            raise FileNotFoundError("no Parquet file in this folder")
        return pd.concat([pd.read_parquet(file, partitioning=None) for file in files])
    except (OSError, ValueError) as cause:
        detail = " ".join(str(cause).split())
        raise InputRefusedError(
            f"--cells {path}: cannot be read ({detail:.200}); give a CSV or Parquet file"
        ) from cause


def _read_segments(table: pd.DataFrame) -> NDArray[np.int64] | None:
    if "segment_id" not in table.columns or table["segment_id"].isna().any():
        return None
    # Segments may be numbered with gaps where some have no cell in the file.
    _, numbers = np.unique(table["segment_id"].to_numpy(), return_inverse=True)
    return np.asarray(numbers + 1, dtype=np.int64)
