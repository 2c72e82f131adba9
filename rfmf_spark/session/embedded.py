"""The embedded engine: Sail, which answers Spark Connect from within this process, without Java.

It listens on the loopback interface alone and ends with the run. Importable without ``pysail``,
which may be what is missing. What it lacks is told by
``describe_engine``, what that means in ``engines.py``, and which settings it cannot follow by
``Settings.beyond_embedded``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, EnvironmentMismatchError
from rfmf_spark.session.connect import require_client
from rfmf_spark.session.doctor import (
    PINNED_PYSAIL,
    bytes_of,
    check_pysail,
    check_python,
    require,
)
from rfmf_spark.session.engines import Engine, register_engine
from rfmf_spark.session.memory import address_space, available_memory
from rfmf_spark.session.paths import is_local
from rfmf_spark.session.scratch import scratch_folder

# The other half is for small data in Python, for files that the system caches, and for others.
_MEMORY_SHARE = 0.5
# Below, it and its client get no threads, and some libraries then wait for ever.
_LEAST_ADDRESS_SPACE = 4 * 2**30
# By itself it forgets a session that has been idle for a quarter of an hour, as in a long sweep.
_IDLE_SECONDS = 7 * 24 * 3600
# By this pyspark remembers that its functions speak to a session over Connect.
_NO_PROXY = "no_grpc_proxy"
SPEAKS_CONNECT = "SPARK_CONNECT_MODE_ENABLED"


@contextlib.contextmanager
def embedded_session(settings: Settings) -> Iterator[SparkSession]:
    """A session on an engine inside this process; both end with the block.

    Raises ``EnvironmentMismatchError`` where the engine is missing or does not start, and
    ``ConfigurationError`` where the results are not to be on a disk of this computer.
    """
    root = settings.output.root
    if root is not None and not is_local(root):
        raise ConfigurationError(
            f"output.root is {root}, but session.engine=embedded writes to folders of this "
            f"computer only; give a folder, or set session.engine=spark"
        )
    require(check_python())
    require(check_pysail())
    require_client()
    _require_address_space()
    direct = [os.environ.get(_NO_PROXY) or os.environ.get("no_proxy"), "127.0.0.1"]
    around = {
        # Left behind, it would keep classic Spark from starting later.
        SPEAKS_CONNECT: "1",
        # A proxy that the shell has for the internet knows nothing of this computer.
        _NO_PROXY: ",".join(filter(None, direct)),
    }
    with (
        _ending_on_sigterm(),
        scratch_folder() as scratch,
        _serving(settings.session.embedded_memory, scratch) as address,
        _environment(around),
    ):
        session = SparkSession.builder.remote(address).create()
        try:
            for name, value in settings.spark.items():
                session.conf.set(name, value)
            register_engine(session, describe_engine(scratch))
            yield session
        finally:
            session.stop()


def describe_engine(scratch: Path | None = None) -> Engine:
    """What Sail can do; ``scratch`` is a folder that ends with it."""
    return Engine(
        "embedded",
        f"sail {PINNED_PYSAIL}",
        observes=False,
        has_mllib=False,
        keeps_bad_lines=False,
        notices_overflow=False,
        reads_exponents=False,
        trims_quickly=True,
        alters=False,
        replaces=False,
        filters_first=False,
        reads_arrow_types=True,
        is_here=True,
        scratch=scratch,
    )


@contextlib.contextmanager
def _serving(memory: str | None, scratch: Path) -> Iterator[str]:
    """The address of a server inside this process, on a free port."""
    with _environment(_server_variables(memory, scratch)):
        from pysail.spark import SparkConnectServer

        try:
            server = SparkConnectServer("127.0.0.1", 0)
            server.start(background=True)
        except (RuntimeError, OSError) as cause:
            raise EnvironmentMismatchError(
                f"the embedded engine did not start ({cause}); set session.engine=spark"
            ) from cause
    try:
        host, port = server.listening_address
        yield f"sc://{host}:{port}"
    finally:
        server.stop()


def _require_address_space() -> None:
    limit = address_space()
    if limit is not None and limit < _LEAST_ADDRESS_SPACE:
        raise EnvironmentMismatchError(
            f"this process may map {limit / 2**30:.1f} GiB of memory (ulimit -v), and the embedded "
            f"engine needs {_LEAST_ADDRESS_SPACE / 2**30:.0f} for its threads; raise the limit, or "
            f"limit memory by a control group in its place"
        )


def _server_variables(memory: str | None, scratch: Path) -> dict[str, str]:
    """Sail is configured by the environment alone; what a user has set there stays."""
    most = bytes_of(memory or "") or int(_MEMORY_SHARE * available_memory())
    wanted = {
        "RUST_LOG": "off",
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(most),
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": json.dumps([str(scratch)]),
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(_IDLE_SECONDS),
    }
    return {name: value for name, value in wanted.items() if name not in os.environ}


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the block; what was there before comes back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block as an error does, so that no copy of the inputs is left behind.

    Who handles signals already, or has no main thread here, is left alone.
    """
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
