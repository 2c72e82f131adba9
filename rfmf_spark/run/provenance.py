"""What a run was made by: versions and digests of the software, and who started it where.

Of people nothing is told but the name of the account that started the process.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import platform
import socket
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

from rfmf_spark import __version__
from rfmf_spark.session.account import account
from rfmf_spark.session.engines import engine_of

_SUFFIXES = (".py", ".yaml", ".j2")


def describe_versions(spark: SparkSession) -> dict[str, Any]:
    """Versions that a result depends on; ``by`` says who ran it, where, as which application.

    ``package`` is the SHA-256 of the package's files, which tells apart what has the same version.
    """
    engine = engine_of(spark)
    found = {
        "engine": engine.version,
        "rfmf_spark": __version__,
        "package": _digest_of_package(),
        "spark": spark.version,
        "delta": None if engine.is_here else _delta_version(spark),
        "deltalake": _installed("deltalake"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
    }
    told = {name: version for name, version in found.items() if version}
    return told | {"by": _describe_maker(spark)}


def _describe_maker(spark: SparkSession) -> dict[str, str]:
    application = None
    with contextlib.suppress(Exception):
        # The embedded engine has none.
        application = spark.conf.get("spark.app.id", None)
    made = {"user": account(), "host": socket.gethostname(), "application": application}
    return {name: text for name, text in made.items() if text}


def _delta_version(spark: SparkSession) -> str | None:
    """What the Delta jars of the session say; None where the platform forbids to ask them."""
    with contextlib.suppress(Exception):
        found = spark.sql("SELECT reflect('io.delta.package', 'VERSION')").first()
        return str(found[0]) if found else None
    return None


def _installed(package: str) -> str | None:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return None


@functools.cache
def _digest_of_package() -> str | None:
    """Of names and contents of the package's files; it may lie in a folder or in an archive."""
    digest = hashlib.sha256()
    with contextlib.suppress(OSError):
        for name, file in sorted(_files_of(files("rfmf_spark"), "").items()):
            digest.update(f"{name}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()
    return None


def _files_of(folder: Traversable, prefix: str) -> dict[str, Traversable]:
    found: dict[str, Traversable] = {}
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            found |= _files_of(entry, f"{name}/")
        elif entry.name.endswith(_SUFFIXES):
            found[name] = entry
    return found
