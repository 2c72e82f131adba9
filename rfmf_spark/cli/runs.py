"""Commands that make results, as a whole or a stage at a time, or say whether they could."""

from __future__ import annotations

from collections.abc import Sequence

import click

from rfmf_spark.cli.options import common_options, given
from rfmf_spark.cli.root import cli
from rfmf_spark.cli.screen import print_line
from rfmf_spark.config.loading import Profile, find_root, load_settings
from rfmf_spark.run.ending import marked_attempt
from rfmf_spark.stages import STAGE_NAMES


@cli.command()
@common_options
@click.option("--as-of", metavar="DATE", help="Business date, as YYYY-MM-DD.")
@click.option(
    "--model",
    metavar="RUN|FILE",
    help="Fit nothing, use the model of this run (an id, or latest) or of this exported file.",
)
@click.option(
    "--run",
    "run_id",
    metavar="RUN",
    help="Id of the run, the same for every attempt at it: one that is complete is not made again. "
    "Else a new id.",
)
@click.pass_obj
def run(
    end: dict[str, object] | None,
    as_of: str | None,
    model: str | None,
    run_id: str | None,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Segment all users as of a business date.

    \b
    Example: rfmf run --as-of 2019-08-14 --set input.trades=ledger/trades \\
        --set input.nav=ledger/nav --set input.products=ledger/products \\
        --set output.root=results
    """
    chosen = given(as_of=as_of, model=model)
    root = find_root(config_files, assignments)
    with marked_attempt(root, run_id, None, print_line) as attempt:
        loaded = load_settings(profile, config_files, assignments, chosen)
        from rfmf_spark.cli.launching import run_and_print

        run_and_print(loaded, attempt, end)


@cli.command()
@common_options
@click.argument("name", metavar="STAGE", type=click.Choice(STAGE_NAMES))
@click.option("--as-of", metavar="DATE", help="Business date, as YYYY-MM-DD.")
@click.option("--model", metavar="RUN|FILE", help="As of rfmf run; the same for all stages.")
@click.option(
    "--run",
    "run_id",
    metavar="RUN",
    help="Id of the run: a new one for clean; else, by default or as latest, the one that waits "
    "since last.",
)
@click.pass_obj
def stage(
    end: dict[str, object] | None,
    name: str,
    as_of: str | None,
    model: str | None,
    run_id: str | None,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Take a run one stage on: clean, features, score, fit, assign.

    The stages of one run need the same settings; assign makes it current.

    \b
    Example: rfmf stage clean --run nightly-2019-08-14 --as-of 2019-08-14 --config production.yaml
    """
    chosen, named = given(as_of=as_of, model=model), None if run_id == "latest" else run_id
    root = find_root(config_files, assignments)
    with marked_attempt(root, named, name, print_line) as attempt:
        loaded = load_settings(profile, config_files, assignments, chosen)
        from rfmf_spark.cli.launching import stage_and_print

        stage_and_print(loaded, name, run_id, attempt, end)


@cli.command()
@common_options
@click.option("--as-of", metavar="DATE", help="Business date, as YYYY-MM-DD.")
@click.option("--model", metavar="RUN|FILE", help="As of rfmf run.")
def validate(
    as_of: str | None,
    model: str | None,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Check inputs and settings as a run would, without running: what becomes of every row.

    \b
    Example: rfmf validate --as-of 2019-08-14 --config production.yaml
    """
    loaded = load_settings(profile, config_files, assignments, given(as_of=as_of, model=model))
    from rfmf_spark.cli.launching import check_without_spark
    from rfmf_spark.cli.reconciliation_view import print_reconciliation
    from rfmf_spark.config.requirements import require_inputs
    from rfmf_spark.pipeline import validate_run
    from rfmf_spark.session.spark_session import spark_session

    require_inputs(loaded.settings)
    check_without_spark(loaded.settings)
    with spark_session(loaded.settings) as spark:
        print_reconciliation(validate_run(spark, loaded.settings))
        print_line("A run would accept these inputs.")
