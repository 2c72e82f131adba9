"""Third stage: cut points over all users, their scores, and the users per score cell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from rfmf_spark.run.context import RunContext
from rfmf_spark.scoring.cut_points import FeatureCuts, find_cut_points
from rfmf_spark.scoring.distribution import count_distribution
from rfmf_spark.scoring.scores import (
    SCORE_COLUMNS,
    add_scores,
    count_cells,
    cut_point_table,
    cuts_of_table,
)
from rfmf_spark.segments.assignment import add_rfmf_score
from rfmf_spark.stages.features import read_features
from rfmf_spark.weights.decision import decide_weights, describe_weights, needs_users


class ScoredUsers(NamedTuple):
    """Users with their scores (big), the cells that they fall into and the cut points (small)."""

    users: DataFrame
    cells: pd.DataFrame
    cuts: dict[str, FeatureCuts]


def score(context: RunContext, features: DataFrame) -> ScoredUsers:
    """Score all users of ``features``, by cut points found here or frozen ones."""
    scoring, scale = context.settings.scoring, context.monetary_scale
    with context.progress.stage("score") as stage:
        users = context.users
        if context.frozen:
            cuts = context.frozen.model.cuts()
        else:
            cuts = find_cut_points(features, users, scoring, scale)
        scored = add_scores(features, cuts)
        counted = count_cells(scored)
        _settle_weights(context, counted)
        cells = add_rfmf_score(counted, context.weights)
        context.result.cut_points = cut_point_table(cells, cuts, scoring.bins, scale)
        context.keep("score_cut_points", context.result.cut_points)
        context.keep("feature_distribution", count_distribution(features, cuts, scale))
        # Their segments follow when there are any.
        context.keep("score_cells", cells.assign(segment_id=None))
        stage.rows, stage.note = users, f"{len(cells)} score cells"
    return ScoredUsers(scored, cells, cuts)


def read_scored(context: RunContext) -> ScoredUsers:
    """What ``score`` has left in tables; the scores of users follow from features and cuts."""
    table = context.store.read_run("score_cut_points", context.run).toPandas()
    cuts = cuts_of_table(table, context.monetary_scale)
    cells = context.store.read_run("score_cells", context.run).toPandas()
    ordered = cells.drop(columns="segment_id").sort_values(list(SCORE_COLUMNS), ignore_index=True)
    return ScoredUsers(add_scores(read_features(context), cuts), ordered, cuts)


def _settle_weights(context: RunContext, cells: pd.DataFrame) -> None:
    """Decide weights that depend on the scores of the users; others are known from the start."""
    settings, group = context.settings.weights, context.expertise.group
    if context.frozen is not None or not needs_users(settings):
        return
    values = cells[list(SCORE_COLUMNS)].to_numpy(dtype=np.float64)
    decision = decide_weights(settings, group, values, cells["users"].to_numpy(dtype=np.float64))
    context.result.weights = describe_weights(settings, group, decision)
