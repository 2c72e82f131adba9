"""The log of a Delta table on a disk of this computer, read and continued without the engine.

Source: the Delta transaction log protocol, actions ``commitInfo``, ``metaData`` and ``protocol``,
and checkpoints.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from rfmf_spark import __version__
from rfmf_spark.session.files import create_whole

LOG = "_delta_log"


@dataclass(frozen=True)
class TableState:
    """What a table is as its last entries say; both are empty where no entry tells."""

    metadata: Mapping[str, Any]
    protocol: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, str]:
        """The properties of the table."""
        return dict(self.metadata.get("configuration") or {})


def commit_versions(folder: Path) -> list[int]:
    """Versions in the log of the table in ``folder``: a file each, called by it."""
    return [int(file.stem) for file in (folder / LOG).glob("*.json") if file.stem.isdigit()]


def read_state(folder: Path) -> TableState:
    """What the table in ``folder`` is now: the newest entry of each kind counts."""
    metadata: Mapping[str, Any] | None = None
    protocol: Mapping[str, Any] | None = None
    for entry in _newest_first(folder / LOG):
        for action in _actions(entry):
            metadata = metadata or action.get("metaData")
            protocol = protocol or action.get("protocol")
        if metadata and protocol:
            break
    return TableState(metadata or {}, protocol or {})


def write_commit(
    folder: Path,
    version: int,
    operation: str,
    parameters: Mapping[str, str],
    actions: Sequence[Mapping[str, Any]],
) -> bool:
    """Write one commit, whole or not at all; False where there is one of this version already.

    Raises ``OSError`` where nothing can be written.
    """
    commit_info = {
        "timestamp": time.time_ns() // 1_000_000,
        "operation": operation,
        "operationParameters": dict(parameters),
        "engineInfo": f"rfmf_spark/{__version__}",
    }
    (folder / LOG).mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(action) + "\n" for action in ({"commitInfo": commit_info}, *actions)]
    return create_whole(commit_file(folder, version), "".join(lines))


def commit_file(folder: Path, version: int) -> Path:
    """The file of a commit."""
    return folder / LOG / f"{version:020}.json"


def _newest_first(log: Path) -> list[Path]:
    """Commits and checkpoints; a commit stands before the checkpoint of the same version."""
    files = [*log.glob("*.json"), *log.glob("*.checkpoint*.parquet")]
    numbered = [(file.name.split(".")[0], file.suffix != ".json", file) for file in files]
    known = [(-int(version), late, file) for version, late, file in numbered if version.isdigit()]
    return [file for _, _, file in sorted(known)]


def _actions(entry: Path) -> Iterator[Mapping[str, Any]]:
    """Those actions of an entry that say what the table is."""
    if entry.suffix == ".json":
        with entry.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if '"metaData"' in line[:20] or '"protocol"' in line[:20]:
                    yield json.loads(line)
        return
    # Of a long history, the first commits are gone.
    names = [name for name in pq.read_schema(entry).names if name in ("metaData", "protocol")]
    for row in pq.read_table(entry, columns=names).to_pylist():
        yield {name: _as_json(value) for name, value in row.items() if value is not None}


def _as_json(action: Mapping[str, Any]) -> Mapping[str, Any]:
    """An action of a checkpoint as a commit holds it: with objects for maps, and without nulls."""
    found = {name: value for name, value in action.items() if value is not None}
    if "configuration" in found:
        found["configuration"] = dict(found["configuration"])
    if "format" in found:
        found["format"] = found["format"] | {"options": dict(found["format"]["options"] or {})}
    return found
