"""Whose a folder with the name of one of our tables is: ours, nobody's yet, or somebody else's.

Our tables carry a property. What lies on a disk of this computer is looked at without the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.tables.table_log import LOG, TableState, read_state

SCHEMA_PROPERTY = "rfmf.schemaVersion"


def require_own_folders(root: Path, tables: Iterable[str]) -> list[TableState]:
    """Refuse a root where the name of a table is taken by what no run has written.

    What there is of our tables comes back. Raises ``ConfigurationError``. Nothing is written, and
    only logs of tables are read.
    """
    if (root / LOG).is_dir():
        raise ConfigurationError(
            f"output.root {root} is a Delta table itself, whose files would be mixed with the "
            f"results; choose another folder"
        )
    looked_at = [require_own_folder(root, table) for table in tables]
    return [state for state in looked_at if state is not None]


def require_own_folder(root: Path, table: str) -> TableState | None:
    """The same for one table; None where there is nothing yet."""
    path = root / table
    if not path.exists():
        return None
    if not path.is_dir():
        raise taken_name(root, f"a file {table}")
    if any((path / LOG).glob("*.json")) or any((path / LOG).glob("*.parquet")):
        state = read_state(path)
        if SCHEMA_PROPERTY not in state.properties:
            raise taken_name(root, f"a Delta table {table}")
        return state
    if any(entry.name != LOG for entry in path.iterdir()):
        raise taken_name(root, f"a folder {table}")
    return None


def taken_name(root: Path | str, what: str) -> ConfigurationError:
    """The error where ``what`` in a root has the name of one of our tables."""
    return ConfigurationError(
        f"output.root {root} has {what} that is no table of ours; choose another folder"
    )
