"""Proofs of ``deploy/``: what a computer alone can show of it; ``make deploy-check`` runs them.

They are no part of ``make test``: they take minutes, and tools that the project does not need.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.sessions import embedded_spark
from tests.wheel import build_wheel
from tests.whole_job.running import LedgerFiles, generate_ledger


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The embedded engine: what runs elsewhere is compared with it."""
    with embedded_spark() as session:
        yield session


@pytest.fixture(scope="session")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LedgerFiles:
    """A small generated ledger with bad rows."""
    folder = tmp_path_factory.mktemp("generated") / "ledger"
    return generate_ledger(folder, 1_000, "--dirty", "0.01", seed=5)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))
