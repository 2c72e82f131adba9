"""Stages as jobs of their own: one run, taken on stage by stage by separate processes.

Between two jobs the run waits: its tables are there, its last event in ``runs`` is ``waiting``, and
nobody holds the lock. A job may be repeated as long as the run is not complete; it replaces what it
has written before. Stages, their order and what they hand over are those of ``pipeline.py``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.loading import LoadedSettings, tell_differences
from rfmf_spark.config.requirements import require_run_settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.pipeline import STAGES, prepare_run, publish
from rfmf_spark.run.context import RunContext, RunResult, new_run_id
from rfmf_spark.run.progress import Progress
from rfmf_spark.run.recording import describe_beginning, describe_outcome, recorded_run
from rfmf_spark.session.stopping import stop_where_told
from rfmf_spark.stages import STAGE_NAMES
from rfmf_spark.tables.control_totals import ControlTotals
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.runs import LATEST, record_event
from rfmf_spark.tables.store import RunKey, TableStore

# Settings that say where and how Spark runs and what is shown, and nothing about the result.
_FREE_SETTINGS = ("session.", "spark.", "output.lock", "report.", "synthetic.")

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,99}")


def run_stage(
    spark: SparkSession,
    loaded: LoadedSettings,
    name: str,
    run_id: str | None,
    progress: Progress,
) -> RunResult:
    """Run one of ``STAGE_NAMES``; the last one makes the run current.

    ``run_id`` names the run; the first stage begins it (with an id of its own where none is given),
    the others take by default the run of the date that waits since last. Raises
    ``ConfigurationError`` where the run is not there, waits for another stage, or was begun with
    other settings, and an ``RfmfError`` for every other known cause.
    """
    settings = loaded.settings
    as_of, root = require_run_settings(settings)
    store = TableStore(spark, root)
    store.require_own_tables()
    lock, stale_minutes = settings.output.lock, settings.output.lock_stale_minutes
    owner, place = f"stage {name} of {run_id or as_of}", STAGE_NAMES.index(name)
    with run_lock(store, spark, owner, kind=lock, stale_minutes=stale_minutes) as held:
        if name == STAGE_NAMES[0]:
            run, state = _begin_run(store, RunKey(as_of, run_id or new_run_id(as_of))), _NEW
        else:
            run, state = _take_on(store, name, run_id, loaded)
        context = prepare_run(spark, loaded, progress, store, run, state.model or settings.model)
        context = state.restored(context)
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


class _State(NamedTuple):
    """What earlier stages have recorded of a run; ``model`` names a frozen one exactly."""

    recorded: Mapping[str, Any]
    model: str | None = None

    def restored(self, context: RunContext) -> RunContext:
        """The context with the figures of the earlier stages."""
        result = context.result
        inputs = dict(self.recorded.get("inputs", {}))
        _check_same_model(context, inputs.pop("model", None))
        _check_same_judgments(context, self.recorded.get("weights"))
        result.weights = self.recorded.get("weights") or result.weights
        result.inputs = inputs
        result.control_totals = ControlTotals.from_json(self.recorded.get("control_totals", {}))
        result.outputs = list(self.recorded.get("outputs", {}))
        result.earlier_durations = dict(self.recorded.get("durations", {}))
        result.model_id = self.recorded.get("model_id") or ""
        return dataclasses.replace(context, repeatable=True)


_NEW = _State({})


def _begin_run(store: TableStore, run: RunKey) -> RunKey:
    """A new run, or the repetition of one that is not complete."""
    if run.run_id == LATEST or not _RUN_ID.fullmatch(run.run_id):
        raise ConfigurationError(
            f"--run {run.run_id!r:.120}: not an id for a new run; give letters, digits and _ . : + "
            f"- (at most 100, the first a letter or digit, and not '{LATEST}'), or leave it out"
        )
    events = _events_of(store, run.run_id)
    _refuse_complete(events, run.run_id)
    for event in events:
        if event.as_of != run.as_of:
            raise ConfigurationError(
                f"--run {run.run_id}: that run is of {event.as_of}, not of as_of = {run.as_of}; "
                f"give the run another id"
            )
    return run


def _take_on(
    store: TableStore, name: str, run_id: str | None, loaded: LoadedSettings
) -> tuple[RunKey, _State]:
    """The run that ``name`` goes on with, and what its earlier stages have recorded."""
    as_of = loaded.settings.as_of
    if run_id in (None, LATEST):
        waiting = _waiting_runs(store)
        of_date = [event for event in waiting if event.as_of == as_of]
        if not of_date:
            raise ConfigurationError(
                f"--run {LATEST}: no run of {as_of} waits in {store.root}; begin one with stage "
                f"{STAGE_NAMES[0]}, or correct as_of and output.root"
            )
        run_id = of_date[-1].run_id
    events = _events_of(store, str(run_id))
    _refuse_complete(events, str(run_id))
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
    _check_same_settings(str(run_id), json.loads(done.configuration), loaded)
    columns = ("inputs", "control_totals", "weights", "outputs", "durations")
    recorded = {column: json.loads(done[column]) for column in columns}
    recorded["model_id"] = done.model_id
    return RunKey(done.as_of, done.run_id), _State(recorded, _frozen_origin(recorded["inputs"]))


def _frozen_origin(inputs: Mapping[str, Any]) -> str | None:
    """The id of the run that a frozen model came from: 'latest' may be another one by now."""
    origin = inputs.get("model", {}).get("origin", "")
    return origin.removeprefix("run ") if origin.startswith("run ") else None


def _check_same_model(context: RunContext, recorded: Mapping[str, Any] | None) -> None:
    found = context.frozen.model.model_id if context.frozen else None
    if recorded is not None and recorded["model_id"] != found:
        raise ConfigurationError(
            f"model of {recorded['origin']}: it is not the one any more that the run's first stage "
            f"has read; restore the file, or begin a new run"
        )


def _check_same_judgments(context: RunContext, recorded: Mapping[str, Any] | None) -> None:
    """Settings name the files of judgments; what counts is what stands in them."""
    if recorded is None or context.frozen is not None:
        return
    before, now = _digests(recorded), _digests(context.result.weights)
    edited = [name for name in before if now.get(name) != before[name]]
    if edited or len(now) != len(before):
        raise ConfigurationError(
            f"{', '.join(edited) or 'weights.experts'}: not the judgments any more that the run's "
            f"earlier stages have read; restore the file, or begin a new run"
        )


def _digests(weights: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the judgments of each expert, by file and name."""
    experts = weights["experts"]
    return {f"{expert['judgments']} by {expert['expert']}": expert["sha256"] for expert in experts}


