"""One run, from raw trades to published segments: the table of contents of the product.

Stages hand over by tables of the run, so each reads what the one before has written. Nothing of a
run is visible to readers before its last event; see ``tables/runs.py``. How stages become jobs of
their own is in ``stage_jobs.py``.
"""

from __future__ import annotations

from pyspark.sql import SparkSession

from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.config.requirements import require_run_settings
from rfmf_spark.model.frozen import check_fit, load_frozen_model
from rfmf_spark.run.context import RunContext, RunResult, new_run_id
from rfmf_spark.run.progress import Progress
from rfmf_spark.run.recording import describe_beginning, describe_outcome, recorded_run
from rfmf_spark.segments.assignment import Segmentation
from rfmf_spark.session.stopping import stop_where_told
from rfmf_spark.stages.assign import assign
from rfmf_spark.stages.clean import clean
from rfmf_spark.stages.features import find_features
from rfmf_spark.stages.fit import fit
from rfmf_spark.stages.score import ScoredUsers, score
from rfmf_spark.stages.sensitivity import measure_sensitivity
from rfmf_spark.tables.lock import StillHeld, run_lock
from rfmf_spark.tables.runs import record_event
from rfmf_spark.tables.store import RunKey, TableStore
from rfmf_spark.weights.decision import decide_weights, describe_weights, needs_users
from rfmf_spark.weights.expertise import load_expertise


def run_pipeline(spark: SparkSession, loaded: LoadedSettings, progress: Progress) -> RunResult:
    """Run everything for one business date and make the result current.

    Raises an ``RfmfError`` for every known cause; whatever happens, the end of the run is recorded
    and readers stay with the previous result until the new one is complete.
    """
    settings = loaded.settings
    as_of, root = require_run_settings(settings)
    store = TableStore(spark, root)
    run = RunKey(as_of, new_run_id(as_of))
    context = prepare_run(spark, loaded, progress, store, run, settings.model)
    beginning = describe_beginning(loaded, spark)
    lock, stale_minutes = settings.output.lock, settings.output.lock_stale_minutes
    with (
        run_lock(store, spark, run.run_id, kind=lock, stale_minutes=stale_minutes) as held,
        recorded_run(context, beginning),
    ):
        run_stages(context)
        publish(context, beginning, held)
    return context.result


def prepare_run(
    spark: SparkSession,
    loaded: LoadedSettings,
    progress: Progress,
    store: TableStore,
    run: RunKey,
    model: str | None,
) -> RunContext:
    """Everything that a run needs before it touches data; mistakes show here.

    ``model`` names a frozen model. Raises ``ConfigurationError``.
    """
    settings = loaded.settings
    expertise = load_expertise(settings)
    frozen = load_frozen_model(model, store) if model else None
    if frozen is not None:
        check_fit(frozen, settings)
        weights = frozen.model.document["weights"]
    else:
        experts, chosen = expertise.group, settings.weights
        decision = None if needs_users(chosen) else decide_weights(chosen, experts)
        weights = describe_weights(chosen, experts, decision)
    result = RunResult(run, store.root, weights)
    return RunContext(spark, settings, expertise, store, progress, result, frozen)


def run_stages(context: RunContext) -> None:
    """All stages in order, from the raw inputs to the tables of the run."""
    with clean(context) as ledger:
        find_features(context, ledger)
    scored = score(context)
    segmentation = fit(context, scored)
    finish(context, scored, segmentation)


def finish(context: RunContext, scored: ScoredUsers, segmentation: Segmentation) -> None:
    """What follows from the segments: those of users, profiles and, where set, sensitivity."""
    assign(context, scored.users, segmentation)
    if context.settings.sensitivity.in_run:
        measure_sensitivity(context, scored, segmentation)


def publish(context: RunContext, beginning: dict[str, object], held: StillHeld) -> None:
    """Write what was kept, and make the run current by its last event."""
    stop_where_told()
    with context.progress.stage("publish"):
        context.write_kept()
        held()
        details = beginning | describe_outcome(context)
        record_event(context.store, context.run, "complete", spark=context.spark, details=details)
