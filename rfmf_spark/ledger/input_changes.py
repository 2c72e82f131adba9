"""Whether inputs are still those that a run has read, as far as a look tells that reads no rows.

What was recorded of them is compared: versions of Delta tables; of files of this computer their
number, sizes and times of change. Of other files nothing is told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from rfmf_spark.ledger.file_identity import describe_files
from rfmf_spark.ledger.input_files import find_files
from rfmf_spark.session.paths import is_local, local_path
from rfmf_spark.tables.store import find_version, find_version_in_history, qualify


def changed_inputs(spark: SparkSession, recorded: Mapping[str, Any]) -> list[str]:
    """For each input that is another one by now: its name, and how it differs."""
    found = {name: _tell_change(spark, name, version) for name, version in recorded.items()}
    return [f"input.{name} ({change})" for name, change in found.items() if change]


def _tell_change(spark: SparkSession, name: str, recorded: Mapping[str, Any]) -> str:
    path, is_delta = recorded["path"], "version" in recorded
    # What cannot be looked at is no reason for anything.
    with contextlib.suppress(Exception):
        if is_delta:
            in_catalog = recorded["format"] == "table"
            version = (
                find_version_in_history(spark, path)
                if in_catalog
                else find_version(spark, qualify(spark, path))
            )
            read = recorded["version"]
            return "" if version == read else f"version {read} was read, it is {version} now"
        if is_local(path) and recorded["format"] != "table":
            return _tell_changed_files(spark, name, path, recorded)
    return ""


def _tell_changed_files(
    spark: SparkSession, name: str, path: str, recorded: Mapping[str, Any]
) -> str:
    here = find_files(name, local_path(path))
    if here is None:
        return "its files are gone"
    files = [file.absolute() for file in here.files]
    now = describe_files(spark, [file.as_uri() for file in files])
    if any(now[figure] != recorded[figure] for figure in ("files", "bytes")):
        read = f"{recorded['files']:,} files of {recorded['bytes']:,} bytes were read"
        return f"{read}, now there are {now['files']:,} of {now['bytes']:,}"
    # Engines write a name with other characters in more than one way.
    are_plain = all(file.as_uri() == f"file://{file}" for file in files)
    is_other = are_plain and now["digest"] != recorded["digest"]
    return "its files were written anew" if is_other else ""
