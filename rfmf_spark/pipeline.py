"""One run, from raw trades to published segments: the table of contents of the product.

Stages hand over by tables of the run, so each reads what the one before has written. Nothing of a
run is visible to readers before its last event; see ``tables/runs.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.clustering.candidate import UNSCALED, Scale
from rfmf_spark.clustering.choice import choose_fixed_k, choose_k
from rfmf_spark.clustering.selection import k_selection_table
from rfmf_spark.clustering.sweep import SweepSettings, fit_over_k
from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.errors import InputRefusedError, RfmfError, RunAbortedError
from rfmf_spark.expertise import load_expertise
from rfmf_spark.features import build_user_features, monetary_integer
from rfmf_spark.ledger.clean_ledger import CleanLedger, clean_ledger
from rfmf_spark.ledger.holdings import build_holdings, publish_holdings
from rfmf_spark.ledger.reconciliation import (
    Totals,
    as_table,
    check_bad_share,
    check_balance,
    check_equal,
)
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.model import build_model, describe_weights
from rfmf_spark.progress import Progress
from rfmf_spark.run import (
    RunContext,
    RunResult,
    describe_versions,
    new_run_id,
    require_run_settings,
)
from rfmf_spark.scoring.cut_points import FeatureCuts, find_cut_points
from rfmf_spark.scoring.scores import add_scores, count_cells, cut_point_table
from rfmf_spark.segments.assignment import (
    Segmentation,
    add_rfmf_score,
    assign_segments,
    segment_cells,
)
from rfmf_spark.segments.profile import build_profile
from rfmf_spark.spark_failures import known_cause
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.runs import Status, close_abandoned_runs, record_event
from rfmf_spark.tables.store import RunKey, TableStore


class ScoredUsers(NamedTuple):
    """Users with their scores (big), the cells that they fall into and the cut points (small)."""

    users: DataFrame
    cells: pd.DataFrame
    cuts: dict[str, FeatureCuts]


def run_pipeline(spark: SparkSession, loaded: LoadedSettings, progress: Progress) -> RunResult:
    """Run everything for one business date and make the result current.

    Raises an ``RfmfError`` for every known cause; whatever happens, the end of the run is recorded
    and readers stay with the previous result until the new one is complete.
    """
    settings = loaded.settings
    as_of, root = require_run_settings(settings)
    expertise = load_expertise(settings)
    store = TableStore(spark, root)
    run = RunKey(as_of, new_run_id(as_of))
    weights = describe_weights(expertise.judgments, expertise.priorities)
    result = RunResult(run, store.root, weights)
    context = RunContext(spark, settings, expertise, store, progress, result)
    beginning = {
        "configuration": loaded.effective(),
        "configuration_digest": loaded.digest(),
        "versions": describe_versions(spark),
    }
    lock, stale_minutes = settings.output.lock, settings.output.lock_stale_minutes
    with run_lock(store, spark, run.run_id, kind=lock, stale_minutes=stale_minutes):
        with progress.stage("start"):
            close_abandoned_runs(store, spark=spark)
            record_event(store, run, "running", spark=spark, details=beginning)
        with _recorded_failure(context, beginning):
            run_stages(context)
            with progress.stage("publish"):
                context.write_kept()
                details = beginning | _describe_outcome(context)
                record_event(store, run, "complete", spark=spark, details=details)
    return result


def run_stages(context: RunContext) -> None:
    """All stages in order, from the raw inputs to the tables of the run."""
    ledger = clean(context)
    try:
        build_features(context, ledger)
    finally:
        ledger.release()
    scored = score(context, read_features(context))
    segmentation = cluster(context, scored)
    assign(context, scored.users, segmentation)


def clean(context: RunContext) -> CleanLedger:
    """Open and clean the inputs; write what was refused, and stop where it is too much."""
    settings, result = context.settings, context.result
    with context.progress.stage("clean") as stage:
        ledger = clean_ledger(context.spark, settings, context.run.as_of)
        result.inputs = ledger.versions
        result.reconciliation = as_table(ledger.outcomes)
        context.keep("reconciliation", result.reconciliation)
        if (quarantine := ledger.quarantine()) is not None:
            context.write("quarantine", quarantine)
        else:
            context.store.create("quarantine")
        limit = settings.quality.max_bad_share
        for source in ledger.sources:
            check_balance(source.source.name, source.came_in, source.outcomes)
            check_bad_share(source.source.name, source.came_in, source.outcomes, limit)
        stage.rows = ledger.sources[-1].came_in.rows
    return ledger


def build_features(context: RunContext, ledger: CleanLedger) -> None:
    """Holdings and features of every user; written for users with a purchase."""
    settings, as_of = context.settings, context.run.as_of
    with context.progress.stage("features") as stage:
        holdings = build_holdings(ledger.trades, ledger.curves, purchase_types(settings.features))
        if settings.output.write_holdings and ledger.curves is not None:
            context.write("holdings", publish_holdings(holdings))
        tolerance = settings.quality.overdrawn_tolerance_units
        everyone = build_user_features(
            holdings, ledger.curves, as_of, settings.features.basis, tolerance
        )
        seen = Observation("users of the ledger")
        observed = everyone.observe(
            seen,
            F.count("*").alias("users"),
            F.coalesce(F.sum("overdrawn_positions"), F.lit(0)).alias("overdrawn_positions"),
        )
        context.write("user_features", observed.where(F.col("frequency") > 0))
        written = _total_features(context)
        check_equal(
            "table user_features (purchases)",
            Totals(ledger.purchases.rows, ledger.purchases.cents),
            Totals(written["purchases"], written["purchase_cents"]),
        )
        if written["users"] == 0:
            raise InputRefusedError(
                f"input.trades: no user has a purchase up to {as_of}; check as_of, and the trade "
                f"types of the input"
            )
        # Observations can count a repeated task twice: these figures inform and decide nothing.
        context.result.control_totals = written | {
            "users_without_purchase": seen.get["users"] - written["users"],
            "overdrawn_positions": seen.get["overdrawn_positions"],
        }
        stage.rows = written["users"]


def read_features(context: RunContext) -> DataFrame:
    """Features as they were written, the three scored ones as whole numbers."""
    basis = context.settings.features.basis
    return context.store.read_run("user_features", context.run).select(
        "user_id",
        F.col("recency_days").cast("bigint").alias("recency"),
        "frequency",
        monetary_integer(F.col("monetary"), basis).alias("monetary"),
        "cumulative_amount",
        "holding_amount",
        "retained",
    )


def score(context: RunContext, features: DataFrame) -> ScoredUsers:
    """Cut points over all users, their scores, and the users per score cell."""
    scoring, scale = context.settings.scoring, context.monetary_scale
    with context.progress.stage("score") as stage:
        users = context.result.control_totals["users"]
        cuts = find_cut_points(features, users, scoring, scale)
        scored = add_scores(features, cuts)
        counted = count_cells(scored)
        weights = context.expertise.priorities.weights
        cells = add_rfmf_score(counted, weights)
        context.result.cut_points = cut_point_table(cells, cuts, scoring.bins, scale)
        context.keep("score_cut_points", context.result.cut_points)
        stage.rows, stage.note = users, f"{len(cells)} score cells"
    return ScoredUsers(scored, cells, cuts)


def cluster(context: RunContext, scored: ScoredUsers) -> Segmentation:
    """K-means over the range of K, the choice of K, and the segments of all cells: the model."""
    settings, expertise, result = context.settings, context.expertise, context.result
    fixed_k = settings.clustering.fixed_k
    with context.progress.stage("cluster") as stage:
        scale = _coordinate_scale(context)
        sweep = SweepSettings(**settings.clustering.model_dump(exclude={"scale_by_weights"}))
        candidates = fit_over_k(context.spark, scored.cells, sweep, scale)
        choice = choose_fixed_k(fixed_k, candidates) if fixed_k else choose_k(candidates)
        chosen = next(candidate for candidate in candidates if candidate.k == choice.k)
        segmentation = segment_cells(
            scored.cells, chosen.centres, np.asarray(scale), expertise.segment_names
        )
        model = build_model(
            settings,
            context.run.as_of,
            scored.cuts,
            result.weights,
            segmentation.centres,
            segmentation.names,
        )
        result.model_id = model.model_id
        result.k_selection = k_selection_table(candidates, choice)
        context.keep("k_selection", result.k_selection)
        context.keep("score_cells", segmentation.cells)
        context.keep(
            "models", pd.DataFrame([{"model_id": model.model_id, "model": model.to_json()}])
        )
        stage.rows, stage.note = len(segmentation.cells), choice.reason
    return segmentation


def assign(context: RunContext, users: DataFrame, segmentation: Segmentation) -> None:
    """The segment of every user, and the profile of every segment."""
    with context.progress.stage("assign") as stage:
        assigned = assign_segments(users, segmentation.cells, context.spark)
        context.write("user_segments", assigned)
        stage.rows = context.result.control_totals["users"]
    with context.progress.stage("profile") as stage:
        profile = build_profile(assigned, segmentation, context.monetary_scale)
        context.result.profile = profile
        context.keep("segment_profile", profile)
        check_equal(
            "table segment_profile (users)",
            Totals(context.result.control_totals["users"]),
            Totals(int(profile["users"].sum())),
        )
        stage.rows = len(profile)


def _total_features(context: RunContext) -> dict[str, int]:
    """Users, purchases and cents as they stand in the table that was written."""
    cents = (F.col("cumulative_amount") * 100).cast("decimal(38,0)")
    row = (
        context.store.read_run("user_features", context.run)
        .agg(
            F.count("*").alias("users"),
            F.coalesce(F.sum("frequency"), F.lit(0)).alias("purchases"),
            F.coalesce(F.sum(cents), F.lit(0)).alias("purchase_cents"),
        )
        .collect()[0]
    )
    return {name: int(value) for name, value in row.asDict().items()}


def _coordinate_scale(context: RunContext) -> Scale:
    if not context.settings.clustering.scale_by_weights:
        return UNSCALED
    recency, frequency, monetary = (float(w) for w in context.expertise.priorities.weights)
    return (recency, frequency, monetary)


def _describe_outcome(context: RunContext) -> dict[str, Any]:
    result = context.result
    return {
        "exit_code": 0,
        "inputs": result.inputs,
        "control_totals": result.control_totals,
        "weights": result.weights,
        "model_id": result.model_id,
        "outputs": context.output_versions(),
        "durations": context.progress.durations(),
    }


@contextlib.contextmanager
def _recorded_failure(context: RunContext, beginning: Mapping[str, Any]) -> Iterator[None]:
    """Record how a run ended that did not complete; the error goes on to the caller.

    An interrupt becomes a ``RunAbortedError``.
    """
    try:
        yield
    except KeyboardInterrupt as cause:
        stopped = RunAbortedError(
            f"run {context.run.run_id} was told to stop (SIGTERM or an interrupt) and published "
            f"nothing; the previous result stays current, and the run can be repeated"
        )
        _record_end(context, "aborted", beginning, stopped)
        raise stopped from cause
    except BaseException as cause:
        error = cause if isinstance(cause, RfmfError) else known_cause(cause)
        _record_end(context, "failed", beginning, error or cause)
        if error is None or error is cause:
            raise
        raise error from cause


def _record_end(
    context: RunContext, status: Status, beginning: Mapping[str, Any], cause: BaseException
) -> None:
    # The text of an unknown error may quote data; its kind is enough here.
    known = isinstance(cause, RfmfError)
    reason = str(cause) if known else f"unexpected {type(cause).__name__}"
    end = {"exit_code": cause.exit_code if isinstance(cause, RfmfError) else 1, "reason": reason}
    # Where even this cannot be written, the next run finds the run without an end.
    with contextlib.suppress(Exception):
        context.write_kept()
    with contextlib.suppress(Exception):
        details = dict(beginning) | _describe_outcome(context) | end
        record_event(context.store, context.run, status, spark=context.spark, details=details)
