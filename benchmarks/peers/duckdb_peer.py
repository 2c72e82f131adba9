"""An expert's segmentation with DuckDB and scikit-learn: python -m benchmarks.peers.duckdb_peer …

Arguments: the folder of a ledger (Parquet), a folder for the results, the business date. Rows are
checked and deduplicated, features and scores are whole numbers, K-means runs on weighted score
cells, and profiles have medians: the work of ``rfmf run``, without its tables, choice of K by
resampling, or messages.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.peers.clusters import cluster_cells

_CELLS = """
SELECT r_score, f_score, m_score, count(*) AS users FROM scored GROUP BY ALL ORDER BY ALL
"""
_PROFILE = """
COPY (
    SELECT segment_id, count(*) AS users,
        avg(recency_days) AS recency_days_mean, median(recency_days) AS recency_days_median,
        avg(frequency) AS frequency_mean, median(frequency) AS frequency_median,
        avg(monetary_e8) / 1e8 AS monetary_mean, median(monetary_e8) / 1e8 AS monetary_median,
        avg(cumulative_cents) / 1e2 AS cumulative_amount_mean,
        avg(holding_e8) / 1e8 AS holding_amount_mean,
        avg((products_held > 0)::INT) AS retention_rate
    FROM segmented GROUP BY segment_id ORDER BY segment_id
) TO '{out}/segment_profile.parquet'
"""


def main(ledger: str, out: str, as_of: str) -> None:
    """Segment all users, write Parquet files, and print seconds by phase as JSON."""
    Path(out).mkdir(parents=True, exist_ok=True)
    seconds = {}
    with duckdb.connect() as connection:
        started = time.monotonic()
        _score(connection, ledger, as_of)
        seconds["features and scores"] = time.monotonic() - started
        started = time.monotonic()
        cells = connection.execute(_CELLS).df()
        segments = cells.assign(segment_id=cluster_cells(cells))
        seconds["clusters"] = time.monotonic() - started
        started = time.monotonic()
        _publish(connection, segments, out)
        seconds["results"] = time.monotonic() - started
    print(json.dumps({name: round(taken, 2) for name, taken in seconds.items()}))


def _score(connection: duckdb.DuckDBPyConnection, ledger: str, as_of: str) -> None:
    for name in ("trades", "nav", "products"):
        connection.execute(f"SET VARIABLE {name} = '{ledger}/{name}/*.parquet'")
    connection.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
    script = Path(__file__).with_name("segments.sql").read_text(encoding="utf-8")
    connection.execute(script)


def _publish(connection: duckdb.DuckDBPyConnection, segments: pd.DataFrame, out: str) -> None:
    connection.register("segment_of_cell", segments)
    connection.execute(
        "CREATE TEMP VIEW segmented AS SELECT * FROM scored JOIN segment_of_cell "
        "USING (r_score, f_score, m_score)"
    )
    connection.execute(f"COPY user_features TO '{out}/user_features.parquet'")
    connection.execute(
        f"COPY (SELECT user_id, r_score, f_score, m_score, segment_id FROM segmented) "
        f"TO '{out}/user_segments.parquet'"
    )
    connection.execute(_PROFILE.format(out=out))
    connection.execute(f"COPY reconciliation TO '{out}/reconciliation.parquet'")


if __name__ == "__main__":
    main(*sys.argv[1:])
