"""What a command takes as a whole: time, and memory, processor and bytes of all its processes."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_SECONDS_BETWEEN_LOOKS = 0.1


@dataclass(frozen=True)
class Measured:
    """Wall and processor seconds, highest memory, bytes that went through read and write calls.

    Memory is resident memory, added up over all processes at one moment. Bytes count what came
    from the system's cache as well; files that are mapped into memory are not in them.
    """

    seconds: float
    cpu_seconds: float
    peak_memory: int
    bytes_read: int
    bytes_written: int


class CommandFailedError(RuntimeError):
    """A measured command did not end with 0."""


def measure(
    command: Sequence[str], output: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run a command to its end; what it prints goes to the file ``output``.

    Raises ``CommandFailedError`` with the end of what it has printed.
    """
    started = time.monotonic()
    with output.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        watcher = _Watcher(process.pid)
        watcher.start()
        status = process.wait()
    taken = time.monotonic() - started
    found = watcher.finish()
    if status != 0:
        ending = output.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise CommandFailedError(f"{' '.join(command)} ended with {status}:\n{ending}")
    return Measured(taken, *found)


class _Watcher(threading.Thread):
    """Looks at a process and all below it, and keeps the last counters of each."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._done = pid, threading.Event()
        self._peak = 0
        self._counters: dict[int, tuple[float, int, int]] = {}

    def run(self) -> None:
        while not self._done.wait(_SECONDS_BETWEEN_LOOKS):
            self._look()

    def finish(self) -> tuple[float, int, int, int]:
        self._done.set()
        self.join()
        cpu, read, written = zip(*self._counters.values(), strict=True)
        return sum(cpu), self._peak, sum(read), sum(written)

    def _look(self) -> None:
        memory = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._pid)
            for process in (root, *root.children(recursive=True)):
                # Processes come and go between two calls.
                with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    memory += self._look_at(process)
        self._peak = max(self._peak, memory)

    def _look_at(self, process: psutil.Process) -> int:
        with process.oneshot():
            times, traffic = process.cpu_times(), process.io_counters()
            self._counters[process.pid] = (
                times.user + times.system,
                traffic.read_chars,
                traffic.write_chars,
            )
            return int(process.memory_info().rss)
