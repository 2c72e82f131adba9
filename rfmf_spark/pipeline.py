"""One run, from raw trades to published segments: the table of contents of the product.

Stages hand over by tables of the run, so each reads what the one before has written. Nothing of a
run is visible to readers before its last event; see ``tables/runs.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.errors import InputRefusedError, RfmfError, RunAbortedError
from rfmf_spark.expertise import load_expertise
from rfmf_spark.features import build_user_features, monetary_integer
from rfmf_spark.fitting import assign_users, find_segments, publish_cells
from rfmf_spark.frozen_model import FrozenModel, check_fit, load_frozen_model
from rfmf_spark.inspection import check_ledger, open_ledger
from rfmf_spark.ledger.clean_ledger import CleanLedger
from rfmf_spark.ledger.given_features import build_given_features
from rfmf_spark.ledger.holdings import build_holdings, publish_holdings
from rfmf_spark.ledger.purchases import measures_of, total_purchases
from rfmf_spark.ledger.reconciliation import (
    Totals,
    as_table,
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
)
from rfmf_spark.segments.profile import build_profile
from rfmf_spark.spark_failures import known_cause
from rfmf_spark.stopping import stop_where_told, was_told_to_stop
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
    frozen = load_frozen_model(settings.model, store) if settings.model else None
    if frozen is not None:
        check_fit(frozen, settings)
        weights = frozen.model.document["weights"]
    else:
        weights = describe_weights(expertise.judgments, expertise.priorities)
    result = RunResult(run, store.root, weights)
    context = RunContext(spark, settings, expertise, store, progress, result, frozen)
    beginning = {
        "configuration": loaded.effective(),
        "configuration_digest": loaded.digest(),
        "versions": describe_versions(spark),
    }
    lock, stale_minutes = settings.output.lock, settings.output.lock_stale_minutes
    with run_lock(store, spark, run.run_id, kind=lock, stale_minutes=stale_minutes) as held:
        with progress.stage("start"):
            close_abandoned_runs(store, spark=spark)
            record_event(store, run, "running", spark=spark, details=beginning)
        with _recorded_failure(context, beginning):
            run_stages(context)
            stop_where_told()
            with progress.stage("publish"):
                context.write_kept()
                held()
                details = beginning | _describe_outcome(context)
                record_event(store, run, "complete", spark=spark, details=details)
    return result


def run_stages(context: RunContext) -> None:
    """All stages in order, from the raw inputs to the tables of the run."""
    ledger = clean(context)
    try:
        if context.settings.input.features is None:
            build_features(context, ledger)
        else:
            take_features(context, ledger)
    finally:
        ledger.release()
    scored = score(context, read_features(context))
    segmentation = cluster(context, scored)
    assign(context, scored.users, segmentation)


def clean(context: RunContext) -> CleanLedger:
    """Open and clean the inputs; write what was refused, and stop where it is too much."""
    with context.progress.stage("clean") as stage:
        ledger = open_ledger(context.spark, context.settings)
        try:
            _account_for(context, ledger)
        except BaseException:
            ledger.release()
            raise
        stage.rows = ledger.sources[-1].came_in.rows
    return ledger


def _account_for(context: RunContext, ledger: CleanLedger) -> None:
    """Write what became of every row, and hold the totals against their limits."""
    result = context.result
    result.inputs = ledger.versions
    result.reconciliation = as_table(ledger.outcomes)
    context.keep("reconciliation", result.reconciliation)
    if (quarantine := ledger.quarantine()) is not None:
        context.write("quarantine", quarantine)
    else:
        context.store.create("quarantine")
        result.outputs.append("quarantine")
    check_ledger(ledger, context.settings)


def build_features(context: RunContext, ledger: CleanLedger) -> None:
    """Holdings and features of every user; written for users with a purchase."""
    settings, as_of = context.settings, context.run.as_of
    with context.progress.stage("features") as stage:
        purchases = purchase_types(settings.features)
        measures = measures_of(settings.features, as_of)
        holdings = build_holdings(ledger.trades, ledger.curves, purchases, measures)
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
        expected = Totals(ledger.purchases.rows, ledger.purchases.cents)
        if not measures.counts_every_purchase:
            expected = total_purchases(ledger.trades, purchases, measures)
        check_equal(
            "table user_features (purchases)",
            expected,
            Totals(written["purchases"], written["purchase_cents"]),
        )
        if written["users"] == 0:
            raise InputRefusedError(
                f"input.trades: no user has a purchase up to {as_of}; check as_of, the trade types "
                f"of the input, and features.window_days and features.window_start where set"
            )
        # Observations can count a repeated task twice: these figures inform and decide nothing.
        context.result.control_totals = written | {
            "users_without_purchase": seen.get["users"] - written["users"],
            "overdrawn_positions": seen.get["overdrawn_positions"],
        }
        stage.rows = written["users"]


def take_features(context: RunContext, ledger: CleanLedger) -> None:
    """Features as they were given, instead of computed ones."""
    with context.progress.stage("features") as stage:
        given = build_given_features(ledger.trades, context.run.as_of)
        context.write("user_features", given)
        written = _total_features(context)
        accepted = sum(o.totals.rows for o in ledger.outcomes if o.outcome == "accepted")
        check_equal("table user_features (users)", Totals(accepted), Totals(written["users"]))
        if written["users"] == 0:
            raise InputRefusedError("input.features: no row could be used; see table quarantine")
        nobody = {"users_without_purchase": 0, "overdrawn_positions": 0}
        context.result.control_totals = written | nobody
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
        if context.frozen:
            cuts = context.frozen.model.cuts()
        else:
            cuts = find_cut_points(features, users, scoring, scale)
        scored = add_scores(features, cuts)
        counted = count_cells(scored)
        cells = add_rfmf_score(counted, context.weights)
        context.result.cut_points = cut_point_table(cells, cuts, scoring.bins, scale)
        context.keep("score_cut_points", context.result.cut_points)
        stage.rows, stage.note = users, f"{len(cells)} score cells"
    return ScoredUsers(scored, cells, cuts)


def cluster(context: RunContext, scored: ScoredUsers) -> Segmentation:
    """K-means over the range of K, the choice of K, and the segments: the model, unless frozen."""
    result = context.result
    with context.progress.stage("cluster") as stage:
        found = find_segments(context, scored.users, scored.cells)
        segmentation = found.segmentation
        if context.frozen:
            model = context.frozen.model
        else:
            model = build_model(
                context.settings, context.run.as_of, scored.cuts, result.weights, segmentation
            )
        result.model_id = model.model_id
        result.k_selection = found.k_selection
        context.keep("k_selection", result.k_selection)
        context.keep("segment_stability", found.segment_stability)
        context.keep("score_cells", publish_cells(scored.cells, segmentation))
        context.keep(
            "models", pd.DataFrame([{"model_id": model.model_id, "model": model.to_json()}])
        )
        stage.rows, stage.note = len(scored.cells), found.reason
    return segmentation


def assign(context: RunContext, users: DataFrame, segmentation: Segmentation) -> None:
    """The segment of every user, and the profile of every segment."""
    with context.progress.stage("assign") as stage:
        assigned = assign_users(context, users, segmentation)
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


def _describe_outcome(context: RunContext) -> dict[str, Any]:
    result = context.result
    return {
        "exit_code": 0,
        "inputs": result.inputs | _describe_frozen(context.frozen),
        "control_totals": result.control_totals,
        "weights": result.weights,
        "model_id": result.model_id,
        "outputs": context.output_versions(),
        "durations": context.progress.durations(),
    }


def _describe_frozen(frozen: FrozenModel | None) -> dict[str, Any]:
    """The model among the inputs, where it is one."""
    if frozen is None:
        return {}
    model = frozen.model
    told = {"origin": frozen.origin, "model_id": model.model_id, "fitted_as_of": model.as_of}
    return {"model": told}


@contextlib.contextmanager
def _recorded_failure(context: RunContext, beginning: Mapping[str, Any]) -> Iterator[None]:
    """Record how a run ended that did not complete; the error goes on to the caller."""
    try:
        yield
    except BaseException as cause:
        if was_told_to_stop() or isinstance(cause, RunAbortedError | KeyboardInterrupt):
            stopped = RunAbortedError(
                f"run {context.run.run_id} was told to stop and published nothing; the previous "
                f"result stays current, and the run can be repeated"
            )
            _record_end(context, "aborted", beginning, stopped)
            raise stopped from cause
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
