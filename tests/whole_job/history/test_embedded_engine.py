"""The same job on the embedded engine: without Java, and with the rows of Spark."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.session.doctor import PINNED_PYSAIL
from rfmf_spark.tables.store import TableStore
from tests.whole_job.history.conftest import EMBEDDED, WITH_HOLDINGS
from tests.whole_job.history.stopping import assert_sigterm_ends_it_in_order
from tests.whole_job.results import RESULT_TABLES, FinishedRun, finished_run, last_event
from tests.whole_job.running import (
    LedgerFiles,
    rfmf_elsewhere,
    settings,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def embedded_run(
    spark: SparkSession, ledger: LedgerFiles, tmp_path_factory: pytest.TempPathFactory
) -> FinishedRun:
    """A run where no Java can be found, in a process of its own."""
    folder = tmp_path_factory.mktemp("embedded")
    store = TableStore(spark, str(folder / "results"))
    arguments = [*ledger.arguments(Path(store.root)), *WITH_HOLDINGS, *EMBEDDED]
    nothing = str(folder / "no-programs")
    ended = rfmf_elsewhere(*arguments, folder=folder, PATH=nothing, JAVA_HOME=nothing)
    return finished_run(ended, store)


@pytest.mark.parametrize("table", RESULT_TABLES)
def test_the_embedded_engine_gives_the_same_rows_as_spark(
    table: str, second_run: FinishedRun, embedded_run: FinishedRun
) -> None:
    assert embedded_run.rows_on_any_engine(table) == second_run.rows_on_any_engine(table)


def test_the_engine_prints_nothing_of_its_own_and_the_first_line_names_it(
    embedded_run: FinishedRun,
) -> None:
    first_line = embedded_run.ended.stdout.splitlines()[0]
    assert first_line.startswith("start ")
    assert first_line.endswith(f" s  sail {PINNED_PYSAIL}")
    assert embedded_run.ended.stderr == ""


def test_a_run_records_the_engine_and_what_it_wrote(embedded_run: FinishedRun) -> None:
    event = last_event(embedded_run.store)
    assert json.loads(event["versions"])["engine"] == f"sail {PINNED_PYSAIL}"
    told = json.loads(event["outputs"])
    assert told == {table: embedded_run.store.version(table) for table in told}


def test_no_column_statistics_are_kept(embedded_run: FinishedRun) -> None:
    logs = Path(embedded_run.store.root).glob("*/_delta_log/*.json")
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    statistics = [json.loads(line["add"]["stats"]) for line in lines if "add" in line]
    assert statistics
    assert [found for found in statistics if found.get("minValues") or found.get("maxValues")] == []


def test_sigterm_ends_a_run_on_the_embedded_engine_in_order(
    spark: SparkSession, ledger: LedgerFiles, tmp_path: Path
) -> None:
    store = TableStore(spark, str(tmp_path / "out"))
    arguments = [*ledger.arguments(Path(store.root)), *EMBEDDED]
    assert_sigterm_ends_it_in_order(store, tmp_path, *arguments)


def test_a_failed_run_on_the_embedded_engine_leaves_its_end_and_no_server(
    spark: SparkSession, ledger: LedgerFiles, tmp_path: Path
) -> None:
    store = TableStore(spark, str(tmp_path / "out"))
    arguments = [*ledger.arguments(Path(store.root), as_of="1999-01-01"), *EMBEDDED]
    ended = rfmf_elsewhere(*arguments, folder=tmp_path)
    assert ended.code == 3
    (line,) = ended.stderr.splitlines()
    assert last_event(store)["reason"] == line.removeprefix("rfmf: ")


def test_a_holding_beyond_64_bits_is_refused_as_on_spark(
    spark: SparkSession, ledger: LedgerFiles, tmp_path: Path
) -> None:
    trades = pd.read_parquet(ledger.trades)
    bought = trades[trades["trade_type"] == "subscription"].index[0]
    trades["units"] = trades["units"].astype("float64")
    # As 1/10,000 units times a NAV in 1/10,000 yuan: some 9.9 × 10 ** 18.
    trades.loc[bought, "units"] = 99_000_000_000
    (tmp_path / "trades").mkdir()
    trades.to_parquet(tmp_path / "trades" / "trades.parquet")
    store = TableStore(spark, str(tmp_path / "out"))
    arguments = replace(ledger, trades=tmp_path / "trades").arguments(Path(store.root))
    limit = settings({"quality.max_units": 100_000_000_000})
    ended = rfmf_elsewhere(*arguments, *limit, *EMBEDDED, folder=tmp_path)
    assert ended.code == 3
    (line,) = ended.stderr.splitlines()
    assert line.startswith(
        "rfmf: stage features: amounts, units, fees or values of one user do not fit into 64 bits"
    )
