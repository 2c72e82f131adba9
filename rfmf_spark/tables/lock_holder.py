"""Who holds a lock: told in the lock as a text that people read, and read back from it.

Whether a holder is still alive is known of processes of this computer only.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TEXT = re.compile(
    r"(?P<task>.*) on (?P<host>\S+), process (?P<process>\d+)(?::(?P<started>\d+))?"
    r"(?:, since (?P<since>\S+))?"
)
_OF_STAGE = r"(?:stage \w+ of )?"
_NAMED_RUN = re.compile(r"(?:stage \w+ of |sensitivity of |rollback to )?(?P<run_id>.*)")
# The letters of processes that have ended, and whose parent has not asked how.
_ENDED = ("Z", "X")


@dataclass(frozen=True)
class LockHolder:
    """What holds a lock (a run, by its id, or another task), where, and since when.

    ``started`` tells a process from a later one with the same number; None where nobody knows.
    """

    task: str
    host: str
    process: int
    started: int | None
    since: str

    @classmethod
    def here(cls, task: str) -> Self:
        """This process, from now on."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        state = _state_of(os.getpid())
        return cls(task, socket.gethostname(), os.getpid(), state[1] if state else None, now)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The holder that a text tells of; None where it is no such text."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            return None
        started = found["started"]
        number, since = int(started) if started else None, found["since"] or ""
        return cls(found["task"], found["host"], int(found["process"]), number, since)

    def __str__(self) -> str:
        started = "" if self.started is None else f":{self.started}"
        since = f", since {self.since}" if self.since else ""
        return f"{self.task} on {self.host}, process {self.process}{started}{since}"

    @property
    def named_run(self) -> str:
        """The run that the task is, or is about."""
        found = _NAMED_RUN.fullmatch(self.task)
        return found["run_id"] if found else self.task

    def makes(self, run_id: str) -> bool:
        """Whether the task is that run, or a stage of it."""
        return re.fullmatch(_OF_STAGE + re.escape(run_id), self.task) is not None

    def is_alive_here(self) -> bool:
        """Whether its process is one of this computer, and lives."""
        if self.host != socket.gethostname():
            return False
        state = _state_of(self.process)
        if state is None:
            return _has_process(self.process)
        letter, started = state
        return letter not in _ENDED and self.started in (None, started)


def _state_of(process: int) -> tuple[str, int] | None:
    """The letter of its state, and its start in ticks of the system, of a process of this computer.

    None where there is no such process, or the system does not tell.
    """
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name of the program, in brackets, may have blanks and brackets of its own.
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[19])


def _has_process(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
