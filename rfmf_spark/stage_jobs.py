"""Stages as jobs of their own: one run, taken on stage by stage by separate processes.

Between two jobs the run waits: its tables are there, its last event in ``runs`` is ``waiting``, and
nobody holds the lock. A job may be repeated: as long as the run is not complete, it replaces what
it has written before; after that nothing is left to be done. Stages, their order and what they hand
over are those of ``pipeline.py``.
"""

from __future__ import annotations

import dataclasses

from pyspark.sql import Row, SparkSession

from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.config.requirements import require_run_settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.pipeline import STAGES, find_complete, prepare_run, publish
from rfmf_spark.run.attempts import (
    NOTHING,
    Recorded,
    complete_event,
    require_run_id,
    require_same_date,
    tell_other_settings,
)
from rfmf_spark.run.context import RunResult, new_run_id
from rfmf_spark.run.progress import Progress
from rfmf_spark.run.recording import describe_beginning, describe_outcome, recorded_run
from rfmf_spark.session.stopping import stop_where_told
from rfmf_spark.stages import STAGE_NAMES
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.runs import LATEST, events_of, record_event
from rfmf_spark.tables.store import RunKey, TableStore


def run_stage(
    spark: SparkSession,
    loaded: LoadedSettings,
    name: str,
    run_id: str | None,
    progress: Progress,
) -> RunResult:
    """Run one of ``STAGE_NAMES``; the last one makes the run current.

    ``run_id`` names the run; the first stage begins it (with an id of its own where none is given),
    the others take by default the run of the date that waits since last. Of a run that is complete
    already with the same settings, what it has published is all there is to be told. Raises
    ``ConfigurationError`` where the run is not there, waits for another stage, or was begun with
    other settings, and an ``RfmfError`` for every other known cause.
    """
    settings = loaded.settings
    as_of, root = require_run_settings(settings)
    store = TableStore(spark, root)
    store.require_own_tables()
    named = None if run_id == LATEST and name != STAGE_NAMES[0] else run_id
    if named is not None:
        require_run_id(named)
    meant = named or _complete_already(store, name, loaded)
    if meant and (done := find_complete(spark, loaded, progress, store, meant)):
        return done
    lock, stale_minutes = settings.output.lock, settings.output.lock_stale_minutes
    owner, place = f"stage {name} of {named or as_of}", STAGE_NAMES.index(name)
    with run_lock(
        store, spark, owner, run_id=named, kind=lock, stale_minutes=stale_minutes
    ) as held:
        if named and (done := find_complete(spark, loaded, progress, store, named)):
            return done
        if name == STAGE_NAMES[0]:
            run, recorded = RunKey(as_of, named or new_run_id(as_of)), NOTHING
            require_same_date(store, run)
        else:
            run, recorded = _take_on(store, name, named, loaded)
        model = recorded.model or settings.model
        context = recorded.restored(prepare_run(spark, loaded, progress, store, run, model))
        context = dataclasses.replace(context, still_held=held)
        beginning = describe_beginning(loaded, spark) | {"stage": name}
        with recorded_run(context, beginning):
            stage = STAGES[place]
            handed = stage.run(context, STAGES[place - 1].restore(context) if place else None)
            if stage.store is not None:
                stage.store(context, handed)
            if name == STAGE_NAMES[-1]:
                publish(context, beginning, held)
            else:
                stop_where_told()
                context.write_kept()
                details = beginning | describe_outcome(context)
                record_event(store, run, "waiting", spark=spark, details=details)
    return context.result


def next_stage(name: str) -> str | None:
    """The stage that follows, None after the last."""
    following = STAGE_NAMES[STAGE_NAMES.index(name) + 1 :]
    return following[0] if following else None


def _take_on(
    store: TableStore, name: str, run_id: str | None, loaded: LoadedSettings
) -> tuple[RunKey, Recorded]:
    """The run that ``name`` goes on with, and what its earlier stages have recorded."""
    as_of = loaded.settings.as_of
    if run_id is None:
        waiting = _waiting_runs(store)
        of_date = [event for event in waiting if event.as_of == as_of]
        if not of_date:
            raise ConfigurationError(
                f"--run {LATEST}: no run of {as_of} waits in {store.root}; begin one with stage "
                f"{STAGE_NAMES[0]}, or correct as_of and output.root"
            )
        run_id = of_date[-1].run_id
    events = events_of(store, run_id)
    waits = [event for event in events if event.status == "waiting" and event.as_of == as_of]
    if not waits:
        raise ConfigurationError(
            f"--run {run_id}: no such run of {as_of} waits in {store.root}; give the id that stage "
            f"{STAGE_NAMES[0]} has printed"
        )
    done, needed = waits[-1], STAGE_NAMES[STAGE_NAMES.index(name) - 1]
    if STAGE_NAMES.index(done.stage) < STAGE_NAMES.index(needed):
        raise ConfigurationError(
            f"--run {run_id}: stage {name} needs stage {needed}, but the run has only come to "
            f"stage {done.stage}; run stage {next_stage(done.stage)} next"
        )
    different = tell_other_settings(done, loaded)
    if different:
        raise ConfigurationError(
            f"--run {run_id}: its earlier stages had other settings: {different}; restore them, or "
            f"begin a new run"
        )
    return RunKey(done.as_of, done.run_id), Recorded.by(done)


def _complete_already(store: TableStore, name: str, loaded: LoadedSettings) -> str | None:
    """The run that the last stage, given no id, has completed with the same settings before.

    None while a run of the date waits for it.
    """
    as_of = loaded.settings.as_of
    if name != STAGE_NAMES[-1] or any(event.as_of == as_of for event in _waiting_runs(store)):
        return None
    if not store.exists("runs"):
        return None
    found = [
        event
        for event in store.collect("runs")
        if (event.status, event.stage, event.as_of) == ("complete", name, as_of)
    ]
    last = complete_event(sorted(found, key=lambda event: -event.event))
    return None if last is None or tell_other_settings(last, loaded) else str(last.run_id)


def _waiting_runs(store: TableStore) -> list[Row]:
    """The last events of runs that have come to the end of a stage and are not complete."""
    if not store.exists("runs"):
        return []
    columns = ["event", "status", "as_of", "run_id"]
    events = sorted(store.collect("runs", columns), key=lambda event: int(event.event))
    marks = [event for event in events if event.status in ("waiting", "complete")]
    last = {event.run_id: event for event in marks}
    return [event for event in last.values() if event.status == "waiting"]
