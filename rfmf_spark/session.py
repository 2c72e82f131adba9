"""Getting a SparkSession; nothing else knows about masters, jars or catalogs.

An active session (a notebook, a platform) is used as it is: only the few runtime settings
that the results depend on are set, and put back afterwards. A session that we start gets Delta's
settings and the ``spark`` section of the configuration, and is stopped by us.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.doctor import SUPPORTED_SPARK, require_java, require_supported_versions
from rfmf_spark.errors import EnvironmentMismatchError

DELTA_PACKAGE = "io.delta:delta-spark_4.2_2.13:4.4.0"

_DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
_QUERY_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
_DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"


@contextlib.contextmanager
def spark_session(settings: Settings) -> Iterator[SparkSession]:
    """The active session, or one of our own that ends with the block.

    Raises ``EnvironmentMismatchError`` when Spark does not start.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        _require_supported(active)
        with _runtime_settings(active, settings), _silent_query_errors():
            yield active
        return
    session, log_file = _start_session(settings)
    try:
        _require_supported(session)
        with _runtime_settings(session, settings), _silent_query_errors():
            yield session
        if log_file:
            log_file.unlink(missing_ok=True)
    finally:
        session.stop()


@contextlib.contextmanager
def _runtime_settings(session: SparkSession, settings: Settings) -> Iterator[None]:
    """What results depend on: dates of timestamps, failing on overflow, and Java's encodings."""
    required = {
        "spark.sql.session.timeZone": settings.time_zone,
        "spark.sql.ansi.enabled": "true",
    }
    if settings.input.csv.encoding.upper() != "UTF-8":
        # Spark 4 by itself reads only a handful, without GBK and GB18030.
        required["spark.sql.legacy.javaCharsets"] = "true"
    before = {name: session.conf.get(name) for name in required}
    _apply(session, required)
    try:
        yield
    finally:
        _apply(session, {name: value for name, value in before.items() if value is not None})


@contextlib.contextmanager
def _silent_query_errors() -> Iterator[None]:
    """Keep Spark from printing a failed query, with values of its rows, before we can tell it."""
    loggers = [PySparkLogger.getLogger(name) for name in _QUERY_LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _apply(session: SparkSession, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        session.conf.set(name, value)


def _require_supported(session: SparkSession) -> None:
    if not session.version.startswith(f"{SUPPORTED_SPARK}."):
        raise EnvironmentMismatchError(
            f"this is Spark {session.version}, but rfmf supports Spark {SUPPORTED_SPARK}; use a "
            f"cluster or an installation of that version"
        )


def _start_session(settings: Settings) -> tuple[SparkSession, Path | None]:
    if not (_is_connect() or _is_submitted()):
        require_java()
        require_supported_versions()
    builder = SparkSession.builder.appName(settings.session.app_name)
    if settings.session.master and not _is_connect():
        builder = builder.master(settings.session.master)
    for name, value in _session_options(settings).items():
        builder = builder.config(name, value)
    log_file = None
    if settings.session.quiet:
        log_file = Path(tempfile.gettempdir()) / f"rfmf-spark-{os.getpid()}.log"
    try:
        with _driver_output_to(log_file) if log_file else contextlib.nullcontext():
            return builder.getOrCreate(), log_file
    except Exception as cause:
        place = f"; what Spark printed is in {log_file}" if log_file else ""
        raise EnvironmentMismatchError(
            f"Spark did not start ({type(cause).__name__}: {_first_line(cause)}){place}; "
            f"run 'rfmf doctor' to see what is missing"
        ) from cause


def _session_options(settings: Settings) -> dict[str, str]:
    if _is_connect():
        return {}
    options = {
        "spark.sql.extensions": _DELTA_EXTENSION,
        "spark.sql.catalog.spark_catalog": _DELTA_CATALOG,
    }
    if settings.session.delta_packages:
        options["spark.jars.packages"] = DELTA_PACKAGE
    return options | dict(settings.spark)


def _is_connect() -> bool:
    return "SPARK_REMOTE" in os.environ


def _is_submitted() -> bool:
    """Whether spark-submit has already started the driver's JVM."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


@contextlib.contextmanager
def _driver_output_to(log_file: Path) -> Iterator[None]:
    """Let the driver's JVM, started inside the block, print into a file instead of the console.

    The JVM inherits file descriptor 2 for its whole life; ours is put back at once.
    """
    kept = os.dup(2)
    with log_file.open("wb", buffering=0) as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _first_line(cause: BaseException) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else "no message"
