"""What a person sees: a line per stage, and the results as tables.

How lines and tables are drawn is in ``screen.py``.
"""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import pandas as pd
from pyspark.sql import SparkSession

from rfmf_spark.cli.screen import Screen, make_visible
from rfmf_spark.cli.streams import print_utf8
from rfmf_spark.config.languages import Language
from rfmf_spark.config.loading import LoadedSettings
from rfmf_spark.config.sections.synthetic import SyntheticSettings
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.ledger.inspection import report_quarantine
from rfmf_spark.model.frozen import export_model
from rfmf_spark.pipeline import validate_run
from rfmf_spark.report.writing import write_report
from rfmf_spark.run.context import RunResult
from rfmf_spark.run.progress import Progress, Stage
from rfmf_spark.sensitivity_job import measure_run
from rfmf_spark.session.connect import (
    check_client,
    check_connect_packages,
    connect_address,
    is_server,
    run_server_checks,
)
from rfmf_spark.session.doctor import run_checks, run_embedded_checks
from rfmf_spark.session.engine_choice import choose_engine
from rfmf_spark.session.spark_session import spark_session
from rfmf_spark.synthetic.ledger import LedgerFormat, LedgerPlan, generate_ledger, write_ledger
from rfmf_spark.tables.control_totals import ControlTotals
from rfmf_spark.tables.store import TableStore

_PROFILE_COLUMNS = {
    "segment_id": "#",
    "name_en": "segment",
    "name_zh": "",
    "users": "users",
    "user_share": "share",
    "monetary_share": "MF share",
    "recency_days_mean": "R mean",
    "recency_days_median": "R median",
    "frequency_mean": "F mean",
    "frequency_median": "F median",
    "monetary_mean": "MF mean",
    "monetary_median": "MF median",
    "cumulative_amount_mean": "bought",
    "holding_amount_mean": "holds",
    "rfmf_score_mean": "score",
    "retention_rate": "retained",
}
# What a reader looks for first; rfmf show names the rest.
_FIRST_TABLES = ("segment_profile", "user_segments", "runs")
_SHARES = ("user_share", "monetary_share", "retention_rate")


def show_stage(stage: Stage) -> None:
    """Print one finished stage: name, rows, seconds."""
    rows = "" if stage.rows is None else f"{stage.rows:,} rows"
    note = f"  {stage.note}" if stage.note else ""
    click.echo(f"{stage.name:<10}{rows:>18}{stage.seconds:>9.1f} s{note}")


def generate_and_print(
    spark: SparkSession, settings: SyntheticSettings, out: str, file_format: LedgerFormat
) -> None:
    """Generate a ledger and tell where it lies."""
    plan = LedgerPlan(**settings.model_dump())
    progress = Progress(show_stage)
    with progress.stage("generate") as stage:
        write_ledger(generate_ledger(spark, plan), out, file_format)
        stage.note = f"{plan.users:,} users, {plan.products:,} products, seed {plan.seed} in {out}"


def export_and_print(spark: SparkSession, settings: Settings, run_id: str, out: str) -> None:
    """Write the model of a run to a file and tell its id; ``-`` prints the model instead."""
    model, origin = export_model(spark, settings, run_id)
    if out == "-":
        print_utf8(model.to_json())
        return
    try:
        Path(out).write_text(model.to_json() + "\n", encoding="utf-8")
    except OSError as cause:
        raise ConfigurationError(
            f"--out {out}: cannot be written ({cause.strerror}); give a file in a writable folder"
        ) from cause
    click.echo(f"{out}: model {model.model_id} of {origin}")


def check_and_print(settings: Settings) -> bool:
    """Print every check of the environment; whether all are fine."""
    address, choice = connect_address(settings), choose_engine(settings)
    with ExitStack() as sessions:

        def start_session() -> SparkSession:
            return sessions.enter_context(spark_session(settings))

        if choice.name == "embedded":
            client = [check_client(), check_connect_packages()]
            checks = run_embedded_checks(settings.output.root, start_session, client)
        elif is_server(address):
            checks = run_server_checks(address, start_session)
        else:
            checks = run_checks(
                output_root=settings.output.root,
                driver_memory=settings.spark.get("spark.driver.memory"),
                start_session=start_session,
                more=[check_connect_packages()] if address else [],
            )
    click.echo(f"{'':<5}{'Engine':<16} {choice.name} ({choice.reason})")
    for check in checks:
        mark = "ok" if check.ok else "FAIL" if check.needed else "-"
        click.echo(f"{mark:<4} {check.name:<16} {check.found}")
        if check.remedy:
            click.echo(f"     {'':<16} {check.remedy}")
    return all(check.ok or not check.needed for check in checks)


def validate_and_print(spark: SparkSession, settings: Settings) -> None:
    """Print what a run would say of every row of the inputs."""
    reconciliation = validate_run(spark, settings)
    _print_reconciliation(Screen(), reconciliation)
    click.echo("A run would accept these inputs.")


def report_and_print(
    spark: SparkSession, settings: Settings, run_id: str, language: Language | None, out: str | None
) -> None:
    """Write the report of a run and tell where it lies."""
    click.echo(f"Report: {write_report(spark, settings, run_id, language, out)}")


def quarantine_and_print(spark: SparkSession, root: str, run_id: str) -> None:
    """Print what a run has refused, with values masked."""
    report = report_quarantine(TableStore(spark, root), run_id)
    screen = Screen()
    if report.counts.empty:
        screen.print_text(f"Run {report.run.run_id} has refused no row.")
        return
    counts = ((str(r.source), str(r.reason), f"{r.rows:,}") for r in report.counts.itertuples())
    title = f"Refused by run {report.run.run_id}"
    screen.print_table(("input", "reason", "rows"), counts, title=title, text_columns=2)
    for sample in report.samples.itertuples():
        click.echo(make_visible(f"{sample.source} {sample.reason}: {sample.record}"))


