"""Whose a folder with the name of one of our tables is: ours, nobody's yet, or somebody else's.

Our tables carry a property. What lies on a disk of this computer is looked at without the engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from rfmf_spark.errors import ConfigurationError

SCHEMA_PROPERTY = "rfmf.schemaVersion"

_LOG = "_delta_log"


def require_own_folders(root: Path, tables: Iterable[str]) -> None:
    """Refuse a root where the name of a table is taken by what no run has written.

    Raises ``ConfigurationError``. Nothing is written, and only logs of tables are read.
    """
    if (root / _LOG).is_dir():
        raise ConfigurationError(
            f"output.root {root} is a Delta table itself, whose files would be mixed with the "
            f"results; choose another folder"
        )
    for table in tables:
        require_own_folder(root, table)


def require_own_folder(root: Path, table: str) -> None:
    """The same for one table."""
    path = root / table
    if not path.exists():
        return
    if not path.is_dir():
        raise taken_name(root, f"a file {table}")
    if any((path / _LOG).glob("*.json")) or any((path / _LOG).glob("*.parquet")):
        if SCHEMA_PROPERTY not in _properties(path / _LOG):
            raise taken_name(root, f"a Delta table {table}")
    elif any(entry.name != _LOG for entry in path.iterdir()):
        raise taken_name(root, f"a folder {table}")


def taken_name(root: Path | str, what: str) -> ConfigurationError:
    """The error where ``what`` in a root has the name of one of our tables."""
    return ConfigurationError(
        f"output.root {root} has {what} that is no table of ours; choose another folder"
    )


def _properties(log: Path) -> Mapping[str, Any]:
    """The properties of a Delta table, by the first entry of its log that has them."""
    for entry in _metadata(log):
        return dict(entry.get("configuration") or {})
    return {}


def _metadata(log: Path) -> Iterator[Mapping[str, Any]]:
    for commit in sorted(log.glob("*.json")):
        with commit.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if '"metaData"' in line[:20]:
                    yield json.loads(line)["metaData"]
    # Of a long history, the first commits are gone.
    for checkpoint in sorted(log.glob("*.checkpoint*.parquet")):
        for row in pq.read_table(checkpoint, columns=["metaData"])["metaData"].to_pylist():
            if row is not None:
                yield row
