"""The command that computes, compares and explains weights, without Spark."""

from __future__ import annotations

from collections.abc import Sequence

import click

from rfmf_spark.cli.options import common_options
from rfmf_spark.cli.root import cli
from rfmf_spark.cli.streams import print_json
from rfmf_spark.config.languages import LANGUAGES, Language
from rfmf_spark.config.loading import Profile, load_settings


@cli.command()
@common_options
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--cells",
    metavar="PATH",
    help="Score cells of a run (CSV, Parquet): weights from the data, and what changes for users.",
)
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def weights(
    files: Sequence[str],
    cells: str | None,
    language: Language,
    as_json: bool,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Compute, compare and explain weights from judgment matrices, one per expert.

    Without a FILE those of the settings weights.experts or weights.judgments.

    \b
    Example: rfmf weights conf/experts/*.yaml --lang zh
    """
    settings = load_settings(profile, config_files, assignments).settings.weights
    from rfmf_spark.cli.weights.as_json import describe_report
    from rfmf_spark.cli.weights.view import print_report
    from rfmf_spark.weights.cells import read_cells
    from rfmf_spark.weights.loading import load_judgments, name_files
    from rfmf_spark.weights.report import refuse_inconsistent, report_weights

    matrices = load_judgments(files or name_files(settings), settings)
    report = report_weights(matrices, settings, read_cells(cells) if cells else None)
    if as_json:
        print_json(describe_report(report, settings))
    else:
        print_report(report, settings, language)
    refuse_inconsistent(report, settings)
