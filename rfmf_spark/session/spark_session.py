"""Getting a SparkSession; nothing else knows about masters, jars or catalogs.

An active session (a notebook, a platform) is used as it is: only the few runtime settings
that the results depend on are set, and put back afterwards. A session that we start gets Delta's
settings and the ``spark`` section of the configuration, beside what spark-submit says
(``launch_options.py``), and is stopped by us. So is a session that we open on a Spark Connect
server, whose own settings stay as they are.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from rfmf_spark.config.redaction import remember_secrets
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, EnvironmentMismatchError
from rfmf_spark.session.connect import (
    connect_address,
    is_server,
    require_answer,
    require_client,
    without_parameters,
)
from rfmf_spark.session.doctor import SUPPORTED_SPARK, require_java, require_supported_versions
from rfmf_spark.session.driver_jvm import (
    end_before_jvm,
    submitted_options,
    when_jvm_has_gone,
)
from rfmf_spark.session.embedded import SPEAKS_CONNECT, embedded_session
from rfmf_spark.session.engine_choice import choose_engine, is_submitted
from rfmf_spark.session.launch_options import (
    LaunchOptions,
    join_options,
    remember_launch,
    settle_options,
)
from rfmf_spark.session.platform import telling_platform_failures
from rfmf_spark.session.stopping import stop_without_java

DELTA_PACKAGE = "io.delta:delta-spark_4.2_2.13:4.4.0"

_DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
_QUERY_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
_DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"


@contextlib.contextmanager
def spark_session(settings: Settings) -> Iterator[SparkSession]:
    """The active session, or one of our own that ends with the block.

    Raises ``EnvironmentMismatchError`` when Spark does not start; what fails in the block for want
    of something that a user can mend goes on as an error of ours.
    """
    with telling_platform_failures(settings), _session(settings) as session:
        yield session


@contextlib.contextmanager
def _session(settings: Settings) -> Iterator[SparkSession]:
    active = SparkSession.getActiveSession()
    if active is not None:
        _require_supported(active)
        with _runtime_settings(active, settings), _silent_query_errors():
            yield active
        return
    if choose_engine(settings).name == "embedded":
        with (
            embedded_session(settings) as session,
            _runtime_settings(session, settings),
            _silent_query_errors(),
        ):
            yield session
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
    """What results depend on: dates of timestamps, failing on overflow, reading every file."""
    required = {
        "spark.sql.session.timeZone": settings.time_zone,
        "spark.sql.ansi.enabled": "true",
        # A file that cannot be read is told, never left out.
        "spark.sql.files.ignoreCorruptFiles": "false",
        "spark.sql.files.ignoreMissingFiles": "false",
    }
    if settings.input.csv.encoding.upper() != "UTF-8":
        # Spark 4 by itself reads only a handful, without GBK and GB18030.
        required["spark.sql.legacy.javaCharsets"] = "true"
    before = {name: session.conf.get(name) for name in required}
    try:
        _apply(session, required)
    except Exception as cause:
        if "INVALID_CONF_VALUE.TIME_ZONE" not in str(cause):
            raise
        raise ConfigurationError(
            f"time_zone is {settings.time_zone!r}: the Java of this Spark does not know it; give "
            f"a name such as Asia/Shanghai, or update Java"
        ) from cause
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
    address = connect_address(settings)
    if is_server(address):
        return _open_session(address, settings), None
    if address:
        require_client()
    else:
        # A process that speaks to a Connect session hands this on to those that it starts.
        os.environ.pop(SPEAKS_CONNECT, None)
    if not is_submitted():
        require_java()
        require_supported_versions()
    log_file = None
    if settings.session.quiet:
        log_file = Path(tempfile.gettempdir()) / f"rfmf-spark-{os.getpid()}.log"
    try:
        with (
            _driver_output_to(log_file) if log_file else contextlib.nullcontext(),
            _silent_refusals(),
        ):
            launch = _launch_options(settings, address)
            session = _builder(launch).getOrCreate()
            remember_launch(session, launch)
            if is_submitted():
                end_before_jvm()
                when_jvm_has_gone(stop_without_java)
            return session, log_file
    except Exception as cause:
        place = f"; what Spark printed is in {log_file}" if log_file else ""
        raise EnvironmentMismatchError(
            f"Spark did not start ({_told_reason(cause)}){place}; run 'rfmf doctor' to see what is "
            f"missing"
        ) from cause


def _launch_options(settings: Settings, address: str | None) -> LaunchOptions:
    """What a driver of our own is started with: classic, or with a Connect server in its JVM."""
    delta = {
        "spark.sql.extensions": _DELTA_EXTENSION,
        "spark.sql.catalog.spark_catalog": _DELTA_CATALOG,
    }
    if settings.session.delta_packages:
        delta["spark.jars.packages"] = DELTA_PACKAGE
    options = join_options(delta, settings.spark) | {"spark.app.name": settings.session.app_name}
    if address:
        # Spark by itself would listen to every network that the computer is in.
        options["spark.connect.grpc.binding.address"] = "127.0.0.1"
        options |= {"spark.remote": address, "spark.api.mode": "connect"}
        options.pop("spark.master", None)
    elif settings.session.master:
        options["spark.master"] = settings.session.master
    if not is_submitted():
        return LaunchOptions(options)
    submitted = submitted_options()
    remember_secrets(submitted.items())
    return settle_options(options, submitted, Path(sys.argv[0]).name)


def _builder(launch: LaunchOptions) -> SparkSession.Builder:
    builder = SparkSession.builder
    for name, value in launch.given.items():
        builder = builder.config(name, value)
    return builder


def _open_session(address: str, settings: Settings) -> SparkSession:
    """A session of our own on a Connect server that somebody else runs."""
    require_client()
    require_answer(address)
    try:
        with contextlib.ExitStack() as undo:
            session = SparkSession.builder.remote(address).getOrCreate()
            undo.callback(session.stop)
            _require_supported(session)
            _require_delta(session, address)
            _apply_what_may_change(session, settings.spark)
            undo.pop_all()
            return session
    except EnvironmentMismatchError:
        raise
    except Exception as cause:
        raise EnvironmentMismatchError(
            f"the Spark Connect server at {without_parameters(address)} gives no session "
            f"({type(cause).__name__}: {_first_line(cause)}); check the address, its token and the "
            f"server's log"
        ) from cause


def _require_delta(session: SparkSession, address: str) -> None:
    if _DELTA_EXTENSION not in (session.conf.get("spark.sql.extensions", "") or ""):
        raise EnvironmentMismatchError(
            f"the Spark Connect server at {without_parameters(address)} has no Delta; start it "
            f"with --packages {DELTA_PACKAGE} --conf spark.sql.extensions={_DELTA_EXTENSION} "
            f"--conf spark.sql.catalog.spark_catalog={_DELTA_CATALOG}"
        )


def _apply_what_may_change(session: SparkSession, values: Mapping[str, str]) -> None:
    """Settings of a session; those that the server has fixed at its start stay as they are."""
    for name, value in values.items():
        with contextlib.suppress(AnalysisException):
            session.conf.set(name, value)


@contextlib.contextmanager
def _silent_refusals() -> Iterator[None]:
    """Keep pyspark from warning of every static setting of a Connect server that it starts.

    It hands them to the server at its start, where they count, and then to the session once more.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Failed to set spark", UserWarning)
        yield


@contextlib.contextmanager
def _driver_output_to(log_file: Path) -> Iterator[None]:
    """Let the driver's JVM, started inside the block, print into a file instead of the console.

    The JVM inherits file descriptor 2 for its whole life; ours is put back at once.
    """
    own_stderr = os.dup(2)
    with log_file.open("wb", buffering=0) as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(own_stderr, 2)
            os.close(own_stderr)


def _told_reason(cause: BaseException) -> str:
    if "SparkConnectService" in str(cause) and "BindException" in str(cause):
        return "another process has the port of Spark Connect in local mode, 15002"
    return f"{type(cause).__name__}: {_first_line(cause)}"


def _first_line(cause: BaseException) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else "no message"
