"""Which engine computes: what was asked for, or what the settings need. Importable without pyspark.

Sessions are started in ``spark_session.py``; what each engine can do is in ``engines.py``.
"""

from __future__ import annotations

import os
from typing import Literal, NamedTuple

from rfmf_spark.config.sections.input import InputVersions
from rfmf_spark.config.settings import Settings
from rfmf_spark.session.connect import connect_address
from rfmf_spark.session.doctor import check_pysail
from rfmf_spark.session.paths import is_local, is_table_name

EngineName = Literal["embedded", "spark"]


class EngineChoice(NamedTuple):
    """An engine, and why it."""

    name: EngineName
    reason: str


def choose_engine(settings: Settings) -> EngineChoice:
    """The engine for a session of our own, where none is active yet."""
    if settings.session.engine != "auto":
        return EngineChoice(settings.session.engine, "session.engine")
    reason = _why_spark(settings)
    if reason is not None:
        return EngineChoice("spark", reason)
    return EngineChoice("embedded", "one computer")


def is_submitted() -> bool:
    """Whether spark-submit has already started the driver's JVM."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _why_spark(settings: Settings) -> str | None:
    """What asks for Spark, if anything does."""
    if is_submitted():
        return "spark-submit"
    if connect_address(settings):
        return "Spark Connect"
    if not settings.spark.get("spark.master", "local").startswith("local"):
        return "spark.master"
    for name in settings.spark:
        if name.startswith(("spark.sql.catalog", "spark.hadoop.")):
            return name
    if "HADOOP_CONF_DIR" in os.environ:
        # There a path without a scheme may be one of a cluster.
        return "HADOOP_CONF_DIR"
    for name in settings.beyond_embedded():
        return name
    inputs, root = _inputs(settings), settings.output.root
    for name, path in inputs.items():
        if settings.input.format == "table" or is_table_name(path):
            return f"{name} is a table of a catalog"
    for name, path in (inputs | ({} if root is None else {"output.root": root})).items():
        if not is_local(path):
            return f"{name} is on no disk of this computer"
    return None if check_pysail().ok else "no engine is embedded"


def _inputs(settings: Settings) -> dict[str, str]:
    places = {f"input.{name}": getattr(settings.input, name) for name in InputVersions.model_fields}
    return {name: path for name, path in places.items() if path is not None}
