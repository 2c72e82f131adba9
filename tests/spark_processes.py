"""Spark's own programs as real processes, from the pip installation, for tests.

Each gets a process group of its own, which takes what it has started along when it is killed.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.quick_spark import SPARK_HOME, quick_java, spark_environment

START_SECONDS = 90


@contextlib.contextmanager
def running_daemon(
    main_class: str, *arguments: str, log: Path, memory: str = "256m", **environment: str
) -> Iterator[None]:
    """A class of Spark's in a process group of its own, which is killed after the block."""
    own = {"SPARK_DAEMON_MEMORY": memory, "SPARK_DAEMON_JAVA_OPTS": quick_java()}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(SPARK_HOME / "bin" / "spark-class"), main_class, *arguments],
            env=spark_environment() | own | environment,
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


def wait_for_lines(log: Path, pattern: str, count: int) -> list[str]:
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
