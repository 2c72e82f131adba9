"""Three ways to the segments of a run: fitted on cells, fitted on values, or as in an older model.

Each gives the same things, so what follows in the pipeline does not depend on the way taken.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from rfmf_spark.clustering.candidate import (
    UNSCALED,
    KCandidate,
    Scale,
    evaluate_centres,
    sort_cells,
)
from rfmf_spark.clustering.choice import (
    ChoiceRules,
    KChoice,
    choose_fixed_k,
    choose_given_centres,
    choose_k,
)
from rfmf_spark.clustering.choice_tables import k_selection_table, segment_stability_table
from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.clustering.gates import Gates
from rfmf_spark.clustering.sweep import SweepSettings, fit_over_k, require_cells
from rfmf_spark.clustering.value_space import VALUE_SPACE_LIMITS, ValueSpace, fit_value_space
from rfmf_spark.config.sections.clustering import ClusteringSettings
from rfmf_spark.model.fitted import Model
from rfmf_spark.model.frozen import FrozenModel
from rfmf_spark.segments.assignment import (
    Segmentation,
    assign_segments,
    segment_cells,
    segment_cells_as_before,
)
from rfmf_spark.segments.name_table import SegmentNames
from rfmf_spark.segments.value_assignment import (
    assign_segments_by_values,
    segment_values,
    segment_values_as_before,
)


@dataclass(frozen=True, eq=False)
class FitPlan:
    """What decides a fit, beside the users: settings, weights (3,) of R, F, M, and names to give.

    The monetary value of users counts units of 10 ** -``monetary_scale`` yuan.
    """

    clustering: ClusteringSettings
    weights: Floats
    names: SegmentNames
    monetary_scale: int


class Segmented(NamedTuple):
    """The segments, the tables of K and of the segments' stability, and the choice in short."""

    segmentation: Segmentation
    k_selection: pd.DataFrame
    segment_stability: pd.DataFrame
    summary: str


def find_segments(
    users: DataFrame, cells: pd.DataFrame, plan: FitPlan, frozen: FrozenModel | None = None
) -> Segmented:
    """Segments by the frozen model where there is one, else by a fit in the configured space.

    ``users`` have features and scores, ``cells`` the scores, ``users`` and ``rfmf_score``.
    """
    if frozen is not None:
        return _apply_model(frozen, users, cells, plan.monetary_scale)
    if plan.clustering.space == "values":
        return _fit_on_values(users, cells, plan)
    return _fit_on_cells(users, cells, plan)


def restore_segments(
    model: Model, users: DataFrame, cells: pd.DataFrame, monetary_scale: int
) -> Segmentation:
    """The segments that ``model`` makes of scored users; nothing is fitted."""
    centres, names, space = model.centres(), model.names(), model.value_space()
    if space is None:
        return segment_cells_as_before(cells, centres, model.scale(), names)
    return segment_values_as_before(users, cells, space, centres, names, monetary_scale)


def assign_users(scored: DataFrame, segmentation: Segmentation, monetary_scale: int) -> DataFrame:
    """Scored users with ``rfmf_score``, their segment and their distances to centres."""
    if segmentation.value_space is None:
        return assign_segments(scored, segmentation.cells)
    return assign_segments_by_values(scored, segmentation, monetary_scale)


def publish_cells(cells: pd.DataFrame, segmentation: Segmentation) -> pd.DataFrame:
    """Rows of the table ``score_cells``; without segments where users of one cell may differ."""
    if segmentation.value_space is None:
        return segmentation.cells
    return cells.assign(segment_id=None)


def _fit_on_cells(users: DataFrame, cells: pd.DataFrame, plan: FitPlan) -> Segmented:
    scale, clustering = _coordinate_scale(plan), plan.clustering
    if clustering.centres is not None:
        given = np.array(clustering.centres, dtype=np.float64)
        candidate = evaluate_centres(len(given), sort_cells(require_cells(cells)), given, scale)
        candidates: tuple[KCandidate, ...] = (candidate,)
        choice = choose_given_centres(candidate)
    else:
        candidates = fit_over_k(users.sparkSession, cells, _sweep_settings(clustering), scale)
        choice = _choose(clustering, candidates, "score cells")
    segmentation = segment_cells(
        cells,
        _chosen(candidates, choice).centres,
        np.asarray(scale),
        plan.names,
    )
    return _segmented(segmentation, candidates, choice)


def _fit_on_values(users: DataFrame, cells: pd.DataFrame, plan: FitPlan) -> Segmented:
    scale, clustering = plan.monetary_scale, plan.clustering
    standardisation, candidates = fit_value_space(
        users, scale, len(cells), _sweep_settings(clustering)
    )
    choice = _choose(clustering, candidates, "users")
    choice = dataclasses.replace(choice, reason=f"{choice.reason}; {VALUE_SPACE_LIMITS}")
    space = ValueSpace(standardisation, _chosen(candidates, choice).centres)
    found = segment_values(users, cells, space, plan.names, scale)
    return _segmented(found, candidates, choice)


def _apply_model(
    frozen: FrozenModel, users: DataFrame, cells: pd.DataFrame, monetary_scale: int
) -> Segmented:
    """No fit: cells, or users, get the nearest of the model's centres."""
    model = frozen.model
    segmentation = restore_segments(model, users, cells, monetary_scale)
    centres = model.centres()
    k = len(centres)
    if segmentation.value_space is None:
        recency, frequency, monetary = (float(factor) for factor in model.scale())
        scale = (recency, frequency, monetary)
        candidate = evaluate_centres(k, sort_cells(cells), centres, scale)
    else:
        # Criteria over all users would cost passes that a frozen model is there to save.
        candidate = KCandidate(k, segmentation.value_space.centres, float("nan"), None, None)
    reason = (
        f"K = {k}: frozen model {model.model_id[:12]} of {frozen.origin}, fitted as of "
        f"{model.as_of}; nothing was fitted"
    )
    return _segmented(segmentation, (candidate,), KChoice(k, {}, reason))


def _choose(
    clustering: ClusteringSettings, candidates: tuple[KCandidate, ...], distinct: str
) -> KChoice:
    if clustering.fixed_k:
        return choose_fixed_k(clustering.fixed_k, candidates, distinct)
    gates = Gates(clustering.max_valley, clustering.min_stability, clustering.min_share)
    return choose_k(candidates, ChoiceRules(clustering.criteria, gates, clustering.fallback_k))


def _chosen(candidates: tuple[KCandidate, ...], choice: KChoice) -> KCandidate:
    return next(candidate for candidate in candidates if candidate.k == choice.k)


def _segmented(
    segmentation: Segmentation, candidates: tuple[KCandidate, ...], choice: KChoice
) -> Segmented:
    stability = segment_stability_table(candidates, choice, segmentation.centres)
    summary = f"K = {choice.k}, {choice.verdict}"
    return Segmented(segmentation, k_selection_table(candidates, choice), stability, summary)


def _sweep_settings(clustering: ClusteringSettings) -> SweepSettings:
    names = {field.name for field in dataclasses.fields(SweepSettings)}
    return SweepSettings(**clustering.model_dump(include=names))


def _coordinate_scale(plan: FitPlan) -> Scale:
    if not plan.clustering.scale_by_weights:
        return UNSCALED
    recency, frequency, monetary = (float(weight) for weight in plan.weights)
    return (recency, frequency, monetary)
