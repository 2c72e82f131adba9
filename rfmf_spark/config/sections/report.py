"""The report for analysts."""

from __future__ import annotations

from pydantic import Field

from rfmf_spark.config.languages import Language
from rfmf_spark.config.sections.section import Section


class ReportSettings(Section):
    """The report for analysts: one HTML file per run (rfmf report)."""

    enabled: bool = Field(True, description="Whether every complete run ends with a report.")
    language: Language = Field(
        "zh", description="Language that it opens in; a switch in the page shows the other one."
    )
    folder: str | None = Field(
        None,
        description="Local folder for reports, named by run id; null takes reports/ in output.root "
        "where that is a local path, and leaves them out elsewhere.",
    )
    smallest_group: int = Field(
        20,
        ge=2,
        description="Figures of groups with fewer users are withheld, and where a total would "
        "give them away those of another group too.",
    )
