"""The one tuple of stages, which runs and jobs of single stages both walk."""

from __future__ import annotations

from rfmf_spark.pipeline import STAGES
from rfmf_spark.schemas.tables import OUTPUT_TABLES
from rfmf_spark.stages import STAGE_NAMES


def test_stages_are_named_once_in_their_order() -> None:
    assert tuple(stage.name for stage in STAGES) == STAGE_NAMES


def test_every_table_is_left_by_a_stage_but_the_events_of_runs() -> None:
    left = {table for stage in STAGES for table in stage.leaves}
    assert left | {"runs"} == set(OUTPUT_TABLES) - {"lock"}
