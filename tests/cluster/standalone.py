"""A real standalone cluster on loopback, from the pip installation of Spark.

Logs and work folders lie in the folder that the caller gives.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rfmf_spark.session.spark_session import DELTA_PACKAGE
from tests.quick_spark import SPARK_HOME, quick_java, quick_spark, spark_environment
from tests.spark_processes import running_daemon, wait_for_lines

WORKERS = 2
SUBMIT_SECONDS = 600

_DEPLOY = "org.apache.spark.deploy"
_SUBMIT_CONF = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
}


@contextlib.contextmanager
def start_cluster(folder: Path, memory: str = "1g") -> Iterator[str]:
    """URL of a master with two registered workers of one core and ``memory`` each.

    ``folder`` gets ``master.log``, ``worker-0.log`` … and ``work-0/app-…`` … of the executors.
    """
    master_log = folder / "master.log"
    listen = ("--host", "127.0.0.1", "--webui-port", "0")
    with contextlib.ExitStack() as processes:
        processes.enter_context(
            running_daemon(f"{_DEPLOY}.master.Master", *listen, "--port", "0", log=master_log)
        )
        (url,) = wait_for_lines(master_log, r"Starting Spark master at (spark://\S+)", 1)
        for number in range(WORKERS):
            own = ("--cores", "1", "--memory", memory, "--work-dir", f"{folder}/work-{number}")
            log = folder / f"worker-{number}.log"
            processes.enter_context(
                running_daemon(f"{_DEPLOY}.worker.Worker", *listen, *own, url, log=log)
            )
        wait_for_lines(master_log, r"Registering worker (\S+)", WORKERS)
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
        return subprocess.run(
            self._line(script, arguments, conf),
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=SUBMIT_SECONDS,
        )

    @contextlib.contextmanager
    def started(
        self, script: Path, *arguments: str, conf: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """The same script on its way: the Java process that spark-submit has become."""
        with subprocess.Popen(
            self._line(script, arguments, conf),
            env=self._environment(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def _line(
        self, script: Path, arguments: Sequence[str], conf: Mapping[str, str] | None
    ) -> list[str]:
        line = [str(SPARK_HOME / "bin" / "spark-submit"), "--packages", DELTA_PACKAGE]
        submitted = {
            "spark.master": self.master_url,
            "spark.executor.extraJavaOptions": quick_java(),
            **_SUBMIT_CONF,
            **quick_spark(),
            **(conf or {}),
        }
        for name, value in submitted.items():
            line += ["--conf", f"{name}={value}"]
        return [*line, str(script), *arguments]

    def _environment(self) -> dict[str, str]:
        own = {"PYTHONPATH": str(self.installed_wheel), "SPARK_PRINT_LAUNCH_COMMAND": "1"}
        return spark_environment() | own
