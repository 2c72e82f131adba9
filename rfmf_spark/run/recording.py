"""What a run tells in the table ``runs``: what each event says, how it began, and how it failed.

That it is complete is recorded by ``pipeline.publish``, that it waits by ``stage_jobs.run_stage``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from pyspark.sql import SparkSession

from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.errors import RunAbortedError
from rfmf_spark.model.frozen import FrozenModel
from rfmf_spark.run.context import RunContext
from rfmf_spark.run.ending import tell_end
from rfmf_spark.run.failures import known_cause
from rfmf_spark.run.provenance import describe_versions
from rfmf_spark.session.driver_jvm import spark_has_stopped
from rfmf_spark.session.engines import engine_of
from rfmf_spark.session.launch_options import launch_of
from rfmf_spark.session.stopping import was_told_to_stop
from rfmf_spark.tables.runs import Status, close_abandoned_runs, find_complete_event, record_event


def describe_beginning(loaded: LoadedSettings, spark: SparkSession) -> dict[str, Any]:
    """Settings and versions that a run starts with; of options of Spark those that are in effect.

    The digest is of the settings as they were given.
    """
    return {
        "configuration": loaded.effective_beside(launch_of(spark).in_effect),
        "configuration_digest": loaded.digest(),
        "versions": describe_versions(spark),
    }


def describe_outcome(context: RunContext) -> dict[str, Any]:
    """What a run has read, counted and written up to now."""
    result = context.result
    return {
        "exit_code": 0,
        "inputs": result.inputs | _describe_frozen(context.frozen),
        "control_totals": result.control_totals.as_json(),
        "weights": result.weights,
        "model_id": result.model_id,
        "outputs": context.output_versions(),
        "durations": result.earlier_durations | context.progress.durations(),
    }


@contextlib.contextmanager
def recorded_run(context: RunContext, beginning: Mapping[str, Any]) -> Iterator[None]:
    """Record that a run goes on, and how it ended if it fails; errors go on to the caller.

    What comes after the run has become current, even its own commit with a lost answer, is no
    failure of the run, and goes no further.

    Enter it while holding the lock: whatever else says that it is running is not.
    """
    with context.progress.stage("start") as stage:
        stage.note = engine_of(context.spark).version or f"spark {context.spark.version}"
        overruled = launch_of(context.spark).overruled
        if overruled:
            stage.note += f"; spark-submit decides {', '.join(overruled)}"
        abandoned = close_abandoned_runs(context.store, spark=context.spark)
        if abandoned:
            stage.note += f"; ended without a word before: {', '.join(abandoned)}"
        record_event(context.store, context.run, "running", spark=context.spark, details=beginning)
    try:
        yield
    except BaseException as cause:
        if _is_complete(context):
            return
        stopped = _told_stop(context, cause)
        if stopped is not None:
            _record_end(context, "aborted", beginning, stopped)
            raise stopped from cause
        error = known_cause(cause, context.settings, context.progress.current)
        _record_end(context, "failed", beginning, error or cause)
        if error is None or error is cause:
            raise
        raise error from cause


def _told_stop(context: RunContext, cause: BaseException) -> RunAbortedError | None:
    """What to tell of a run that somebody wanted to end; None where nobody did."""
    if was_told_to_stop() or isinstance(cause, RunAbortedError | KeyboardInterrupt):
        what = "was told to stop and published nothing"
    elif spark_has_stopped():
        what = "published nothing: its Spark application was killed in the cluster, or lost by it"
    else:
        return None
    return RunAbortedError(
        f"run {context.run.run_id} {what}; the previous result stays current, and the run can be "
        f"repeated"
    )


def _is_complete(context: RunContext) -> bool:
    """Whether readers see the run, as far as its table of events can be read."""
    try:
        return find_complete_event(context.store, context.run.run_id) is not None
    except Exception:
        return False


def _describe_frozen(frozen: FrozenModel | None) -> dict[str, Any]:
    """The model among the inputs, where it is one."""
    if frozen is None:
        return {}
    model = frozen.model
    used = {"origin": frozen.origin, "model_id": model.model_id, "fitted_as_of": model.as_of}
    return {"model": used}


def _record_end(
    context: RunContext, status: Status, beginning: Mapping[str, Any], cause: BaseException
) -> None:
    code, reason = tell_end(cause)
    end = {"exit_code": code, "reason": reason}
    # Where even this cannot be written, the next run finds the run without an end.
    with contextlib.suppress(Exception):
        context.write_kept()
    with contextlib.suppress(Exception):
        details = dict(beginning) | describe_outcome(context) | end
        record_event(context.store, context.run, status, spark=context.spark, details=details)
