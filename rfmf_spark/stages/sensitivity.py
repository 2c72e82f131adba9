"""Stage that a run can have at its end: how much its segments depend on single choices."""

from __future__ import annotations

import pandas as pd

from rfmf_spark.run.context import RunContext
from rfmf_spark.schemas.tables import own_fields
from rfmf_spark.sensitivity.analysis import Baseline, analyse
from rfmf_spark.sensitivity.variations import plan_variations
from rfmf_spark.stages.fit import Fitted


def measure_sensitivity(context: RunContext, fitted: Fitted) -> pd.DataFrame:
    """Vary one choice after the other, and keep the table ``sensitivity`` for the run."""
    with context.progress.stage("sensitivity") as stage:
        variations = plan_variations(context.settings, context.weights)
        names = context.expertise.segment_names
        users, _, cuts = fitted.scored
        baseline = Baseline(context.settings, names, users, cuts, fitted.segmentation)
        found = analyse(baseline, variations)
        columns = [field.name for field in own_fields("sensitivity")]
        table = found.reindex(columns=columns)
        context.keep("sensitivity", table)
        stage.rows, stage.note = len(table), _tell_largest(table)
    return table


def _tell_largest(table: pd.DataFrame) -> str:
    most = table.loc[table["moved_share"].astype(float).idxmax()]
    share, choice = most["moved_share"], most["choice"]
    return f"most users move with {choice} = {most['value_after']}: {share:.1%}"
