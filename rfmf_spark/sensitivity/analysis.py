"""Each variation scored, clustered and named like a run, and held against the run's segments.

Users are met once per variation, where they get other scores: one count of users by score cell
before and after. All the rest is done with cells.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.settings import FEATURE_NAMES
from rfmf_spark.errors import RfmfError
from rfmf_spark.features import MONETARY_SCALES, monetary_integer
from rfmf_spark.fitting import Segmented, find_segments
from rfmf_spark.inspection import open_ledger
from rfmf_spark.run import RunContext
from rfmf_spark.scoring.cut_points import FeatureCuts, find_cut_points
from rfmf_spark.scoring.scores import SCORE_COLUMNS, add_scores
from rfmf_spark.segments.assignment import Segmentation, add_rfmf_score, segment_cells
from rfmf_spark.sensitivity.comparison import compare
from rfmf_spark.sensitivity.variations import CONTROL, Variation
from rfmf_spark.stages.features import build_users

_BEFORE = tuple(f"{name}_before" for name in SCORE_COLUMNS)
_USERS_AND_SCORES = [*_BEFORE, *SCORE_COLUMNS, "users"]


def analyse(
    context: RunContext,
    users: DataFrame,
    cuts: Mapping[str, FeatureCuts],
    segmentation: Segmentation,
    variations: Iterable[Variation],
) -> pd.DataFrame:
    """Rows of the table ``sensitivity`` of a run of score cells, one per variation.

    ``users`` have whole-number features and ``cumulative_amount``; ``cuts`` and ``segmentation``
    are those of the run. A variation that the inputs do not allow has a note instead of figures.
    """
    scored = add_scores(users, cuts)
    for name, before in zip(SCORE_COLUMNS, _BEFORE, strict=True):
        scored = scored.withColumnRenamed(name, before)
    rows, control = [], None
    for variation in variations:
        choice = {
            "choice": variation.choice,
            "value_before": variation.before,
            "value_after": variation.after,
            "k_before": len(segmentation.centres),
        }
        varied = _vary(context, variation)
        try:
            counted = _count_users(context, varied, scored, segmentation, variation)
        except RfmfError as cause:
            rows.append(choice | {"note": str(cause)})
            continue
        found = _segment(varied, scored, counted, variation, control)
        if variation.choice == CONTROL:
            control = found
        rows.append(choice | _figures(segmentation, counted, found))
    return pd.DataFrame(rows)


def _segment(
    varied: RunContext,
    scored: DataFrame,
    counted: pd.DataFrame,
    variation: Variation,
    control: Segmented | None,
) -> Segmented:
    """Segments of the varied cells; where only their numbers can change, those of the control."""
    cells = counted.groupby(list(SCORE_COLUMNS))["users"].sum().reset_index()
    cells = add_rfmf_score(cells, variation.weights)
    if control is None or not variation.only_weighs_anew:
        return find_segments(varied, scored, cells)
    centres, names = control.segmentation.centres, varied.expertise.segment_names
    numbered = segment_cells(cells, centres, np.ones(len(FEATURE_NAMES)), names)
    return control._replace(segmentation=numbered)


def _figures(segmentation: Segmentation, counted: pd.DataFrame, found: Segmented) -> dict[str, Any]:
    after = found.segmentation.cells[[*SCORE_COLUMNS, "segment_id"]]
    before = segmentation.cells[[*SCORE_COLUMNS, "segment_id"]]
    before = before.set_axis([*_BEFORE, "segment_before"], axis=1)
    joined = counted.merge(after, on=list(SCORE_COLUMNS)).merge(before, on=list(_BEFORE))
    compared = compare(
        joined["segment_before"].to_numpy(dtype=np.int64),
        joined["segment_id"].to_numpy(dtype=np.int64),
        joined["users"].to_numpy(dtype=np.int64),
        segmentation.names,
        found.segmentation.names,
    )
    chosen = found.k_selection[found.k_selection["chosen"]]
    return compared._asdict() | {
        "k_after": len(found.segmentation.centres),
        "verdict": str(chosen["verdict"].iloc[0]),
        "moved_share": compared.moved / compared.users,
        "renamed_share": compared.renamed / compared.users,
    }


def _vary(context: RunContext, variation: Variation) -> RunContext:
    """The context of a run with the variation: it fits, whatever the run itself has done."""
    values = dict(zip(FEATURE_NAMES, variation.weights, strict=True))
    weights = {**context.result.weights, "values": values}
    result = dataclasses.replace(context.result, weights=weights)
    return dataclasses.replace(
        context, settings=variation.settings, result=result, frozen=None, kept={}
    )


def _count_users(
    context: RunContext,
    varied: RunContext,
    scored: DataFrame,
    segmentation: Segmentation,
    variation: Variation,
) -> pd.DataFrame:
    """Users by score cell before and after."""
    if not variation.scores_anew(context.settings):
        cells = segmentation.cells
        same = cells[list(SCORE_COLUMNS)].set_axis(list(_BEFORE), axis=1)
        return pd.concat([same, cells[[*SCORE_COLUMNS, "users"]]], axis=1)
    features = _with_basis(context, varied, scored).persist()
    try:
        total, scoring = features.count(), varied.settings.scoring
        cuts = find_cut_points(features, total, scoring, varied.monetary_scale)
        grouped = add_scores(features, cuts).groupBy(*_BEFORE, *SCORE_COLUMNS)
        counted = grouped.agg(F.count("*").alias("users")).toPandas()
    finally:
        features.unpersist()
    ordered = counted.sort_values(_USERS_AND_SCORES[:-1], ignore_index=True)
    return ordered[_USERS_AND_SCORES]


def _with_basis(context: RunContext, varied: RunContext, scored: DataFrame) -> DataFrame:
    """Users with the monetary value of the varied basis in place of the run's."""
    columns = ["user_id", "recency", "frequency", *_BEFORE]
    basis = varied.settings.features.basis
    if basis == context.settings.features.basis:
        return scored.select(*columns, "monetary")
    if basis == "amount":
        cents = F.col("cumulative_amount") * F.lit(10 ** MONETARY_SCALES[basis])
        return scored.select(*columns, cents.cast("bigint").alias("monetary"))
    with open_ledger(context.spark, varied.settings) as ledger:
        _, everyone = build_users(ledger, varied.settings, context.run.as_of)
    value = monetary_integer(F.col("monetary"), basis).alias("monetary")
    return scored.select(*columns).join(
        everyone.select("user_id", value), on="user_id", how="inner"
    )
