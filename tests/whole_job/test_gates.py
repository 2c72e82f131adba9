"""Runs on inputs that are late, or have arrived by half."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.end_markers import LocalMarkers
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import TableStore
from tests.whole_job.results import events_of
from tests.whole_job.running import (
    AS_OF,
    QUICK_JOB,
    LedgerFiles,
    rfmf,
    settings,
    write_features,
)

pytestmark = pytest.mark.slow


def test_an_input_loaded_by_half_publishes_nothing(spark: SparkSession, tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.csv")
    store = TableStore(spark, str(tmp_path / "results"))
    chosen = QUICK_JOB | {"input.features": features, "clustering.fixed_k": 2}
    limit = {"output.root": store.root, "quality.min_rows_share": 0.9}
    given = ["--as-of", AS_OF, *settings(chosen | limit)]
    # The first run has nothing to be held against.
    assert rfmf("run", "--run", "r1", *given).code == 0

    lines = features.read_text().splitlines()
    features.write_text("\n".join(lines[:12]))
    half = rfmf("run", "--run", "r2", *given)
    assert half.code == 5
    assert half.stderr.startswith(
        "rfmf: input.features: 11 rows are 55.0% of the 20 that run r1 of 2019-08-14 has read, "
    )
    assert LocalMarkers(Path(store.root)).read("r2").exit_code == 5  # type: ignore[union-attr]
    assert rfmf("validate", *given).code == 5
    assert rfmf("stage", "clean", "--run", "r3", *given).code == 5
    current = find_current_run(store)
    assert current is not None
    assert current.run_id == "r1"
    # Before anything was made of the rows.
    assert json.loads(events_of(store)["outputs"].iloc[-1]) == {}

    meant = rfmf("run", "--run", "r2", *given, *settings({"quality.min_rows_share": 0.5}))
    assert meant.code == 0
    event = events_of(store).iloc[-1]
    assert json.loads(event["versions"])["by"]["user"]


def test_trades_that_are_late_stop_a_run(
    spark: SparkSession, ledger: LedgerFiles, tmp_path: Path
) -> None:
    as_of = dt.date(2019, 9, 1)
    dates = pq.read_table(ledger.trades, columns=["trade_date"])["trade_date"]
    newest = pc.max(pc.filter(dates.cast("date32"), pc.less_equal(dates.cast("date32"), as_of)))
    age = (as_of - newest.as_py()).days
    given = ledger.arguments(tmp_path / "results", as_of.isoformat())[1:]
    fresh = rfmf("validate", *given, *settings({"quality.max_age_days": age}))
    assert (fresh.code, fresh.stderr) == (0, "")
    late = rfmf("validate", *given, *settings({"quality.max_age_days": age - 1}))
    assert late.code == 5
    assert late.stderr.startswith(
        f"rfmf: input.trades: has its newest trade up to {as_of} on {newest}, {age} days before, "
        f"and quality.max_age_days = {age - 1} allows no older; "
    )
