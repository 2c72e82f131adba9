"""End markers: one small file of JSON per run, which says how the last attempt at it has ended.

For schedulers that get a flattened exit code, or none; so they are written and read without Spark
where the root is a folder of this computer, and this module can be imported without pyspark. What
counts for readers of results is the table ``runs`` alone. When they are written: ``run/ending.py``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from rfmf_spark import __version__
from rfmf_spark.config.redaction import redact
from rfmf_spark.session.files import write_whole

FOLDER = "_rfmf_ended"
# What every run leaves in a folder: a lock, of either kind, or a marker.
_SIGNS = ("_rfmf.lock", "_lock", FOLDER)

# The status of an attempt that goes on, or of which nobody knows the end.
RUNNING = "running"


@dataclass(frozen=True)
class EndMarker:
    """How an attempt at a run has ended; ``exit_code`` is None while it goes on.

    ``status``: running, waiting (for its next stage), complete, failed, aborted; refused where the
    run did not begin. ``stage`` names that of a stage by itself. ``at`` is the time of the end, or
    of the beginning while it goes on. ``freshness`` is that of the root: ``current_as_of`` and
    ``current_run`` are what readers see, ``newest_trade_date`` that of this run's trades.
    """

    run_id: str
    status: str
    exit_code: int | None
    reason: str
    at: str
    as_of: str | None = None
    stage: str | None = None
    users: int | None = None
    freshness: Mapping[str, str | None] = field(default_factory=dict)
    version: str = __version__

    def to_json(self) -> str:
        """One line, secrets hidden."""
        return json.dumps(redact(dataclasses.asdict(self)), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The marker that a text holds; names of other versions do not count.

        Raises ``ValueError``.
        """
        found = json.loads(text)
        names = {entry.name for entry in dataclasses.fields(cls)}
        try:
            return cls(**{name: value for name, value in found.items() if name in names})
        except (AttributeError, TypeError) as cause:
            raise ValueError(f"no end marker: {cause}") from cause

    def describe(self) -> dict[str, Any]:
        """The same as plain data."""
        return dataclasses.asdict(self)


class Markers(Protocol):
    """The end markers of one root, wherever that is."""

    def has_seen_runs(self) -> bool:
        """Whether a run has been here, which then is no folder that somebody named by mistake."""

    def read(self, run_id: str) -> EndMarker | None:
        """The marker of a run; None where there is none. Raises ``ValueError``, ``OSError``."""

    def write(self, marker: EndMarker) -> None:
        """Write a marker, whole or not at all, in place of an earlier one of the same run."""


class LocalMarkers(Markers):
    """Those of a folder of this computer."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has_seen_runs(self) -> bool:
        return any((self._root / sign).exists() for sign in _SIGNS)

    def read(self, run_id: str) -> EndMarker | None:
        try:
            text = Path(marker_place(self._root, run_id)).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return EndMarker.from_json(text)

    def write(self, marker: EndMarker) -> None:
        file = Path(marker_place(self._root, marker.run_id))
        file.parent.mkdir(exist_ok=True)
        write_whole(file, marker.to_json() + "\n")


def marker_place(root: str | Path, run_id: str) -> str:
    """Path or URI of the marker of a run; characters that HDFS has not in names become ``_``."""
    return f"{root}/{FOLDER}/{re.sub(r'[^A-Za-z0-9_.+-]', '_', run_id)}.json"
