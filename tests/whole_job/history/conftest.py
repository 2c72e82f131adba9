"""One history of runs on one root for all tests of this folder, which run in one process.

The history is a chain: a run completes on the embedded engine, a second is killed there, a third
repeats it on Spark under other circumstances, a fourth is told to stop there. Each link remembers
what readers saw when it had ended.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import RunKey, TableStore
from tests.sessions import speaking_classic
from tests.whole_job.results import FinishedRun, events_of, finished_run
from tests.whole_job.running import (
    Ended,
    LedgerFiles,
    rfmf,
    settings,
    started_rfmf,
    wait_for_stage,
)

EARLIER_DATE = "2019-06-28"
EMBEDDED = settings({"session.engine": "embedded"})
WITH_HOLDINGS = settings({"output.write_holdings": "true"})


@dataclass(frozen=True)
class InterruptedRun:
    """A run that did not complete, and what readers saw afterwards."""

    ended: Ended
    current: RunKey | None
    events: pd.DataFrame


@pytest.fixture(scope="session")
def shuffled_ledger(spark: SparkSession, ledger: LedgerFiles, job_folder: Path) -> LedgerFiles:
    """The same rows in another order, spread over other files."""
    folder = job_folder / "shuffled"
    for name, files in (("trades", 7), ("nav", 3), ("products", 2)):
        rows = spark.read.parquet(str(getattr(ledger, name)))
        rows.orderBy(F.rand(5)).repartition(files).write.parquet(str(folder / name))
    return LedgerFiles.in_folder(folder)


@pytest.fixture(scope="session")
def store(spark: SparkSession, job_folder: Path) -> TableStore:
    """The results of the history of runs."""
    return TableStore(spark, str(job_folder / "results"))


@pytest.fixture(scope="session")
def first_run(ledger: LedgerFiles, store: TableStore) -> FinishedRun:
    """A complete run, with its report."""
    arguments = [*ledger.arguments(Path(store.root)), *WITH_HOLDINGS]
    return finished_run(rfmf(*arguments, *settings({"report.enabled": "true"})), store)


@pytest.fixture(scope="session")
def killed_run(
    first_run: FinishedRun, ledger: LedgerFiles, store: TableStore, job_folder: Path
) -> InterruptedRun:
    """A run of the same date, killed when its first user table was there."""
    arguments = [*ledger.arguments(Path(store.root)), *EMBEDDED]
    with started_rfmf(*arguments, folder=job_folder) as process:
        printed = wait_for_stage(process, "features")
        process.kill()
        code = process.wait()
    ended = Ended(code, printed, "")
    return InterruptedRun(ended, find_current_run(store), events_of(store))


@pytest.fixture(scope="session")
def second_run(
    killed_run: InterruptedRun,
    jvm_spark: SparkSession,
    shuffled_ledger: LedgerFiles,
    store: TableStore,
) -> FinishedRun:
    """The same date again, on Spark: shuffled files, another time zone, 16 partitions."""
    other = settings({"time_zone": "UTC"})
    arguments = shuffled_ledger.arguments(Path(store.root))
    with speaking_classic(), shuffle_partitions(jvm_spark, 16):
        ended = rfmf(*arguments, *WITH_HOLDINGS, *other)
    return finished_run(ended, store)


@pytest.fixture(scope="session")
def stopped_run(
    second_run: FinishedRun, ledger: LedgerFiles, store: TableStore, job_folder: Path
) -> InterruptedRun:
    """A run under a table lock that gets SIGTERM while it cleans its inputs."""
    arguments = [*ledger.arguments(Path(store.root)), *settings({"output.lock": "table"})]
    with started_rfmf(*arguments, folder=job_folder) as process:
        printed = wait_for_stage(process, "start")
        process.send_signal(signal.SIGTERM)
        rest, stderr = process.communicate()
    ended = Ended(process.returncode, printed + rest, stderr)
    return InterruptedRun(ended, find_current_run(store), events_of(store))


@pytest.fixture(scope="session")
def earlier_date_run(
    second_run: FinishedRun, ledger: LedgerFiles, store: TableStore
) -> FinishedRun:
    """Another business date, to which later trades do not count yet."""
    arguments = ledger.arguments(Path(store.root), EARLIER_DATE)
    return finished_run(rfmf(*arguments, *WITH_HOLDINGS), store)


@contextmanager
def shuffle_partitions(spark: SparkSession, number: int) -> Iterator[None]:
    """Another number of shuffle partitions for the block."""
    name = "spark.sql.shuffle.partitions"
    before = spark.conf.get(name)
    spark.conf.set(name, str(number))
    try:
        yield
    finally:
        spark.conf.set(name, str(before))
