"""Spark Connect: which address applies, what the client needs, and whether a server answers.

Importable without pyspark and without Connect's packages, which may be what is missing. Sessions
are started in ``spark_session.py``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeGuard

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, EnvironmentMismatchError
from rfmf_spark.session.doctor import (
    PINNED_PYSPARK,
    SUPPORTED_SPARK,
    Check,
    check_pandas,
    check_python,
    imported_version,
    installed_version,
    leading_numbers,
    require,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What pyspark's own extra of this name asks for, beyond what we need anyway.
CONNECT_PACKAGES = {
    "googleapis-common-protos": "1.71",
    "grpcio": "1.76",
    "grpcio-status": "1.76",
    "zstandard": "0.25",
}
# Spark by itself would try for ten minutes; a server that is there answers at once.
ANSWER_SECONDS = 10

_SERVER = "sc://"


def connect_address(settings: Settings) -> str | None:
    """Where Spark Connect is wanted: a server's ``sc://…``, a master for one of our own, or None.

    ``session.remote`` comes before ``SPARK_REMOTE``; with ``spark.api.mode: connect`` (or
    ``SPARK_API_MODE``) alone the configured master gets a server of our own.
    """
    address = settings.session.remote or os.environ.get("SPARK_REMOTE")
    mode = settings.spark.get("spark.api.mode", os.environ.get("SPARK_API_MODE", ""))
    if not address and mode.lower() == "connect":
        return settings.session.master or settings.spark.get("spark.master", "local[*]")
    return address or None


def is_server(address: str | None) -> TypeGuard[str]:
    """Whether an address is that of a server that somebody else has started."""
    return address is not None and address.startswith(_SERVER)


def without_parameters(address: str) -> str:
    """An address as it may be shown: its parameters hold the token."""
    return address.partition("/;")[0]


def run_server_checks(address: str, start_session: Callable[[], SparkSession]) -> list[Check]:
    """What a run on a server needs: this computer's side, then an answer with Delta.

    ``start_session`` gives a session that the caller stops; it is called only where the rest fits.
    """
    checks = [check_python(), check_client(), check_pandas(), check_connect_packages()]
    if not all(check.ok for check in checks):
        return [*checks, Check("Server", False, "not tried", "first mend what is reported above")]
    shown = without_parameters(address)
    try:
        spark = start_session()
    except (ConfigurationError, EnvironmentMismatchError) as cause:
        return [*checks, Check("Server", False, str(cause))]
    return [*checks, Check("Server", True, f"{shown} has Spark {spark.version} and Delta")]


def require_client() -> None:
    """Raise ``EnvironmentMismatchError`` unless this computer's side of a connection fits."""
    for check in (check_python(), check_client(), check_pandas(), check_connect_packages()):
        require(check)


def check_client() -> Check:
    """pyspark as it is imported; a client needs neither Java nor delta-spark."""
    found = imported_version("pyspark")
    ok = found is not None and found.startswith(f"{SUPPORTED_SPARK}.")
    remedy = f"pip install pyspark=={PINNED_PYSPARK}"
    return Check("Spark client", ok, f"pyspark {found or 'missing'}", "" if ok else remedy)


def check_connect_packages() -> Check:
    """The packages by which pyspark speaks to a Connect server."""
    found = {name: installed_version(name) for name in CONNECT_PACKAGES}
    ok = all(_is_at_least(version, CONNECT_PACKAGES[name]) for name, version in found.items())
    wanted = " ".join(f'"{name}>={least}"' for name, least in CONNECT_PACKAGES.items())
    versions = ", ".join(f"{name} {version or 'missing'}" for name, version in found.items())
    return Check("Spark Connect", ok, versions, "" if ok else f"pip install {wanted}")


def require_answer(address: str) -> None:
    """See that a server answers at an address, before Spark tries for long.

    Raises ``ConfigurationError`` for what is no address, ``EnvironmentMismatchError`` for silence.
    """
    # Optional packages: where they are missing, ``require_client`` has said so.
    import grpc
    from pyspark.errors import PySparkValueError
    from pyspark.sql.connect.client import DefaultChannelBuilder

    try:
        channel = DefaultChannelBuilder(address).toChannel()
    except (PySparkValueError, ValueError) as cause:
        raise ConfigurationError(
            f"{without_parameters(address)} is no address of a Spark Connect server; give "
            f"sc://HOST:PORT by --remote, session.remote or SPARK_REMOTE"
        ) from cause
    try:
        grpc.channel_ready_future(channel).result(timeout=ANSWER_SECONDS)
    except grpc.FutureTimeoutError as cause:
        raise EnvironmentMismatchError(
            f"no Spark Connect server answers at {without_parameters(address)} within "
            f"{ANSWER_SECONDS} s; start the server, or correct --remote, session.remote or "
            f"SPARK_REMOTE"
        ) from cause
    finally:
        channel.close()


def _is_at_least(version: str | None, least: str) -> bool:
    return version is not None and leading_numbers(version) >= leading_numbers(least)
