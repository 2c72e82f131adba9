"""One small company, generated once and read by all tests of this folder."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.synthetic.ledger import Ledger, LedgerPlan, generate_ledger
from tests.synthetic.small_ledger import Tables, collect_tables


@pytest.fixture(scope="session")
def small_plan() -> LedgerPlan:
    return LedgerPlan(users=2_000, products=15, seed=11)


@pytest.fixture(scope="session")
def small_ledger(spark: SparkSession, small_plan: LedgerPlan) -> Ledger:
    return generate_ledger(spark, small_plan, partitions=1)


@pytest.fixture(scope="session")
def small(small_ledger: Ledger) -> Tables:
    return collect_tables(small_ledger)
