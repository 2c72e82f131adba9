"""Runs that end before they publish: exit code, one message, a record, and readers unharmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import RunKey, TableStore
from tests.whole_job.results import FinishedRun, events_of, last_event
from tests.whole_job.running import Ended, LedgerFiles, rfmf, rfmf_elsewhere, settings

pytestmark = pytest.mark.slow

INCONSISTENT = """
name: contradictory
expert: nobody
date: "2019"
criteria: [recency, frequency, monetary]
matrix:
  - [1, 3, 1/7]
  - [1/3, 1, 5]
  - [7, 1/5, 1]
"""


def assert_refused(ended: Ended, store: TableStore, *told: str) -> pd.Series:
    """Exit code 3 with one clear message, recorded as failed with the same words."""
    assert ended.code == 3
    (line,) = ended.stderr.splitlines()
    assert [word for word in told if word not in line] == []
    event = last_event(store)
    assert (event["status"], event["exit_code"]) == ("failed", 3)
    assert line == f"rfmf: {event['reason']}"
    return event


def changed_trades(
    spark: SparkSession, ledger: LedgerFiles, folder: Path, name: str, **columns: str
) -> LedgerFiles:
    """The ledger with some columns of its trades replaced by SQL expressions."""
    trades = spark.read.parquet(str(ledger.trades))
    path = folder / name
    changed = {column: F.expr(expression) for column, expression in columns.items()}
    trades.withColumns(changed).write.parquet(str(path))
    return replace(ledger, trades=path)


def test_too_many_bad_rows_stop_the_run_and_lie_in_quarantine(
    spark: SparkSession, second_run: FinishedRun, ledger: LedgerFiles, tmp_path: Path
) -> None:
    store = second_run.store
    is_hit = "trade_type LIKE '%subscription' AND crc32(trade_id) % 10 = 0"
    tenth = f"IF({is_hit}, NULL, amount)"
    dirty = changed_trades(spark, ledger, tmp_path, "dirty", amount=tenth)
    bad = spark.read.parquet(str(dirty.trades)).where(is_hit).count()
    ended = rfmf(*dirty.arguments(Path(store.root)))
    told = ("input.trades", f"{bad:,} of", "missing_value", "quality.max_bad_share = 0.01")
    event = assert_refused(ended, store, *told)
    assert find_current_run(store, second_run.run.as_of) == second_run.run
    failed = RunKey(event["as_of"], event["run_id"])
    quarantined = store.read_run("quarantine", failed).groupBy("source", "reason").count()
    assert [tuple(row) for row in quarantined.collect()] == [("trades", "missing_value", bad)]
    told_rows = store.read_run("reconciliation", failed).where("reason = 'missing_value'")
    assert [row.rows for row in told_rows.collect()] == [bad]


def test_a_missing_column_is_named(
    spark: SparkSession, second_run: FinishedRun, ledger: LedgerFiles, tmp_path: Path
) -> None:
    store = second_run.store
    path = tmp_path / "renamed"
    renamed = spark.read.parquet(str(ledger.trades)).withColumnRenamed("trade_date", "trade_day")
    renamed.write.parquet(str(path))
    ended = rfmf(*replace(ledger, trades=path).arguments(Path(store.root)))
    assert_refused(ended, store, "input.trades", "no column trade_date", "is it trade_day?")
    assert find_current_run(store) == second_run.run


def test_empty_trades_are_refused(
    spark: SparkSession, second_run: FinishedRun, ledger: LedgerFiles, tmp_path: Path
) -> None:
    store = second_run.store
    path = tmp_path / "empty"
    path.mkdir()
    without_rows = pyarrow.parquet.read_table(ledger.trades).slice(0, 0)
    pyarrow.parquet.write_table(without_rows, path / "0.parquet")
    ended = rfmf(*replace(ledger, trades=path).arguments(Path(store.root)))
    assert_refused(ended, store, "input.trades", str(path), "has no rows")


def test_a_missing_input_is_refused(
    second_run: FinishedRun, ledger: LedgerFiles, tmp_path: Path
) -> None:
    store = second_run.store
    ended = rfmf(*replace(ledger, nav=tmp_path / "none").arguments(Path(store.root)))
    assert_refused(ended, store, "input.nav", "cannot be read", "check the path")


def test_an_input_that_is_not_set_is_refused(second_run: FinishedRun, ledger: LedgerFiles) -> None:
    store = second_run.store
    before = len(events_of(store))
    ended = rfmf(*ledger.arguments(Path(store.root)), *settings({"input.products": "null"}))
    assert ended.code == 2
    assert ended.stderr == (
        "rfmf: input.products is not set; give its path: --set input.products=PATH\n"
    )
    assert len(events_of(store)) == before


def test_contradictory_judgments_are_refused_before_a_run_begins(
    second_run: FinishedRun, ledger: LedgerFiles, tmp_path: Path
) -> None:
    store = second_run.store
    judgments = tmp_path / "judgments.yaml"
    judgments.write_text(INCONSISTENT)
    before = events_of(store)
    given = settings({"weights.judgments": judgments})
    ended = rfmf(*ledger.arguments(Path(store.root)), *given)
    assert ended.code == 2
    assert "consistency ratio" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert events_of(store).equals(before)


def test_a_master_that_does_not_exist_ends_with_one_message(
    ledger: LedgerFiles, tmp_path: Path
) -> None:
    arguments = [*ledger.arguments(tmp_path / "out"), *settings({"session.master": "moon[2]"})]
    ended = rfmf_elsewhere(*arguments, folder=tmp_path)
    assert ended.code == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("rfmf: Spark did not start")
    assert "rfmf doctor" in line
