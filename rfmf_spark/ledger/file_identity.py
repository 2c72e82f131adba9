"""What identifies the files that an input was read from, for the table ``runs``.

Names alone would not tell a file that was written anew in its place: sizes and times of the last
change belong to it, from the disk of this computer or, for files elsewhere, from the engine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.ledger.input_files import spark_location
from rfmf_spark.session.paths import is_local, local_path


class _State(NamedTuple):
    """Bytes of a file, and milliseconds from 1970 to its last change."""

    size: int = 0
    changed: int = 0


def describe_files(
    spark: SparkSession, files: Sequence[str], location: str | None = None
) -> dict[str, Any]:
    """How many files, their bytes, and a digest of their names, sizes and times of change.

    ``files`` are URIs; ``location`` is what they were found under, as Spark takes it, or None where
    only the files are known. Those of which nobody tells a size count 0 bytes.
    """
    names = sorted(files)
    states = {name: _state_here(local_path(unquote(name))) for name in names if is_local(name)}
    if any(states.get(name) is None for name in names):
        # A Spark Connect server may read files of its own computer.
        places = [spark_location(_plain(name)) for name in names]
        states |= _ask_engine(spark, places if location is None else [location], names)
    digest = hashlib.sha256()
    total = 0
    for name in names:
        state = states.get(name) or _State()
        total += state.size
        digest.update(f"{name}\t{state.size}\t{state.changed}\n".encode())
    return {"files": len(names), "bytes": total, "digest": digest.hexdigest()}


def _state_here(file: Path) -> _State | None:
    if not file.exists():
        return None
    found = file.stat()
    return _State(found.st_size, found.st_mtime_ns // 1_000_000)


def _ask_engine(
    spark: SparkSession, places: Sequence[str], names: Sequence[str]
) -> dict[str, _State | None]:
    """What a listing says of the files; their content is not read."""
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    try:
        listed = reader.load(list(places)).select(
            "path", "length", F.unix_millis("modificationTime")
        )
        found = {
            _plain(path, is_encoded=False): _State(*state) for path, *state in listed.collect()
        }
    except Exception:
        # Not every engine lists what it reads, and classic and Connect sessions fail differently.
        return {}
    return {name: found.get(_plain(name)) for name in names}


def _plain(name: str, *, is_encoded: bool = True) -> str:
    """A name without what differs in the ways of writing it."""
    plain = unquote(name) if is_encoded else name
    return re.sub(r"^file:/+", "file:/", plain)
