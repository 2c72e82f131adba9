"""The sessions of the tests of a process, and which tests run in the same process.

``spark`` is the embedded engine, which needs seconds where Spark needs minutes; what only Spark can
do, or what is compared with it, asks for ``classic_spark``. ``--engine spark`` runs everything on
Spark.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from rfmf_spark.cli.trace import QUOTE_ERRORS
from tests import sessions
from tests.scheduling import FixtureScheduling, place_in_queue

# A test that fails unexpectedly is understood by what the error says; here all users are made up.
os.environ.setdefault(QUOTE_ERRORS, "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which engine the tests run on."""
    parser.addoption("--engine", choices=("embedded", "spark"), default="embedded")


@pytest.fixture(scope="session")
def spark(request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    """The session of this process, on the engine that was asked for."""
    if request.config.getoption("--engine") == "spark":
        yield request.getfixturevalue("jvm_spark")
        return
    with sessions.embedded_spark() as session:
        yield session


@pytest.fixture(scope="session")
def jvm_spark() -> Iterator[SparkSession]:
    """Classic Spark, started once; tests take ``classic_spark``, which makes it the active one."""
    with sessions.speaking_classic():
        session = sessions.start_classic_spark()
    yield session
    session.stop()


@pytest.fixture
def classic_spark(spark: SparkSession, jvm_spark: SparkSession) -> Iterator[SparkSession]:
    """Classic Spark, which is the active session during the test."""
    with sessions.speaking_classic():
        yield jvm_spark


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first, so that no process is left with it at the end."""
    items.sort(key=lambda item: place_in_queue(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Hand out whole files or folders to the processes of ``pytest -n``."""
    return FixtureScheduling(config, log)
