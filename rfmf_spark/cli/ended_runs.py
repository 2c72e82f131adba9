"""Commands for a run that has ended: its sensitivity, its report, what it refused, its model."""

from __future__ import annotations

from collections.abc import Sequence

import click

from rfmf_spark.cli.options import common_options, given
from rfmf_spark.cli.out_file import write_file
from rfmf_spark.cli.root import cli
from rfmf_spark.cli.screen import print_line
from rfmf_spark.cli.streams import print_json_document
from rfmf_spark.config.languages import LANGUAGES, Language
from rfmf_spark.config.loading import Profile, load_settings


@cli.command()
@common_options
@click.option(
    "--run", "run_id", default="latest", show_default=True, metavar="RUN", help="A complete run."
)
def sensitivity(
    run_id: str, config_files: Sequence[str], assignments: Sequence[str], profile: Profile
) -> None:
    """Show how many users of a run change segment when a single choice moves.

    Varied are the rule for ties, the number of scores, the basis of MF, each weight and whether
    weights scale the clustering (see settings sensitivity.*). All else is as it was in the run.

    \b
    Example: rfmf sensitivity --run latest --set output.root=results
    """
    loaded = load_settings(profile, config_files, assignments)
    from rfmf_spark.cli.progress_view import show_stage
    from rfmf_spark.cli.sensitivity_view import print_sensitivity
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.run.progress import Progress
    from rfmf_spark.sensitivity_job import measure_run
    from rfmf_spark.session.spark_session import spark_session

    require_root(loaded.settings)
    with spark_session(loaded.settings) as spark:
        measured, table = measure_run(spark, loaded, run_id, Progress(show_stage))
        print_sensitivity(measured, table)


@cli.command()
@common_options
@click.option("--as-of", metavar="DATE", help="Business date, as YYYY-MM-DD; latest if left out.")
@click.option(
    "--run", "run_id", default="latest", show_default=True, metavar="RUN", help="A complete run."
)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language to open in: report.language.")
@click.option("--out", metavar="FILE", help="File to write; else beside the results.")
def report(
    as_of: str | None,
    run_id: str,
    lang: Language | None,
    out: str | None,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Write the report of a run for analysts: one HTML file, in Chinese and English.

    \b
    Example: rfmf report --as-of 2019-08-14 --lang en --set output.root=results
    """
    loaded = load_settings(profile, config_files, assignments, given(as_of=as_of))
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.report.writing import write_report
    from rfmf_spark.session.spark_session import spark_session

    require_root(loaded.settings)
    with spark_session(loaded.settings) as spark:
        file = write_report(spark, loaded.settings, run_id, lang, out)
        print_line(f"Report: {file}")


@cli.command()
@common_options
@click.option(
    "--run",
    "run_id",
    default="latest",
    show_default=True,
    metavar="RUN",
    help="A run id; latest is here the run that began last, complete or not.",
)
def quarantine(
    run_id: str, config_files: Sequence[str], assignments: Sequence[str], profile: Profile
) -> None:
    """Show why rows of a run were refused: reasons, counts, masked samples.

    \b
    Example: rfmf quarantine --run latest --set output.root=results
    """
    loaded = load_settings(profile, config_files, assignments)
    from rfmf_spark.cli.quarantine_view import print_quarantine
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.ledger.inspection import report_quarantine
    from rfmf_spark.session.spark_session import spark_session
    from rfmf_spark.tables.store import TableStore

    root = require_root(loaded.settings)
    with spark_session(loaded.settings) as spark:
        print_quarantine(report_quarantine(TableStore(spark, root), run_id))


@cli.group()
def model() -> None:
    """Models of runs, as plain data."""


@model.command()
@common_options
@click.option("--run", "run_id", required=True, metavar="RUN", help="A run id, or latest.")
@click.option("--out", required=True, metavar="FILE", help="File to write; - prints it.")
def export(
    run_id: str, out: str, config_files: Sequence[str], assignments: Sequence[str], profile: Profile
) -> None:
    """Write the model of a run as JSON, for rfmf run --model FILE.

    \b
    Example: rfmf model export --run latest --out model.json --set output.root=results
    """
    loaded = load_settings(profile, config_files, assignments)
    from rfmf_spark.model.frozen import export_model
    from rfmf_spark.session.spark_session import spark_session

    with spark_session(loaded.settings) as spark:
        exported, origin = export_model(spark, loaded.settings, run_id)
        if out == "-":
            print_json_document(exported.to_json())
        else:
            write_file(out, exported.to_json() + "\n")
            print_line(f"{out}: model {exported.model_id} of {origin}")
