"""A whole run with every default, on a ledger with one heavy user and one heavy product.

Its features are held against DuckDB.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.whole_job.oracle import features_by_duckdb
from tests.whole_job.results import finished_run
from tests.whole_job.running import AS_OF, generate_ledger, rfmf

pytestmark = pytest.mark.slow

USERS = 1_500


def test_features_of_a_skewed_ledger_equal_those_of_duckdb(
    spark: SparkSession, tmp_path: Path
) -> None:
    ledger = generate_ledger(tmp_path / "skewed", USERS, "--skew", seed=19)
    root = tmp_path / "results"
    found = finished_run(rfmf(*ledger.arguments(root, quick=False)), TableStore(spark, str(root)))

    features = found.table("user_features").sort_values("user_id", ignore_index=True)
    expected = features_by_duckdb(ledger, AS_OF)
    same = ["user_id", "recency_days", "frequency", "cumulative_amount", "products_held"]
    pd.testing.assert_frame_equal(features[same], expected[same], check_dtype=False)
    difference = (features["monetary"].astype(float) - expected["monetary"]).abs()
    assert (difference <= 1e-6 + 1e-8 * expected["trades"]).all()
    others = features["frequency"].drop(features["frequency"].idxmax())
    assert features["frequency"].max() == USERS > 10 * others.max()
    assert Path(found.ended.stdout.splitlines()[-1].removeprefix("Report: ")).exists()
    chosen = found.table("k_selection").set_index("k")
    assert chosen.index.tolist() == list(range(2, 11))
    assert chosen[["gap", "gap_error", "stability"]].notna().all(axis=None)
