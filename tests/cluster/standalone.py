"""A real standalone cluster on loopback, from the pip installation of Spark.

Master and workers each get a process group of their own, which takes the executors along when it
is killed. Logs and work folders lie in the folder that the caller gives.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyspark

from rfmf_spark.session import DELTA_PACKAGE

WORKERS = 2
START_SECONDS = 90
SUBMIT_SECONDS = 600

_SPARK_HOME = Path(pyspark.__file__).parent
_DEPLOY = "org.apache.spark.deploy"
_SUBMIT_CONF = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "4",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
}


@contextlib.contextmanager
def start_cluster(folder: Path) -> Iterator[str]:
    """URL of a master with two registered workers of one core and 1 GiB each.

    ``folder`` gets ``master.log``, ``worker-0.log`` … and ``work-0/app-…`` … of the executors.
    """
    master_log = folder / "master.log"
    listen = ("--host", "127.0.0.1", "--webui-port", "0")
    with contextlib.ExitStack() as processes:
        processes.enter_context(
            _daemon(f"{_DEPLOY}.master.Master", *listen, "--port", "0", log=master_log)
        )
        (url,) = _wait_for_lines(master_log, r"Starting Spark master at (spark://\S+)", 1)
        for number in range(WORKERS):
            own = ("--cores", "1", "--memory", "1g", "--work-dir", f"{folder}/work-{number}")
            log = folder / f"worker-{number}.log"
            processes.enter_context(
                _daemon(f"{_DEPLOY}.worker.Worker", *listen, *own, url, log=log)
            )
        _wait_for_lines(master_log, r"Registering worker (\S+)", WORKERS)
        yield url


@dataclass(frozen=True)
class Submitter:
    """spark-submit to a master, with an installed wheel on the driver's path."""

    master_url: str
    installed_wheel: Path
    folder: Path

    def __call__(
        self, script: Path, *arguments: str, conf: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script outside the checkout, wait for its end, and give it back as it ended."""
        line = [str(_SPARK_HOME / "bin" / "spark-submit"), "--master", self.master_url]
        line += ["--packages", DELTA_PACKAGE]
        for name, value in {**_SUBMIT_CONF, **(conf or {})}.items():
            line += ["--conf", f"{name}={value}"]
        return subprocess.run(
            [*line, str(script), *arguments],
            env=_spark_environment() | {"PYTHONPATH": str(self.installed_wheel)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=SUBMIT_SECONDS,
        )


@contextlib.contextmanager
def _daemon(main_class: str, *arguments: str, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(_SPARK_HOME / "bin" / "spark-class"), main_class, *arguments],
            env=_spark_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        yield
    finally:
        # The group outlives its leader: a worker that died may have left executors behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _spark_environment() -> dict[str, str]:
    foreign = ("SPARK_", "PYSPARK_", "PYTHONPATH")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    return inherited | {
        "SPARK_HOME": str(_SPARK_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
    }


def _wait_for_lines(log: Path, pattern: str, count: int) -> list[str]:
    """The first ``count`` matches in a log, as soon as it holds so many."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = re.findall(pattern, log.read_text(errors="replace"))
        if len(found) >= count:
            return found[:count]
        time.sleep(0.2)
    raise TimeoutError(
        f"{log.name}: not {count} lines like {pattern!r} within {START_SECONDS} s; it ends:\n"
        + log.read_text(errors="replace")[-2000:]
    )
