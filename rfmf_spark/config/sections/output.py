"""Where the results go."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rfmf_spark.config.sections.section import Section


class OutputSettings(Section):
    """Where the results go."""

    root: str | None = Field(
        None, description="Folder or object-store URI that holds all output tables (required)."
    )
    lock: Literal["auto", "file", "table"] = Field(
        "auto",
        description="Run lock: a file lock (local paths), a row of a Delta table (elsewhere), "
        "or chosen by the kind of path.",
    )
    lock_stale_minutes: int = Field(
        30,
        ge=2,
        description="A table lock that its owner has not signed for so long can be taken over.",
    )
    write_holdings: bool = Field(
        False, description="Also write the additive state per user and product (table holdings)."
    )
