"""The command line: arguments, exit codes, printing. What is done lives elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rfmf_spark import __version__
from rfmf_spark.config.loading import Profile, load_settings
from rfmf_spark.errors import RfmfError
from rfmf_spark.stages import STAGE_NAMES

if TYPE_CHECKING:
    from rfmf_spark.synthetic.ledger import LedgerFormat

Command = TypeVar("Command", bound=Callable[..., Any])


def _common_options(command: Command) -> Command:
    options = [
        click.option(
            "--config",
            "config_files",
            multiple=True,
            metavar="FILE",
            help="YAML file of settings; repeatable, later files win.",
        ),
        click.option(
            "--set",
            "assignments",
            multiple=True,
            metavar="KEY=VALUE",
            help="One setting, for example clustering.k_max=8; repeatable, wins over files.",
        ),
        click.option(
            "--profile",
            type=click.Choice(["local", "cluster"]),
            default="local",
            show_default=True,
            help="Which of conf/local.yaml and conf/cluster.yaml applies.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="rfmf")
def cli() -> None:
    """Segments of fund customers by recency, frequency and the management fee they bring."""


@cli.command()
@_common_options
@click.option("--as-of", metavar="DATE", help="Business date, as YYYY-MM-DD.")
@click.option(
    "--model",
    metavar="RUN|FILE",
    help="Fit nothing, use the model of this run (an id, or latest) or of this exported file.",
)
@click.pass_obj
def run(
    end: dict[str, object] | None,
    as_of: str | None,
    model: str | None,
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
    loaded = load_settings(profile, config_files, assignments, _given(as_of=as_of, model=model))
    from rfmf_spark.launching import run_and_print

    run_and_print(loaded, end)


@cli.command()
@_common_options
@click.argument("name", metavar="STAGE", type=click.Choice(STAGE_NAMES))
@click.option("--as-of", metavar="DATE", help="Business date, as YYYY-MM-DD.")
@click.option("--model", metavar="RUN|FILE", help="As of rfmf run; the same for all stages.")
@click.option(
    "--run",
    "run_id",
    metavar="RUN",
    help="Id of the run: a new one for clean, else the one that waits since last.",
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
    loaded = load_settings(profile, config_files, assignments, _given(as_of=as_of, model=model))
    from rfmf_spark.launching import stage_and_print

    stage_and_print(loaded, name, run_id, end)


@cli.command()
@_common_options
@click.option("--as-of", metavar="DATE", help="Business date, as YYYY-MM-DD.")
def validate(
    as_of: str | None, config_files: Sequence[str], assignments: Sequence[str], profile: Profile
) -> None:
    """Check the inputs as a run would, without running: what becomes of every row.

    \b
    Example: rfmf validate --as-of 2019-08-14 --config production.yaml
    """
    loaded = load_settings(profile, config_files, assignments, _given(as_of=as_of))
    from rfmf_spark.console import validate_and_print
    from rfmf_spark.run import require_inputs
    from rfmf_spark.session import spark_session

    require_inputs(loaded.settings)
    with spark_session(loaded.settings) as spark:
        validate_and_print(spark, loaded.settings)


@cli.command()
@_common_options
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
    from rfmf_spark.console import sensitivity_and_print
    from rfmf_spark.run import require_root
    from rfmf_spark.session import spark_session

    require_root(loaded.settings)
    with spark_session(loaded.settings) as spark:
        sensitivity_and_print(spark, loaded, run_id)


@cli.command()
@_common_options
@click.option(
    "--run", "run_id", default="latest", show_default=True, metavar="RUN", help="A run id."
)
def quarantine(
    run_id: str, config_files: Sequence[str], assignments: Sequence[str], profile: Profile
) -> None:
    """Show why rows of a run were refused: reasons, counts, masked samples.

    \b
    Example: rfmf quarantine --run latest --set output.root=results
    """
    loaded = load_settings(profile, config_files, assignments)
    from rfmf_spark.console import quarantine_and_print
    from rfmf_spark.run import require_root
    from rfmf_spark.session import spark_session

    root = require_root(loaded.settings)
    with spark_session(loaded.settings) as spark:
        quarantine_and_print(spark, root, run_id)


@cli.group()
def model() -> None:
    """Models of runs, as plain data."""


@model.command()
@_common_options
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
    from rfmf_spark.console import export_and_print
    from rfmf_spark.session import spark_session

    with spark_session(loaded.settings) as spark:
        export_and_print(spark, loaded.settings, run_id, out)


@cli.command()
@_common_options
@click.option("--users", type=int, help="Users with trades.")
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
    given = _given(
        users=users,
        products=products,
        seed=seed,
        dirty=dirty,
        opening=opening,
        profile_signal=profile_signal,
        skew=skew,
    )
    arguments = {f"synthetic.{name}": value for name, value in given.items()}
    loaded = load_settings(profile, config_files, assignments, arguments)
    from rfmf_spark.console import generate_and_print
    from rfmf_spark.session import spark_session

    with spark_session(loaded.settings) as spark:
        generate_and_print(spark, loaded.settings.synthetic, out, file_format)


@cli.command()
@_common_options
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
    given = [*sources, results, "clustering.resamples=10", *assignments]
    end = load_settings(profile, config_files, assignments).settings.synthetic.end
    loaded = load_settings(profile, config_files, given, {"as_of": end})
    from rfmf_spark.console import generate_and_print
    from rfmf_spark.launching import run_and_print
    from rfmf_spark.session import spark_session

    with spark_session(loaded.settings) as spark:
        generate_and_print(spark, loaded.settings.synthetic, str(ledger), "parquet")
        run_and_print(loaded)


@cli.command()
@_common_options
def doctor(config_files: Sequence[str], assignments: Sequence[str], profile: Profile) -> None:
    """Check Java, versions, Delta, write access and memory, and say what to do.

    \b
    Example: rfmf doctor --set output.root=results
    """
    loaded = load_settings(profile, config_files, assignments)
    from rfmf_spark.console import check_and_print

    if not check_and_print(loaded.settings):
        sys.exit(2)


@cli.command()
@_common_options
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
    loaded = load_settings(profile, config_files, assignments, _given(as_of=as_of))
    effective = loaded.effective()
    if as_json:
        described = {k: {"value": v, "set_in": loaded.places[k]} for k, v in effective.items()}
        click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    for key, value in effective.items():
        shown = json.dumps(value, ensure_ascii=False)
        click.echo(f"{key} = {shown}    # {loaded.places[key]}")


def main(arguments: Sequence[str] | None = None, *, report_end: bool = False) -> None:
    """Entry point of ``rfmf`` and of the jobs: every known error becomes its exit code.

    ``report_end`` prints exit code, reason and, where it succeeded, run id as one JSON line at the
    very end, for platforms that flatten exit codes and for the next stage.
    """
    code, reason, end = 0, "done", dict[str, object]()
    try:
        given = None if arguments is None else list(arguments)
        cli.main(args=given, prog_name="rfmf", obj=end)
    except RfmfError as error:
        code, reason = error.exit_code, str(error)
        click.echo(f"rfmf: {reason}", err=True)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
        reason = "done" if code == 0 else "see the message above"
    except Exception:
        if report_end:
            _report_end(1, "unexpected error, see the trace above", {})
        raise
    if report_end:
        _report_end(code, reason, end)
    sys.exit(code)


def _report_end(code: int, reason: str, end: dict[str, object]) -> None:
    told = {"exit_code": code, "reason": reason, **end}
    click.echo(json.dumps(told, ensure_ascii=False), err=True)


def _given(**arguments: object) -> dict[str, object]:
    return {name: value for name, value in arguments.items() if value is not None}


if __name__ == "__main__":
    main()
