"""Commands for operators: which runs there are, one in full, back to an earlier one, the lock."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from rfmf_spark.cli.options import common_options, given
from rfmf_spark.cli.out_file import write_file
from rfmf_spark.cli.root import cli
from rfmf_spark.cli.screen import print_line
from rfmf_spark.cli.streams import print_json
from rfmf_spark.config.loading import Profile, load_settings
from rfmf_spark.stages import STAGE_NAMES

_MOST_RUNS = 20


@cli.command("runs")
@common_options
@click.option("--as-of", metavar="DATE", help="Only runs of this business date.")
@click.option("--limit", type=click.IntRange(min=1), default=_MOST_RUNS, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_all(
    as_of: str | None,
    limit: int,
    as_json: bool,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """List the runs of an output root, newest first, and which is current for its date.

    \b
    Example: rfmf runs --limit 5 --set output.root=results
    """
    settings = load_settings(profile, config_files, assignments, given(as_of=as_of)).settings
    from rfmf_spark.cli.history_view import describe_summary, print_runs
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.session.spark_session import spark_session
    from rfmf_spark.tables.history import list_runs
    from rfmf_spark.tables.store import TableStore

    root = require_root(settings)
    with spark_session(settings) as spark:
        found = list_runs(TableStore(spark, root), settings.as_of, limit)
    if as_json:
        print_json([describe_summary(summary) for summary in found])
    else:
        print_runs(found, root)


@cli.command()
@common_options
@click.argument("run_id", metavar="RUN|latest")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(
    run_id: str,
    as_json: bool,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Show one run: events, inputs, control totals, weights, stages, outputs, settings.

    Of the settings those that differ from the defaults of the profile.

    \b
    Example: rfmf show latest --set output.root=results
    """
    settings = load_settings(profile, config_files, assignments).settings
    defaults = load_settings(profile).effective()
    from rfmf_spark.cli.history_view import describe_detail, print_detail
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.session.spark_session import spark_session
    from rfmf_spark.tables.history import describe_run
    from rfmf_spark.tables.store import TableStore

    root = require_root(settings)
    with spark_session(settings) as spark:
        detail = describe_run(TableStore(spark, root), run_id)
    if as_json:
        print_json(describe_detail(detail, defaults))
    else:
        print_detail(detail, defaults)


@cli.command()
@common_options
@click.argument("run_id", metavar="RUN")
@click.option("--stage", type=click.Choice(STAGE_NAMES), help="The job of this stage is meant.")
def ended(
    run_id: str,
    stage: str | None,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Tell how the last attempt at a run has ended, and end in the same way: with its exit code.

    For schedulers that do not get the exit code of the run itself. Code 1 where the run goes on,
    or nothing tells of its end. Where the root is a folder of this computer, no Spark is needed.

    \b
    Example: rfmf ended nightly-2019-08-14 --set output.root=results
    """
    settings = load_settings(profile, config_files, assignments).settings
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.run.ended import read_end

    marker = read_end(settings, require_root(settings), run_id, stage)
    print_json(marker.describe())
    if marker.exit_code:
        print_line(f"rfmf: run {run_id}: {marker.status}: {marker.reason}", err=True)
    sys.exit(marker.exit_code)


@cli.command()
@common_options
@click.option("--out", metavar="FILE", help="File to write; without it they are printed.")
def metrics(
    out: str | None, config_files: Sequence[str], assignments: Sequence[str], profile: Profile
) -> None:
    """Write figures of an output root in the text format of Prometheus.

    For the textfile collector of its node exporter: give a file of the collector's folder, named
    *.prom, and call the command every few minutes. It only reads, and takes no lock.

    \b
    Example: rfmf metrics --out /var/lib/node_exporter/rfmf.prom --set output.root=results
    """
    settings = load_settings(profile, config_files, assignments).settings
    from rfmf_spark.cli.metrics_view import describe_metrics
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.session.spark_session import spark_session
    from rfmf_spark.tables.figures import read_figures
    from rfmf_spark.tables.store import TableStore

    root = require_root(settings)
    with spark_session(settings) as spark:
        store = TableStore(spark, root)
        text = describe_metrics(
            read_figures(store, settings.output), store.root, settings.time_zone
        )
    if out is None:
        print_line(text.rstrip("\n"))
    else:
        write_file(out, text)


@cli.command()
@common_options
@click.option("--to", "run_id", required=True, metavar="RUN", help="A complete run.")
@click.option("--as-of", metavar="DATE", help="Refuse a run of another business date.")
@click.option("--reason", metavar="TEXT", help="Why; recorded with your name in the table runs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rollback(
    run_id: str,
    as_of: str | None,
    reason: str | None,
    as_json: bool,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Let readers see an earlier complete run of a business date again.

    \b
    Example: rfmf rollback --to nightly-2019-08-14 --reason "NAVs were wrong" \\
        --set output.root=results
    """
    settings = load_settings(profile, config_files, assignments, given(as_of=as_of)).settings
    from rfmf_spark.cli.history_view import describe_rollback, tell_rollback
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.session.spark_session import spark_session
    from rfmf_spark.tables.rollback import roll_back
    from rfmf_spark.tables.store import TableStore

    root = require_root(settings)
    with spark_session(settings) as spark:
        store = TableStore(spark, root)
        done = roll_back(spark, store, run_id, settings.as_of, settings.output, reason)
    if as_json:
        print_json(describe_rollback(done))
    else:
        print_line(tell_rollback(done))


@cli.command()
@common_options
@click.option("--reason", metavar="TEXT", help="Why; recorded with your name in the table runs.")
@click.option("--force", is_flag=True, help="Also where the holder plainly lives.")
def unlock(
    reason: str | None,
    force: bool,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Take the lock of a root from a run that is gone; without a reason, tell who holds it.

    Where a run still lives and loses its lock so, it publishes nothing.

    \b
    Example: rfmf unlock --reason "node lost" --set output.root=s3a://bucket/results
    """
    settings = load_settings(profile, config_files, assignments).settings
    from rfmf_spark.cli.history_view import tell_unlock
    from rfmf_spark.config.requirements import require_root
    from rfmf_spark.session.spark_session import spark_session
    from rfmf_spark.tables.store import TableStore
    from rfmf_spark.tables.unlocking import unlock as take_lock

    root = require_root(settings)
    with spark_session(settings) as spark:
        store = TableStore(spark, root)
        lock = take_lock(spark, store, settings.output, reason, force=force)
    print_line(tell_unlock(lock, root))
