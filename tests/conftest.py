"""One Spark session for the tests of a process, and which tests run in the same process.

Tests on a few rows spend their time in planning and compiling, not in work: so the JVM compiles
once and quickly, what Spark has compiled is kept, plans are not changed on the way, and there are
few partitions.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from tests.scheduling import FixtureScheduling, place_in_queue
from tests.spark_processes import QUICK_SPARK


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = (
        SparkSession.builder.master("local[2]")
        .appName("rfmf-tests")
        .config("spark.jars.packages", "io.delta:delta-spark_4.2_2.13:4.4.0")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.sql.session.timeZone", "UTC")
        .config(map=dict(QUICK_SPARK))
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first, so that no process is left with it at the end."""
    items.sort(key=lambda item: place_in_queue(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Hand out whole files or folders to the processes of ``pytest -n``."""
    return FixtureScheduling(config, log)
