"""One ledger for the whole-job tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.whole_job.running import LedgerFiles, generated_ledger


@pytest.fixture(scope="session")
def job_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="session")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LedgerFiles:
    """About 3,000 users of 15 products, as Parquet."""
    return generated_ledger(tmp_path_factory.getbasetemp())
