"""Fourth stage: K-means over the range of K, the choice of K, the named centres: the model."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from rfmf_spark.errors import GateStoppedError
from rfmf_spark.model.fitted import build_model, parse_model
from rfmf_spark.model.fitting import find_segments, publish_cells, restore_segments
from rfmf_spark.run.context import RunContext
from rfmf_spark.segments.assignment import Segmentation
from rfmf_spark.stages.score import ScoredUsers, read_scored


class Fitted(NamedTuple):
    """Users and cells with their scores, and the segments that they fall into."""

    scored: ScoredUsers
    segmentation: Segmentation


def fit(context: RunContext, scored: ScoredUsers) -> Fitted:
    """Find the segments; with a frozen model they are those that it has."""
    result = context.result
    with context.progress.stage("fit") as stage:
        found = find_segments(scored.users, scored.cells, context.fit_plan, context.frozen)
        if context.frozen:
            model = context.frozen.model
        else:
            model = build_model(
                context.settings,
                context.run.as_of,
                scored.cuts,
                result.weights,
                found.segmentation,
            )
        result.model_id = model.model_id
        result.k_selection = found.k_selection
        context.keep("k_selection", result.k_selection)
        context.keep("segment_stability", found.segment_stability)
        context.keep("score_cells", publish_cells(scored.cells, found.segmentation))
        context.keep(
            "models", pd.DataFrame([{"model_id": model.model_id, "model": model.to_json()}])
        )
        stage.rows, stage.note = len(scored.cells), found.summary
    return Fitted(scored, found.segmentation)


def read_fitted(context: RunContext) -> Fitted:
    """What ``score`` has left in tables, and the segments that ``fit`` has left as a model."""
    scored = read_scored(context)
    rows = context.store.collect("models", of_run=context.run.run_id)
    if [row["model_id"] for row in rows] != [context.result.model_id]:
        raise GateStoppedError(
            f"table models: run {context.run.run_id} has {len(rows)} models there, not the one "
            f"that its stage fit has recorded; repeat that stage"
        )
    model = parse_model(rows[0]["model"], f"run {context.run.run_id}")
    found = restore_segments(model, scored.users, scored.cells, context.monetary_scale)
    return Fitted(scored, found)
