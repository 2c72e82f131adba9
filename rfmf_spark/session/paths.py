"""Paths of this computer, URIs of other places, and names of tables. Importable without pyspark."""

from __future__ import annotations

import re
from pathlib import Path

_URI = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]+:")
_TABLE_NAME = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*){1,2}$")


def is_local(root: str) -> bool:
    """Whether a root is a path of this computer (also as ``file:`` URI)."""
    return not _URI.match(root) or root.startswith("file:")


def local_path(root: str) -> Path:
    """The path behind a local root."""
    return Path(re.sub(r"^file:(//)?", "", root)).absolute()


def is_csv_name(name: str) -> bool:
    """Whether a file is named as CSV, plain or compressed."""
    return name.endswith((".csv", ".csv.gz"))


def is_table_name(path: str) -> bool:
    """Whether this names a table of a catalog, and no file that is there or should be."""
    is_file_name = is_csv_name(path) or path.endswith(".parquet")
    is_name = _TABLE_NAME.match(path) is not None and not is_file_name
    return is_name and not local_path(path).exists()
