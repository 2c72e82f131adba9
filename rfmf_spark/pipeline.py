"""One run, from raw trades to published segments: the table of contents of the product.

``STAGES`` is the one wiring: a run walks it from end to end, and a job of a single stage
(``stage_jobs.py``) restores what the stage before has handed over, and goes on from there. Nothing
of a run is visible to readers before its last event; see ``tables/runs.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.config.requirements import require_run_settings
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.features.priced_ledger import PricedLedger, validate_inputs
from rfmf_spark.ledger.arrival import find_earlier_rows
from rfmf_spark.ledger.input_changes import changed_inputs
from rfmf_spark.model.frozen import check_fit, load_frozen_model
from rfmf_spark.run.attempts import (
    Recorded,
    complete_event,
    require_same_date,
    tell_other_settings,
)
from rfmf_spark.run.context import RunContext, RunResult, new_run_id
from rfmf_spark.run.failures import telling_known_causes
from rfmf_spark.run.progress import Progress
from rfmf_spark.run.recording import describe_beginning, describe_outcome, recorded_run
from rfmf_spark.session.stopping import not_stopping, stop_where_told
from rfmf_spark.stages.assign import assign
from rfmf_spark.stages.clean import StoredLedger, clean, read_clean, store_clean
from rfmf_spark.stages.features import read_features, write_features
from rfmf_spark.stages.fit import Fitted, fit, read_fitted
from rfmf_spark.stages.score import read_scored, score
from rfmf_spark.stages.sensitivity import measure_sensitivity
from rfmf_spark.tables.lock import StillHeld, release_killed, run_lock
from rfmf_spark.tables.runs import events_of, find_current_run, record_event
from rfmf_spark.tables.store import RunKey, TableStore
from rfmf_spark.weights.decision import decide_weights, describe_weights, needs_users
from rfmf_spark.weights.expertise import load_expertise


@dataclass(frozen=True)
class Stage:
    """One step of a run, and how the next one can go on from it in another process.

    ``run`` gets what the stage before has handed over (None for the first), writes the tables of
    ``leaves`` where the settings ask for them, and hands over something itself. ``restore`` makes
    the same of the tables of a run that has come so far. Where a run would not write all that this
    needs, ``store`` does; a run that goes on in the same process leaves it out.
    """

    name: str
    does: str
    leaves: tuple[str, ...]
    run: Callable[[RunContext, Any], Any]
    restore: Callable[[RunContext], Any]
    store: Callable[[RunContext, Any], None] | None = None


def _open(context: RunContext, _: None) -> PricedLedger:
    return clean(context)


def _store(context: RunContext, ledger: PricedLedger) -> None:
    with ledger:
        store_clean(context, ledger)


def _write_features(context: RunContext, ledger: PricedLedger | StoredLedger) -> DataFrame:
    with ledger:
        write_features(context, ledger)
    return read_features(context)


def _assign(context: RunContext, fitted: Fitted) -> None:
    assign(context, fitted)
    if context.settings.sensitivity.in_run:
        measure_sensitivity(context, fitted)


STAGES = (
    Stage(
        "clean",
        "opens the inputs, cleans products, NAVs and profiles, and finds repeated trades; each "
        "trade is judged, and accounted for, by whoever reads them: the features of a run, or the "
        "tables of a job",
        ("clean_trades", "clean_features", "fee_curves", "clean_opening", "clean_profiles"),
        _open,
        read_clean,
        _store,
    ),
    Stage(
        "features",
        "holdings, and R, F and MF of every user with a purchase; held against the purchases that "
        "were accepted",
        ("user_features", "holdings", "quarantine", "reconciliation"),
        _write_features,
        read_features,
    ),
    Stage(
        "score",
        "cut points over all users, their scores, and the users of each score cell",
        ("score_cut_points", "feature_distribution", "score_cells"),
        score,
        read_scored,
    ),
    Stage(
        "fit",
        "weights, K-means over the range of K, the choice of K, and the named centres: the model",
        ("k_selection", "segment_stability", "score_cells", "models"),
        fit,
        read_fitted,
    ),
    Stage(
        "assign",
        "the segment of every user and the profile of every segment; sensitivity where it is set",
        ("user_segments", "segment_profile", "segment_rule_match", "sensitivity"),
        _assign,
        lambda context: None,
    ),
)


def run_pipeline(
    spark: SparkSession, loaded: LoadedSettings, progress: Progress, run_id: str | None = None
) -> RunResult:
    """Run everything for one business date and make the result current.

    ``run_id`` names the run (see ``require_run_id``), also for the next attempt: what an earlier
    one has left unfinished is replaced, and of one that is complete with the same settings the
    result is told. Raises an ``RfmfError`` for every known cause; whatever happens, the end of the
    run is recorded and readers stay with the previous result until the new one is complete.
    """
    settings = loaded.settings
    as_of, root = require_run_settings(settings)
    store = TableStore(spark, root)
    store.require_own_tables()
    run = RunKey(as_of, run_id or new_run_id(as_of))
    if run_id and (done := find_complete(spark, loaded, progress, store, run_id)):
        return done
    context = prepare_run(spark, loaded, progress, store, run, settings.model)
    beginning = describe_beginning(loaded, spark)
    lock, stale_minutes = settings.output.lock, settings.output.lock_stale_minutes
    with run_lock(
        store, spark, run.run_id, run_id=run_id, kind=lock, stale_minutes=stale_minutes
    ) as held:
        if run_id is not None:
            # It may have completed until the lock was free.
            if done := find_complete(spark, loaded, progress, store, run_id):
                return done
            require_same_date(store, run)
        context = dataclasses.replace(context, repeatable=run_id is not None, still_held=held)
        with recorded_run(context, beginning):
            handed: Any = None
            for stage in STAGES:
                handed = stage.run(context, handed)
            publish(context, beginning, held)
    return context.result


def find_complete(
    spark: SparkSession, loaded: LoadedSettings, progress: Progress, store: TableStore, run_id: str
) -> RunResult | None:
    """What a run has published that is complete already; None where no such run is.

    A lock that its killed process still has is released. Inputs that have changed since are told,
    and are no reason to make the run again. Raises ``ConfigurationError`` where it was another run:
    with other settings, model or judgments.
    """
    event = complete_event(events_of(store, run_id))
    if event is None:
        return None
    different = tell_other_settings(event, loaded)
    if different:
        raise ConfigurationError(
            f"--run {run_id}: that run is complete, and had other settings: {different}; restore "
            f"them, or give the new run another id"
        )
    recorded, run = Recorded.by(event), RunKey(event["as_of"], run_id)
    model = recorded.model or loaded.settings.model
    context = recorded.restored(prepare_run(spark, loaded, progress, store, run, model))
    release_killed(store, spark, run_id, loaded.settings.output.lock)
    result = context.result
    result.complete_since, result.current = event["recorded_at"], find_current_run(store, run.as_of)
    pinned = loaded.settings.input.versions.model_dump(exclude_none=True)
    unpinned = {name: read for name, read in result.inputs.items() if name not in pinned}
    result.changed_inputs = changed_inputs(spark, unpinned)
    result.reconciliation = store.read_run("reconciliation", run).toPandas()
    result.k_selection = store.read_run("k_selection", run).orderBy("k").toPandas()
    result.profile = store.read_run("segment_profile", run).orderBy("segment_id").toPandas()
    return result


def validate_run(spark: SparkSession, settings: Settings) -> pd.DataFrame:
    """What a run would say of every row: the table ``reconciliation``, with nothing written.

    The place of the results, and a model, are looked at where they are set. Raises an ``RfmfError``
    wherever a run would be refused.
    """
    earlier = None
    if settings.output.root:
        store = TableStore(spark, settings.output.root)
        store.require_own_tables()
        if settings.model:
            check_fit(load_frozen_model(settings.model, store), settings)
        earlier = find_earlier_rows(store, settings)
    with telling_known_causes(settings, "clean"):
        return validate_inputs(spark, settings, earlier)


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
    result, progress.run_id = RunResult(run, store.root, weights), run.run_id
    return RunContext(spark, settings, expertise, store, progress, result, frozen)


def publish(context: RunContext, beginning: dict[str, object], held: StillHeld) -> None:
    """Write what was kept, and make the run current by its last event."""
    stop_where_told()
    with context.progress.stage("publish"):
        context.write_kept()
        context.remove_leftovers()
        held()
        details = beginning | describe_outcome(context)
        with not_stopping():
            record_event(
                context.store, context.run, "complete", spark=context.spark, details=details
            )
