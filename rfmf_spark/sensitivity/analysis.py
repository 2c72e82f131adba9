"""Each variation scored, clustered and named like a run, and held against the run's segments.

Users are met once per variation, where they get other scores: one count of users by score cell
before and after. All the rest is done with cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.bases import basis_of
from rfmf_spark.config.requirements import require_inputs
from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import RfmfError
from rfmf_spark.features.of_ledger import build_users
from rfmf_spark.features.priced_ledger import open_priced_ledger
from rfmf_spark.features.user_features import monetary_integer
from rfmf_spark.model.fitting import FitPlan, Segmented, find_segments
from rfmf_spark.scoring.cut_points import FeatureCuts, find_cut_points
from rfmf_spark.scoring.scores import SCORE_COLUMNS, add_scores
from rfmf_spark.segments.assignment import Segmentation, add_rfmf_score, segment_cells
from rfmf_spark.segments.name_table import SegmentNames
from rfmf_spark.sensitivity.comparison import compare
from rfmf_spark.sensitivity.variations import CONTROL, Variation

_BEFORE = tuple(f"{name}_before" for name in SCORE_COLUMNS)
_USERS_AND_SCORES = [*_BEFORE, *SCORE_COLUMNS, "users"]


@dataclass(frozen=True, eq=False)
class Baseline:
    """The run that is varied: its settings, its users and what it has made of them.

    ``users`` have whole-number features and ``cumulative_amount``.
    """

    settings: Settings
    names: SegmentNames
    users: DataFrame
    cuts: Mapping[str, FeatureCuts]
    segmentation: Segmentation


def analyse(baseline: Baseline, variations: Iterable[Variation]) -> pd.DataFrame:
    """Rows of the table ``sensitivity`` of a run of score cells, one per variation.

    A variation that the inputs do not allow has a note instead of figures.
    """
    segmentation = baseline.segmentation
    scored = add_scores(baseline.users, baseline.cuts)
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
        try:
            counted = _count_users(baseline, scored, variation)
        except RfmfError as cause:
            rows.append(choice | {"note": str(cause)})
            continue
        found = _segment(baseline.names, scored, counted, variation, control)
        if variation.choice == CONTROL:
            control = found
        rows.append(choice | _figures(segmentation, counted, found))
    return pd.DataFrame(rows)


def _segment(
    names: SegmentNames,
    scored: DataFrame,
    counted: pd.DataFrame,
    variation: Variation,
    control: Segmented | None,
) -> Segmented:
    """Segments of the varied cells; where only their numbers can change, those of the control."""
    cells = counted.groupby(list(SCORE_COLUMNS))["users"].sum().reset_index()
    cells = add_rfmf_score(cells, variation.weights)
    if control is None or not variation.only_weighs_anew:
        settings = variation.settings
        scale = basis_of(settings.features).scale
        plan = FitPlan(settings.clustering, np.array(variation.weights), names, scale)
        return find_segments(scored, cells, plan)
    centres = control.segmentation.centres
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


def _count_users(baseline: Baseline, scored: DataFrame, variation: Variation) -> pd.DataFrame:
    """Users by score cell before and after."""
    if not variation.scores_anew(baseline.settings):
        cells = baseline.segmentation.cells
        same = cells[list(SCORE_COLUMNS)].set_axis(list(_BEFORE), axis=1)
        return pd.concat([same, cells[[*SCORE_COLUMNS, "users"]]], axis=1)
    settings = variation.settings
    features = _with_basis(baseline.settings, settings, scored).persist()
    try:
        total, scale = features.count(), basis_of(settings.features).scale
        cuts = find_cut_points(features, total, settings.scoring, scale)
        grouped = add_scores(features, cuts).groupBy(*_BEFORE, *SCORE_COLUMNS)
        counted = grouped.agg(F.count("*").alias("users")).toPandas()
    finally:
        features.unpersist()
    ordered = counted.sort_values(_USERS_AND_SCORES[:-1], ignore_index=True)
    return ordered[_USERS_AND_SCORES]


def _with_basis(settings: Settings, varied: Settings, scored: DataFrame) -> DataFrame:
    """Users with the monetary value of the varied basis in place of the run's."""
    columns = ["user_id", "recency", "frequency", *_BEFORE]
    basis = varied.features.basis
    if basis == settings.features.basis:
        return scored.select(*columns, "monetary")
    value = basis_of(varied.features)
    if value.column == "purchase_cents":
        cents = F.col("cumulative_amount") * F.lit(10**value.scale)
        return scored.select(*columns, cents.cast("bigint").alias("monetary"))
    with open_priced_ledger(scored.sparkSession, varied) as ledger:
        _, everyone = build_users(ledger.rows, varied, require_inputs(varied))
    monetary = monetary_integer(F.col("monetary"), basis).alias("monetary")
    return scored.select(*columns).join(
        everyone.select("user_id", monetary), on="user_id", how="inner"
    )
