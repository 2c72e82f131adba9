"""Names and strategies of the segments."""

from __future__ import annotations

from pydantic import Field

from rfmf_spark.config.sections.section import Section


class SegmentSettings(Section):
    """Names and strategies of the segments."""

    names: str = Field(
        "segments.yaml",
        description="Names and strategies by cell: a YAML file, or one shipped in conf/.",
    )