def sensitivity_and_print(spark: SparkSession, loaded: LoadedSettings, run_id: str) -> None:
    """Measure how much the segments of a run depend on single choices, and print it."""
    run, table = measure_run(spark, loaded, run_id, Progress(show_stage))
    rows = (
        (
            row["choice"],
            f"{row['value_before']} → {row['value_after']}".strip(" →"),
            _number(row["k_after"], 0),
            _share(row["moved_share"]),
            _share(row["renamed_share"]),
            _number(row["rand_index"], 3),
            row["names_new"] if pd.isna(row["note"]) else row["note"],
        )
        for row in table.to_dict("records")
    )
    titles = ("choice", "from → to", "K", "moved", "renamed", "Rand index", "new names, or why not")
    title = f"Sensitivity of run {run.run_id} (K = {table['k_before'].iloc[0]})"
    Screen().print_table(titles, rows, title=title, text_columns=2)


def _share(value: Any, digits: int = 2) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.{digits}%}"


def print_result(result: RunResult, progress: Progress, report: str | None = None) -> None:
    """Print what a run found, where it lies, and last what became of its ``report``."""
    print_findings(result)
    seconds = sum(stage.seconds for stage in progress.stages)
    click.echo(f"Run {result.run.run_id} is current ({seconds:.1f} s). Tables:")
    for name in _FIRST_TABLES:
        click.echo(f"  {result.root}/{name}")
    root = shlex.quote(f"output.root={result.root}")
    click.echo(f"All of them: rfmf show {result.run.run_id} --set {root}")
    if report is not None:
        click.echo(report)


def print_findings(result: RunResult) -> None:
    """Print what has been found so far; a stage by itself finds a part of it."""
    screen = Screen()
    if not result.reconciliation.empty:
        _print_reconciliation(screen, result.reconciliation)
    if result.control_totals.users is not None:
        screen.print_text(_totals_line(result.control_totals))
    if not result.k_selection.empty:
        screen.print_text(_weights_line(result.weights))
        _print_k(screen, result.k_selection)
        screen.print_text(_chosen_reason(result.k_selection))
    if not result.profile.empty:
        _print_profile(screen, result.profile)


def print_waiting(result: RunResult, following: str) -> None:
    """Print what a stage found, and how the run goes on."""
    print_findings(result)
    click.echo(f"Run {result.run.run_id} waits for stage {following}.")


def _print_reconciliation(screen: Screen, reconciliation: pd.DataFrame) -> None:
    rows = (
        (
            str(row.source),
            str(row.outcome),
            str(row.reason),
            f"{row.rows:,}",
            f"{row.amount:,}",
            f"{row.units:,}",
        )
        for row in reconciliation.itertuples()
    )
    titles = ("input", "outcome", "reason", "rows", "amount", "units")
    screen.print_table(titles, rows, title="Reconciliation", text_columns=3)


def _totals_line(totals: ControlTotals) -> str:
    return (
        f"{totals.users:,} users with {totals.purchases:,} purchases; "
        f"{totals.users_without_purchase:,} users of the ledger without a purchase; "
        f"{totals.overdrawn_positions:,} overdrawn positions\n"
    )


def _weights_line(weights: Any) -> str:
    told = ", ".join(f"{name} {value:.4f}" for name, value in weights["values"].items())
    source = ", ".join(
        part for part in (weights["judgments"], weights.get("objective", {}).get("method")) if part
    )
    ratio = weights["consistency_ratio"]
    consistency = "" if ratio is None else f"; consistency ratio {ratio:.4f}"
    return f"Weights ({source}): {told}{consistency}\n"


def _print_k(screen: Screen, k_selection: pd.DataFrame) -> None:
    rows = (
        (
            f"{row.k} *" if row.chosen else f"{row.k}  ",
            _number(row.cost, 1),
            _number(row.silhouette, 4),
            _number(row.calinski_harabasz, 1),
            _number(row.davies_bouldin, 4),
            _number(row.gap, 4),
            _number(row.valley, 2),
            _number(row.stability, 2),
            str(row.votes),
        )
        for row in k_selection.itertuples()
    )
    titles = (
        "K",
        "cost",
        "silhouette",
        "Calinski-Harabasz",
        "Davies-Bouldin",
        "gap",
        "valley",
        "stability",
        "voted for by",
    )
    screen.print_table(titles, rows, title="Choice of K", text_columns=0)


def _chosen_reason(k_selection: pd.DataFrame) -> str:
    chosen = k_selection[k_selection["chosen"]]
    return f"{chosen['reason'].iloc[0]}\n"


def _print_profile(screen: Screen, profile: pd.DataFrame) -> None:
    rows = (
        tuple(_profile_value(name, record[name]) for name in _PROFILE_COLUMNS)
        for record in profile.to_dict("records")
    )
    titles = tuple(_PROFILE_COLUMNS.values())
    screen.print_table(titles, rows, title="Segments", text_columns=3)


def _profile_value(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if name in _SHARES:
        return _share(value, 1)
    if name in ("segment_id", "users"):
        return f"{value:,}"
    return _number(value, 1 if name == "recency_days_mean" else 2)


def _number(value: Any, digits: int) -> str:
    return "" if value is None or pd.isna(value) else f"{value:,.{digits}f}"
