"""Sensitivity of a run that is complete, under the settings that it was made with."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession

from rfmf_spark.config.loading import LoadedSettings, overridden, tell_differences
from rfmf_spark.config.redaction import REDACTED
from rfmf_spark.config.requirements import require_root
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.pipeline import prepare_run
from rfmf_spark.run.context import RunContext
from rfmf_spark.run.failures import telling_known_causes
from rfmf_spark.run.progress import Progress
from rfmf_spark.run.recording import describe_beginning
from rfmf_spark.stages.fit import read_fitted
from rfmf_spark.stages.sensitivity import measure_sensitivity
from rfmf_spark.tables.lock import run_lock
from rfmf_spark.tables.runs import record_event, require_complete_event
from rfmf_spark.tables.store import RunKey, TableStore

# What the settings at hand decide, as they do where a secret was left out; all else is as it was in
# the run.
_OF_TODAY = ("output.", "spark.", "session.", "sensitivity.", "report.", "synthetic.", "model")


def measure_run(
    spark: SparkSession, loaded: LoadedSettings, run_id: str, progress: Progress
) -> tuple[RunKey, pd.DataFrame]:
    """Write the table ``sensitivity`` of a run (an id, or ``latest``) in place of an older one.

    An event ``measured`` tells of it, while the lock is held.

    Inputs that are set anew are read in place of the run's. Raises ``ConfigurationError`` where
    there is no such run, or none of score cells.
    """
    store = TableStore(spark, require_root(loaded.settings))
    event = require_complete_event(store, run_id)
    recorded = json.loads(event.configuration)
    of_run = {
        name: value
        for name, value in recorded.items()
        if not name.startswith(_OF_TODAY) and REDACTED not in str(value)
    }
    anew = {name for name in loaded.given if name.startswith("input.")}
    _refuse_other_settings(loaded, of_run, sorted(loaded.given - anew), run_id)
    as_it_was = overridden(loaded, {n: value for n, value in of_run.items() if n not in anew})
    run = RunKey(event.as_of, event.run_id)
    context = prepare_run(spark, as_it_was, progress, store, run, None)
    _require_cells(context)
    context = dataclasses.replace(context, repeatable=True)
    context.result.model_id = event.model_id
    # Judgments may have been edited since; the run's own weights stand beside its scores.
    context.result.weights = json.loads(event.weights)
    output, owner = loaded.settings.output, f"sensitivity of {run.run_id}"
    minutes = output.lock_stale_minutes
    with run_lock(store, spark, owner, kind=output.lock, stale_minutes=minutes) as held:
        # Some choices read the inputs again, with whatever has become of these since.
        with telling_known_causes(as_it_was.settings, "features"):
            table = measure_sensitivity(context, read_fitted(context))
        held()
        context.write_kept()
        measured = {
            "exit_code": 0,
            "reason": f"sensitivity to {len(table)} choices",
            "model_id": event.model_id,
            "outputs": context.output_versions(),
            "durations": progress.durations(),
        }
        details = describe_beginning(as_it_was, spark) | measured
        record_event(store, run, "measured", spark=spark, details=details)
    return run, table


def _refuse_other_settings(
    loaded: LoadedSettings, of_run: dict[str, Any], given: list[str], run_id: str
) -> None:
    """What was decided in the run is not decided again; a value that is ignored would mislead."""
    decided = [name for name in given if name in of_run]
    different = tell_differences(of_run, loaded.effective(), decided)
    if different:
        raise ConfigurationError(
            f"--run {run_id}: sensitivity is measured under the settings of the run: "
            f"{'; '.join(different)}; leave that out, or make a run with it"
        )


def _require_cells(context: RunContext) -> None:
    if context.settings.clustering.space != "cells":
        raise ConfigurationError(
            f"clustering.space is {context.settings.clustering.space}: sensitivity is measured on "
            f"score cells only; set clustering.space=cells, or leave sensitivity out"
        )