def _check_same_settings(run_id: str, before: Mapping[str, Any], loaded: LoadedSettings) -> None:
    """A run is one result, so what decides it must not change on the way."""
    now = json.loads(json.dumps(loaded.effective(), default=str))
    decisive = [key for key in before.keys() | now.keys() if not key.startswith(_FREE_SETTINGS)]
    different = tell_differences(before, now, sorted(decisive))
    if different:
        raise ConfigurationError(
            f"--run {run_id}: its earlier stages had other settings: {'; '.join(different)}; "
            f"restore them, or begin a new run"
        )


def _refuse_complete(events: Sequence[Row], run_id: str) -> None:
    if any(event.status == "complete" for event in events):
        raise ConfigurationError(
            f"--run {run_id}: that run is complete, and stays as it is; begin a new one with stage "
            f"{STAGE_NAMES[0]}"
        )


def _events_of(store: TableStore, run_id: str) -> list[Row]:
    if not store.exists("runs"):
        return []
    events = store.read("runs").where(F.col("run_id") == F.lit(run_id)).collect()
    return sorted(events, key=lambda event: event.event)


def _waiting_runs(store: TableStore) -> list[Row]:
    """The last events of runs that have come to the end of a stage and are not complete."""
    if not store.exists("runs"):
        return []
    marks = store.read("runs").where(F.col("status").isin("waiting", "complete"))
    events = sorted(marks.collect(), key=lambda event: event.event)
    last = {event.run_id: event for event in events}
    return [event for event in last.values() if event.status == "waiting"]
