"""The sweep over K: MLlib proposes, the driver searches, and every K becomes a candidate.

Proposals are in ``proposals.py``, the search in ``search.py``, criteria in ``candidate.py``, and
which K wins in ``choice.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession
from threadpoolctl import threadpool_limits

from rfmf_spark.clustering.candidate import (
    UNSCALED,
    KCandidate,
    Scale,
    evaluate_centres,
    points_of,
    sort_cells,
    users_of,
)
from rfmf_spark.clustering.criteria import Floats, Integers
from rfmf_spark.clustering.gap import ReferenceCosts, reference_costs
from rfmf_spark.clustering.lloyd import cost_of
from rfmf_spark.clustering.proposals import propose_centres
from rfmf_spark.clustering.search import search_over_k
from rfmf_spark.clustering.stability import Stability, measure_stability
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.session.beside import beside


@dataclass(frozen=True)
class SweepSettings:
    """Which K to try, how hard to search, and how often to draw.

    ``tolerance`` is the largest movement of a centre, in coordinates, that counts as converged in
    MLlib; ``restarts`` are starts of k-means++ for each K, ``gap_references`` sets without
    structure, ``resamples`` draws of ``resample_users`` users. No sets or draws: no gap, no
    stability.
    """

    k_min: int
    k_max: int
    fixed_k: int | None
    seed: int
    max_iterations: int
    tolerance: float
    restarts: int = 50
    gap_references: int = 20
    resamples: int = 50
    resample_users: int = 5000


def plan_k(distinct_cells: int, settings: SweepSettings) -> tuple[int, ...]:
    """The K to fit: the configured range or fixed K, as far as there are cells for it.

    Where even the smallest is too large, the number of cells itself.
    """
    possible = tuple(k for k in _wanted_k(settings) if k <= distinct_cells)
    return possible or (distinct_cells,)


def skipped_k(distinct_cells: int, settings: SweepSettings) -> tuple[int, ...]:
    """The configured K that are not fitted, because there are fewer distinct cells."""
    return tuple(k for k in _wanted_k(settings) if k > distinct_cells)


def fit_over_k(
    spark: SparkSession,
    cells: pd.DataFrame,
    settings: SweepSettings,
    coordinate_scale: Scale = UNSCALED,
) -> tuple[KCandidate, ...]:
    """Fit K-means for each K on score cells weighted by their users; one candidate per K.

    ``cells`` has the columns r_score, f_score, m_score and users (≥ 1), one row per cell in any
    order. Each score is multiplied by its positive entry of ``coordinate_scale`` before distances
    are taken. Raises ``InputRefusedError`` where there is no cell.
    """
    ordered = sort_cells(require_cells(cells))
    points, users = points_of(ordered) * np.asarray(coordinate_scale), users_of(ordered)
    k_values = plan_k(len(ordered), settings)
    with beside(lambda: _draw_references(points, users, k_values, settings)) as references:
        proposals = propose_centres(
            spark,
            points,
            users,
            k_values,
            settings.seed,
            settings.max_iterations,
            settings.tolerance,
        )
        return search_candidates(ordered, proposals, settings, coordinate_scale, references())


def search_candidates(
    cells: pd.DataFrame,
    proposals: Mapping[int, Floats],
    settings: SweepSettings,
    coordinate_scale: Scale = UNSCALED,
    references: Mapping[int, ReferenceCosts] | None = None,
) -> tuple[KCandidate, ...]:
    """The candidates without Spark: ``proposals`` by K, in scaled coordinates, may be empty.

    ``cells`` as for ``fit_over_k``; ``references`` of the gap are drawn where they are missing.
    One thread: sums of several would differ in their last digits.
    """
    ordered, scale = sort_cells(require_cells(cells)), np.asarray(coordinate_scale)
    points, users = points_of(ordered) * scale, users_of(ordered)
    k_values = plan_k(len(ordered), settings)
    if references is None:
        references = _draw_references(points, users, k_values, settings)
    with threadpool_limits(1):
        found = search_over_k(
            points,
            users,
            {k: [proposals[k]] if k in proposals else [] for k in k_values},
            settings.restarts,
            settings.seed,
            settings.max_iterations,
        )
        stability = measure_stability(
            points, users, found, settings.resamples, settings.resample_users, settings.seed
        )
    return tuple(
        _add_draws(
            evaluate_centres(k, ordered, found[k].best / scale, coordinate_scale),
            cost_of(points, users, proposals[k]) if k in proposals else None,
            references.get(k),
            stability.get(k),
        )
        for k in k_values
    )


def _draw_references(
    points: Floats, users: Integers, k_values: Sequence[int], settings: SweepSettings
) -> Mapping[int, ReferenceCosts]:
    """Costs without structure by K; one thread here too."""
    with threadpool_limits(1):
        return reference_costs(
            points, int(users.sum()), k_values, settings.gap_references, settings.seed
        )


def _add_draws(
    candidate: KCandidate,
    cost_mllib: float | None,
    reference: ReferenceCosts | None,
    stability: Stability | None,
) -> KCandidate:
    gap = reference.gap(candidate.cost) if reference else None
    return dataclasses.replace(
        candidate,
        cost_mllib=cost_mllib,
        gap=gap,
        gap_error=reference.error if reference and gap is not None else None,
        stability=stability,
    )


def require_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells, if there are any. Raises ``InputRefusedError``."""
    if cells.empty:
        raise InputRefusedError(
            "score cells: there is none, so no user can be clustered; check that the trades up to "
            "the business date contain purchases"
        )
    return cells


def _wanted_k(settings: SweepSettings) -> tuple[int, ...]:
    if settings.fixed_k is not None:
        return (settings.fixed_k,)
    return tuple(range(settings.k_min, settings.k_max + 1))
