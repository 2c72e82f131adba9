"""Runs and single stages as a command starts them: checked, in a Spark session, and printed."""

from __future__ import annotations

from rfmf_spark.cli.console import print_result, print_waiting, show_stage
from rfmf_spark.cli.streams import printing_to_whoever_is_left
from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.config.requirements import require_run_settings
from rfmf_spark.config.settings import Settings
from rfmf_spark.model.frozen import check_model_file
from rfmf_spark.pipeline import run_pipeline
from rfmf_spark.report.writing import report_after_run
from rfmf_spark.run.progress import Progress
from rfmf_spark.session.spark_session import spark_session
from rfmf_spark.session.stopping import stop_on_signals
from rfmf_spark.stage_jobs import next_stage, run_stage
from rfmf_spark.weights.decision import decide_weights, needs_users
from rfmf_spark.weights.expertise import load_expertise


def run_and_print(loaded: LoadedSettings, end: dict[str, object] | None = None) -> None:
    """Run the pipeline in a Spark session, printing progress and results; ``end`` gets the id."""
    require_run_settings(loaded.settings)
    check_without_spark(loaded.settings)
    progress = Progress(show_stage)
    with printing_to_whoever_is_left():
        with spark_session(loaded.settings) as spark:
            with stop_on_signals(spark):
                result = run_pipeline(spark, loaded, progress)
            told = report_after_run(spark, loaded.settings, result.run.run_id, result.small_tables)
        _tell_end(end, result.run.run_id)
        print_result(result, progress, told)


def stage_and_print(
    loaded: LoadedSettings, name: str, run_id: str | None, end: dict[str, object] | None
) -> None:
    """Run one stage in a Spark session, printing what it found; ``end`` gets the run's id."""
    require_run_settings(loaded.settings)
    check_without_spark(loaded.settings)
    progress, following = Progress(show_stage), next_stage(name)
    with printing_to_whoever_is_left():
        with spark_session(loaded.settings) as spark:
            with stop_on_signals(spark):
                result = run_stage(spark, loaded, name, run_id, progress)
            if following is None:
                told = report_after_run(
                    spark, loaded.settings, result.run.run_id, result.small_tables
                )
        _tell_end(end, result.run.run_id)
        if following is None:
            print_result(result, progress, told)
        else:
            print_waiting(result, following)


def check_without_spark(settings: Settings) -> None:
    """Tell before Spark starts what is wrong with judgments, names of segments or a model."""
    expertise = load_expertise(settings)
    check_model_file(settings)
    if settings.model is None and not needs_users(settings.weights):
        decide_weights(settings.weights, expertise.group)


def _tell_end(end: dict[str, object] | None, run_id: str) -> None:
    if end is not None:
        end["run_id"] = run_id
