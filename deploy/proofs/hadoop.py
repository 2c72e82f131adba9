"""A real HDFS and YARN on loopback, in one Java process: Hadoop's own minicluster.

Its jars come as Delta's do, through Spark's resolver. Needs pyspark of the virtual environment, and
the Java that it needs.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# No session has to do with this Java process.
from py4j.java_gateway import (  # noqa: TID251
    GatewayParameters,
    JavaGateway,
    launch_gateway,
)

from tests.quick_spark import SPARK_HOME, spark_environment

# Beside the minicluster what its jar lacks and yet needs.
_MORE_PACKAGES = (
    "org.junit.jupiter:junit-jupiter-api:5.11.4",
    "org.bouncycastle:bcpkix-jdk18on:1.82",
)
_HAS_SPARK = (
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
    "org.xerial.snappy:snappy-java",
)
_CONNECT_MS = 60_000
# One node with room for a driver and two executors, on a disk of any fullness.
_SETTINGS = {
    "yarn.minicluster.yarn.nodemanager.resource.memory-mb": "6144",
    "yarn.nodemanager.resource.cpu-vcores": "8",
    "yarn.nodemanager.vmem-check-enabled": "false",
    "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "100",
    "yarn.scheduler.minimum-allocation-mb": "256",
    "yarn.scheduler.capacity.root.queues": "default",
    "yarn.scheduler.capacity.root.default.capacity": "100",
    "yarn.scheduler.capacity.maximum-am-resource-percent": "1",
}


class NoHadoopError(RuntimeError):
    """The minicluster is not to be had here; the message says why."""


@dataclass(frozen=True)
class Hadoop:
    """A running HDFS and YARN."""

    uri: str
    conf_folder: Path
    java_home: str
    logs: Path
    _files: Any
    _jvm: Any

    def put(self, local: Path, place: str) -> str:
        """Copy a folder of this computer into HDFS; the URI of the copy."""
        self._files.copyFromLocalFile(self._path(local.as_uri()), self._path(place))
        return f"{self.uri}{place}"

    def get(self, place: str, local: Path) -> None:
        """Copy a folder of HDFS to a path of this computer that is not there yet."""
        self._files.copyToLocalFile(self._path(place), self._path(local.as_uri()))

    def _path(self, text: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(text)


@contextlib.contextmanager
def start_hadoop(folder: Path) -> Iterator[Hadoop]:
    """HDFS with one data node and YARN with one node, whose files and logs lie in ``folder``.

    Raises ``NoHadoopError`` where the jars are not to be had.
    """
    jars = _minicluster_jars(folder)
    spark_jars = SPARK_HOME / "jars" / "*"
    with (folder / "hadoop.log").open("wb") as log:
        port = launch_gateway(
            classpath=":".join([*jars, str(spark_jars)]),
            javaopts=["-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"],
            die_on_exit=True,
            cwd=str(folder),
            redirect_stdout=log,
            redirect_stderr=log,
        )
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
    try:
        yield _start_services(gateway.jvm, folder)
    finally:
        gateway.shutdown()


def _start_services(jvm: Any, folder: Path) -> Hadoop:
    conf = jvm.org.apache.hadoop.yarn.conf.YarnConfiguration()
    for name, value in (_SETTINGS | {"hdfs.minidfs.basedir": f"{folder}/hdfs"}).items():
        conf.set(name, value)
    hdfs = jvm.org.apache.hadoop.hdfs.MiniDFSCluster.Builder(conf).numDataNodes(1).build()
    hdfs.waitActive()
    uri = str(hdfs.getURI().toString())
    conf.set("fs.defaultFS", uri)
    yarn = jvm.org.apache.hadoop.yarn.server.MiniYARNCluster("rfmf", 1, 1, 1)
    yarn.init(conf)
    yarn.start()
    if not yarn.waitForNodeManagersToConnect(_CONNECT_MS):
        raise TimeoutError(f"no node of YARN within {_CONNECT_MS / 1000:.0f} s; see {folder}")
    conf_folder = folder / "conf"
    conf_folder.mkdir()
    for_clients = yarn.getConfig()
    # A class of the minicluster that clients lack.
    for_clients.unset("net.topology.node.switch.mapping.impl")
    # In each file that comes after defaults of its own.
    for name in ("core", "hdfs", "yarn"):
        written = jvm.java.io.FileOutputStream(f"{conf_folder}/{name}-site.xml")
        for_clients.writeXml(written)
        written.close()
    java_home = str(jvm.java.lang.System.getProperty("java.home"))
    return Hadoop(uri, conf_folder, java_home, folder / "target", hdfs.getFileSystem(), jvm)


def _minicluster_jars(folder: Path) -> list[str]:
    """The jars in Spark's cache, fetched where they are not there yet."""
    (api,) = (SPARK_HOME / "jars").glob("hadoop-client-api-*.jar")
    version = api.stem.removeprefix("hadoop-client-api-")
    packages = (f"org.apache.hadoop:hadoop-client-minicluster:{version}", *_MORE_PACKAGES)
    # Jars of packages stand on the path of a submitted script; a Spark it need not start.
    script = folder / "jars.py"
    script.write_text("import sys\nfor place in sys.path:\n    print('path', place)\n")
    line = [str(SPARK_HOME / "bin" / "spark-submit"), "--master", "local[1]"]
    line += ["--packages", ",".join(packages)]
    line += ["--exclude-packages", ",".join(_HAS_SPARK)]
    ended = subprocess.run(
        [*line, str(script)], env=spark_environment(), cwd=folder, capture_output=True, text=True
    )
    places = [line[5:] for line in ended.stdout.splitlines() if line.startswith("path ")]
    jars = [place for place in places if place.endswith(".jar") and str(SPARK_HOME) not in place]
    if ended.returncode != 0 or not jars:
        missing = [line for line in ended.stderr.splitlines() if "not found" in line]
        raise NoHadoopError(
            f"{packages[0]} is not to be had: {(missing or ['see Spark'])[0].strip()}"
        )
    return jars
