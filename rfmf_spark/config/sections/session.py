"""The Spark session, and what is passed on to Spark."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from rfmf_spark.config.sections.section import Section


def _connect_address(value: str | None) -> str | None:
    if value is None or re.fullmatch(r"sc://\S+|local(\[\S+\])?", value):
        return value
    raise ValueError("give sc://HOST:PORT of a Spark Connect server, or local[N]")


ConnectAddress = Annotated[str | None, AfterValidator(_connect_address)]


def _spark_value(value: Any) -> Any:
    """Spark reads text; YAML's booleans and numbers become the text that Spark expects."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


SparkValue = Annotated[str, BeforeValidator(_spark_value)]


class SessionSettings(Section):
    """The Spark session, where none is active yet. Never applied to a session that exists."""

    engine: Literal["auto", "embedded", "spark"] = Field(
        "auto",
        description="What computes: Spark, or an engine inside this process that needs no Java "
        "(extra embedded), for one computer. auto takes the latter where it is installed and "
        "nothing asks for Spark: docs/operations.md.",
    )
    embedded_memory: str | None = Field(
        None,
        pattern=r"^[0-9]+[kmgtKMGT]$",
        description="Most memory that the embedded engine takes for joins and sums, such as 8g; "
        "null takes half of the computer, or of its container.",
    )
    master: str | None = Field(
        None, description="Spark master; null leaves it to spark-submit (or to Spark's defaults)."
    )
    remote: ConnectAddress = Field(
        None,
        description="Spark Connect (argument --remote): sc://HOST:PORT of a server, or local[N] "
        "for one of our own; null takes SPARK_REMOTE if that is set, else classic Spark.",
    )
    app_name: str = Field("rfmf", description="Name of the application in Spark's pages.")
    delta_packages: bool = Field(
        False,
        description="Let Spark fetch the Delta jars at start; clusters usually bring their own.",
    )
    quiet: bool = Field(
        False,
        description="Keep what the driver of a session that we start prints off the console: it "
        "goes to a temporary file, which is named and kept when something fails.",
    )
