"""Runs and single stages as a command starts them: checked, in a Spark session, and printed."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import SparkSession

from rfmf_spark.cli.progress_view import show_stage
from rfmf_spark.cli.result_view import print_result, print_waiting
from rfmf_spark.cli.streams import printing_to_whoever_is_left
from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.config.requirements import require_run_settings
from rfmf_spark.config.settings import Settings
from rfmf_spark.model.frozen import check_model_file
from rfmf_spark.pipeline import run_pipeline
from rfmf_spark.report.writing import report_after_run
from rfmf_spark.run.attempts import require_run_id
from rfmf_spark.run.context import RunResult
from rfmf_spark.run.ending import Attempt
from rfmf_spark.run.progress import Progress
from rfmf_spark.session.spark_session import spark_session
from rfmf_spark.session.stopping import stop_on_signals
from rfmf_spark.stage_jobs import next_stage, run_stage
from rfmf_spark.weights.decision import decide_weights, needs_users
from rfmf_spark.weights.expertise import load_expertise


def run_and_print(
    loaded: LoadedSettings, attempt: Attempt, end: dict[str, object] | None = None
) -> None:
    """Run the pipeline in a Spark session, printing progress and results; ``end`` gets the id."""
    run_id = attempt.run_id
    if run_id is not None:
        require_run_id(run_id)

    def work(spark: SparkSession, loaded: LoadedSettings, progress: Progress) -> RunResult:
        return run_pipeline(spark, loaded, progress, run_id)

    _work_and_print(loaded, work, attempt, end)


def stage_and_print(
    loaded: LoadedSettings,
    name: str,
    run_id: str | None,
    attempt: Attempt,
    end: dict[str, object] | None,
) -> None:
    """Run one stage in a Spark session, printing what it found; ``end`` gets the run's id."""

    def work(spark: SparkSession, loaded: LoadedSettings, progress: Progress) -> RunResult:
        return run_stage(spark, loaded, name, run_id, progress)

    _work_and_print(loaded, work, attempt, end, next_stage(name))


def _work_and_print(
    loaded: LoadedSettings,
    work: Callable[[SparkSession, LoadedSettings, Progress], RunResult],
    attempt: Attempt,
    end: dict[str, object] | None,
    following: str | None = None,
) -> None:
    """Do what ``work`` does; a run that has no stage left, none ``following``, gets its report.

    So does one that was complete before, whose own process may have been killed on the way there.
    """
    settings, progress = loaded.settings, attempt.progress
    attempt.settings, progress.show = settings, show_stage
    require_run_settings(settings)
    check_without_spark(settings)
    with printing_to_whoever_is_left():
        with spark_session(settings) as spark:
            with attempt.within(spark):
                with stop_on_signals(spark):
                    result = work(spark, loaded, progress)
                if result.complete_since is not None:
                    following = None
                attempt.succeed(result, is_complete=following is None)
            run_id = result.run.run_id
            if following is None:
                report_line = report_after_run(spark, settings, run_id, result.small_tables)
        if end is not None:
            end["run_id"] = run_id
        if following is None:
            print_result(result, progress, report_line)
        else:
            print_waiting(result, following)


def check_without_spark(settings: Settings) -> None:
    """Tell before Spark starts what is wrong with judgments, names of segments or a model."""
    expertise = load_expertise(settings)
    check_model_file(settings)
    if settings.model is None and not needs_users(settings.weights):
        decide_weights(settings.weights, expertise.group)
