"""Small roots with runs in them, for tests of the commands for operators."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.schemas.tables import own_fields
from rfmf_spark.tables.runs import record_event
from rfmf_spark.tables.store import RunKey, TableStore

AUGUST = dt.date(2019, 8, 14)


def publish_run(
    spark: SparkSession, store: TableStore, run_id: str, users: list[str], as_of: dt.date = AUGUST
) -> RunKey:
    """A complete run of one segment and K = 1, with a row per user."""
    run = RunKey(as_of, run_id)
    record_event(store, run, "running", spark=spark, details={"versions": {}})
    rows = spark.createDataFrame([(user, 0) for user in users], "user_id string, segment_id int")
    segment = spark.createDataFrame([(0, len(users))], "segment_id int, users long")
    choice = spark.createDataFrame(
        [(1, True, "clear"), (2, False, None)], "k int, chosen boolean, verdict string"
    )
    for table, data in (
        ("user_features", rows),
        ("user_segments", rows),
        ("segment_profile", segment),
        ("k_selection", choice),
    ):
        missing = [field for field in own_fields(table) if field.name not in data.columns]
        nulls = {field.name: F.lit(None).cast(field.dataType) for field in missing}
        store.write(table, data.withColumns(nulls), run)
    details = {
        "exit_code": 0,
        "inputs": {"trades": {"version": 7}},
        "control_totals": {"users": len(users)},
        "configuration": {"clustering.k_max": 8, "scoring.bins": 5},
        "model_id": f"model of {run_id}",
        "outputs": {"user_segments": 3},
        "durations": {"clean": 1.5, "fit": 2.0},
    }
    record_event(store, run, "complete", spark=spark, details=details)
    return run
