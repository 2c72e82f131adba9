"""Commands for those who begin: a ledger, a demonstration, the environment, the settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rfmf_spark.cli.options import common_options, given
from rfmf_spark.cli.root import cli
from rfmf_spark.cli.screen import print_line
from rfmf_spark.cli.streams import print_json
from rfmf_spark.config.loading import Profile, load_settings
from rfmf_spark.run.ending import marked_attempt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from rfmf_spark.config.sections.synthetic import SyntheticSettings
    from rfmf_spark.synthetic.ledger import LedgerFormat


@cli.command()
@common_options
@click.option("--users", type=int, help="All users; a tenth never trade.")
@click.option("--products", type=int, help="Fund share classes.")
@click.option("--seed", type=int, help="Same seed, same rows.")
@click.option("--dirty", type=float, metavar="RATE", help="Plant bad rows, and list them.")
@click.option("--opening", metavar="DATE", help="Cut the ledger off: positions at a date, trades.")
@click.option("--profile-signal", type=float, metavar="X", help="What profiles tell: 0 to 1.")
@click.option("--skew", is_flag=True, default=None, help="One heavy user, one heavy product.")
@click.option("--out", required=True, metavar="DIR", help="Folder of the new ledger.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["parquet", "csv", "delta"]),
    default="parquet",
    show_default=True,
)
def generate(
    users: int | None,
    products: int | None,
    seed: int | None,
    dirty: float | None,
    opening: str | None,
    profile_signal: float | None,
    skew: bool | None,
    out: str,
    file_format: LedgerFormat,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Generate a realistic ledger with known truth.

    \b
    Example: rfmf generate --users 1000000 --seed 7 --out build/l1m
    """
    chosen = given(
        users=users,
        products=products,
        seed=seed,
        dirty=dirty,
        opening=opening,
        profile_signal=profile_signal,
        skew=skew,
    )
    arguments = {f"synthetic.{name}": value for name, value in chosen.items()}
    loaded = load_settings(profile, config_files, assignments, arguments)
    from rfmf_spark.session.spark_session import spark_session

    with spark_session(loaded.settings) as spark:
        _generate_and_print(spark, loaded.settings.synthetic, out, file_format)


@cli.command()
@common_options
@click.option("--out", default="build/demo", show_default=True, metavar="DIR")
def demo(
    out: str, config_files: Sequence[str], assignments: Sequence[str], profile: Profile
) -> None:
    """Generate a ledger and segment its users, from nothing to results.

    \b
    Example: rfmf demo --set synthetic.users=20000
    """
    folder = Path(out)
    ledger = folder / "ledger"
    sources = [f"input.{name}={ledger / name}" for name in ("trades", "nav", "products")]
    results = f"output.root={folder / 'results'}"
    layers = [*sources, results, "clustering.resamples=10", *assignments]
    end = load_settings(profile, config_files, assignments).settings.synthetic.end
    loaded = load_settings(profile, config_files, layers, {"as_of": end})
    from rfmf_spark.cli.launching import run_and_print
    from rfmf_spark.session.engines import engine_of
    from rfmf_spark.session.spark_session import spark_session

    with spark_session(loaded.settings) as spark:
        if not engine_of(spark).has_mllib:
            print_line(
                "On the embedded engine. On Spark, MLlib's K-means runs as well: "
                "rfmf demo --set session.engine=spark"
            )
        _generate_and_print(spark, loaded.settings.synthetic, str(ledger), "parquet")
        with marked_attempt(loaded.settings.output.root, None, None, print_line) as attempt:
            run_and_print(loaded, attempt)


def _generate_and_print(
    spark: SparkSession, settings: SyntheticSettings, out: str, file_format: LedgerFormat
) -> None:
    """Generate a ledger and tell where it lies."""
    from rfmf_spark.cli.progress_view import show_stage
    from rfmf_spark.run.progress import Progress
    from rfmf_spark.synthetic.ledger import LedgerPlan, generate_ledger, write_ledger

    plan = LedgerPlan(**settings.model_dump())
    with Progress(show_stage).stage("generate") as stage:
        write_ledger(generate_ledger(spark, plan), out, file_format)
        stage.note = f"{plan.users:,} users, {plan.products:,} products, seed {plan.seed} in {out}"


@cli.command()
@common_options
def doctor(config_files: Sequence[str], assignments: Sequence[str], profile: Profile) -> None:
    """Check engine, versions, Delta, write access and memory, and say what to do.

    \b
    Example: rfmf doctor --set output.root=results
    """
    loaded = load_settings(profile, config_files, assignments)
    from rfmf_spark.cli.checks_view import print_checks
    from rfmf_spark.session.engine_choice import choose_engine
    from rfmf_spark.session.environment import check_environment

    choice = choose_engine(loaded.settings)
    checks = check_environment(loaded.settings, choice)
    print_checks(choice, checks)
    if not all(check.ok or not check.needed for check in checks):
        sys.exit(2)


@cli.command()
@common_options
@click.option("--as-of", metavar="DATE", help="Business date, as YYYY-MM-DD.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def config(
    as_of: str | None,
    as_json: bool,
    config_files: Sequence[str],
    assignments: Sequence[str],
    profile: Profile,
) -> None:
    """Show the effective value of every setting, and where it was set.

    \b
    Example: rfmf config --set clustering.k_max=8
    """
    loaded = load_settings(profile, config_files, assignments, given(as_of=as_of))
    effective = loaded.effective()
    if as_json:
        described = {k: {"value": v, "set_in": loaded.places[k]} for k, v in effective.items()}
        print_json(described)
        return
    for key, value in effective.items():
        shown = json.dumps(value, ensure_ascii=False)
        print_line(f"{key} = {shown}    # {loaded.places[key]}")
