"""Looking at what earlier runs have refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pandas as pd
from pyspark.sql import Window
from pyspark.sql import functions as F

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.tables.runs import LATEST
from rfmf_spark.tables.store import RunKey, TableStore

# Columns that tell what is wrong and nothing about a person; all others are masked.
_SHOWN_COLUMNS = frozenset({"trade_type", "product_id", "product_type", "status"})
_SAMPLES_PER_REASON = 3


@dataclass(frozen=True)
class QuarantineReport:
    """Rows by source and reason, and a few masked records of each."""

    run: RunKey
    counts: pd.DataFrame
    samples: pd.DataFrame


def report_quarantine(store: TableStore, run_id: str) -> QuarantineReport:
    """Reasons, counts and masked samples of what a run has refused, whether it completed or not.

    Raises ``InputRefusedError`` when there is no such run.
    """
    run = _find_begun_run(store, run_id)
    rows = store.read_run("quarantine", run)
    counts = rows.groupBy("source", "reason").agg(F.count("*").alias("rows")).toPandas()
    within = Window.partitionBy("source", "reason").orderBy(F.xxhash64("record"))
    samples = (
        rows.withColumn("number", F.row_number().over(within))
        .where(F.col("number") <= _SAMPLES_PER_REASON)
        .select("source", "reason", "record")
        .toPandas()
    )
    samples["record"] = samples["record"].map(mask_record)
    order = ["source", "reason"]
    return QuarantineReport(
        run,
        counts.sort_values(order, ignore_index=True),
        samples.sort_values([*order, "record"], ignore_index=True),
    )


def mask_record(record: str) -> str:
    """A record with the shape of its values: letters as x, digits as 9, punctuation as it is."""
    values = json.loads(record)
    masked = {
        name: value if name in _SHOWN_COLUMNS else _mask(str(value))
        for name, value in values.items()
    }
    return json.dumps(masked, ensure_ascii=False)


def _mask(text: str) -> str:
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", text))


def _find_begun_run(store: TableStore, run_id: str) -> RunKey:
    """A run, however it ended: an id, or ``latest`` for the one that began last."""
    if store.exists("runs"):
        events = store.collect("runs", ["event", "status", "as_of", "run_id"])
        begun = [event for event in events if event["status"] == "running"]
        wanted = [event for event in begun if run_id in (LATEST, event["run_id"])]
        if wanted:
            last = max(wanted, key=lambda event: int(event["event"]))
            return RunKey(last["as_of"], last["run_id"])
    raise InputRefusedError(
        f"--run {run_id}: {store.root} has no such run; see table runs for their ids, or correct "
        f"output.root"
    )
