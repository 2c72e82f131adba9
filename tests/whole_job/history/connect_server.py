"""A real Spark Connect server on loopback, from the pip installation of Spark."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rfmf_spark.session.spark_session import DELTA_PACKAGE
from tests.quick_spark import DELTA_CATALOG, quick_spark
from tests.spark_processes import running_daemon, wait_for_lines

_SUBMIT = "org.apache.spark.deploy.SparkSubmit"
_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
_CONF = {
    **DELTA_CATALOG,
    # Any free port; the log tells which.
    "spark.connect.grpc.binding.port": "0",
    "spark.connect.grpc.binding.address": "127.0.0.1",
}


@contextlib.contextmanager
def start_connect_server(folder: Path, master: str, **environment: str) -> Iterator[str]:
    """``sc://…`` of a server with 1 GiB; ``folder`` gets ``connect-server.log``."""
    log = folder / "connect-server.log"
    arguments = ["--class", _SERVER, "--master", master, "--packages", DELTA_PACKAGE]
    for name, value in (_CONF | quick_spark()).items():
        arguments += ["--conf", f"{name}={value}"]
    with running_daemon(_SUBMIT, *arguments, "spark-internal", log=log, memory="1g", **environment):
        (port,) = wait_for_lines(log, r"Spark Connect server started at: \S+:(\d+)", 1)
        yield f"sc://127.0.0.1:{port}"
