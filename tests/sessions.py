"""The sessions of a test process: on the embedded engine, and on classic Spark where asked for.

Both live beside each other. pyspark decides by one environment variable which of the two its
functions speak to, so that variable is all that has to be switched.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from pyspark.sql import SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.session.embedded import SPEAKS_CONNECT, embedded_session
from rfmf_spark.session.spark_session import DELTA_PACKAGE
from tests.quick_spark import DELTA_CATALOG, quick_spark


@contextlib.contextmanager
def embedded_spark() -> Iterator[SparkSession]:
    """A session on an embedded engine, which ends with the block."""
    settings = Settings.model_validate({"session": {"engine": "embedded"}})
    with embedded_session(settings) as session:
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.conf.set("spark.sql.ansi.enabled", "true")
        yield session


def start_classic_spark() -> SparkSession:
    """A Spark in a JVM; to be started where functions speak to it.

    Tests on a few rows spend their time in planning and compiling, not in work: so the JVM compiles
    once and quickly, plans are not changed on the way, and there are few partitions.
    """
    return (
        SparkSession.builder.master("local[2]")
        .appName("rfmf-tests")
        .config("spark.jars.packages", DELTA_PACKAGE)
        .config(map=dict(DELTA_CATALOG))
        .config("spark.sql.session.timeZone", "UTC")
        .config(map=dict(quick_spark()))
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )


@contextlib.contextmanager
def speaking_classic() -> Iterator[None]:
    """Let pyspark's functions speak to classic Spark in the block, whatever they did before."""
    before = os.environ.pop(SPEAKS_CONNECT, None)
    try:
        yield
    finally:
        if before is not None:
            os.environ[SPEAKS_CONNECT] = before
