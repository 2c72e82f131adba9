"""Progress of a run: what each stage did, in rows and seconds.

The pipeline reports here; how it is shown is decided by whoever starts the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Stage:
    """One stage of a run; ``rows`` is set by the stage once it knows."""

    name: str
    rows: int | None = None
    note: str = ""
    seconds: float = 0.0


@dataclass
class Progress:
    """The stages so far; ``show`` is called with each one that has ended.

    ``current`` is the name of the one that has begun last, ``run_id`` that of the run, once it has
    one.
    """

    show: Callable[[Stage], None] = lambda stage: None
    stages: list[Stage] = field(default_factory=list)
    current: str = ""
    run_id: str | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time a stage; a stage that fails is not shown as done."""
        stage, self.current = Stage(name), name
        started = time.monotonic()
        yield stage
        stage.seconds = time.monotonic() - started
        self.stages.append(stage)
        self.show(stage)

    def durations(self) -> dict[str, float]:
        """Seconds by stage."""
        return {stage.name: round(stage.seconds, 3) for stage in self.stages}
