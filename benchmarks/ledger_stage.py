"""What cleaning costs: python -m benchmarks.ledger_stage LEDGER [LEDGER …]

For each folder that ``rfmf generate`` has made (without ``--dirty``: who believes bad rows fails
over them): the ledger stage (trades to features of users, as a Delta table) with everything that
cleaning, deduplication and reconciliation do, beside the same stage that believes its input;
alternating in one process, after one round to warm up. Fee curves are made beforehand for both.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.loading import LoadedSettings, load_settings
from rfmf_spark.features import build_user_features
from rfmf_spark.inspection import open_ledger
from rfmf_spark.ledger.clean_source import open_input
from rfmf_spark.ledger.fee_curve import day_number
from rfmf_spark.ledger.holdings import build_holdings
from rfmf_spark.ledger.parsing import parse_columns
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.pipeline import prepare_run
from rfmf_spark.progress import Progress
from rfmf_spark.run import RunContext, new_run_id, require_run_settings
from rfmf_spark.schemas import TRADE_COLUMNS
from rfmf_spark.session import spark_session
from rfmf_spark.stages.clean import clean
from rfmf_spark.stages.features import find_features
from rfmf_spark.tables.store import RunKey, TableStore

_ROUNDS = 3


def main(folders: list[str]) -> None:
    """Measure each ledger, and print seconds and ratios."""
    for folder in folders:
        with tempfile.TemporaryDirectory() as results:
            loaded = _settings(Path(folder), results)
            with spark_session(loaded.settings) as spark:
                _measure(spark, loaded, folder)


def _settings(folder: Path, results: str) -> LoadedSettings:
    inputs = [f"input.{name}={folder / name}" for name in ("trades", "nav", "products")]
    # Planted bad rows are what is measured here, not what is judged.
    given = [*inputs, f"output.root={results}", "quality.max_bad_share=1"]
    end = load_settings("local", [], []).settings.synthetic.end
    return load_settings("local", [], given, {"as_of": end})


def _measure(spark: SparkSession, loaded: LoadedSettings, folder: str) -> None:
    with_care = _timed(lambda: _run_stage(_new_context(spark, loaded)))
    ledger = open_ledger(spark, loaded.settings)
    curves = ledger.curves
    if curves is None:
        raise ValueError("a generated ledger has products and NAVs")
    curves = curves.persist()
    curves.count()
    ledger.release()
    believing = _timed(lambda: _believe(_new_context(spark, loaded), curves))
    print(f"{folder}: first round {with_care:.1f} s with cleaning, {believing:.1f} s without")
    rounds = [
        (
            _timed(lambda: _believe(_new_context(spark, loaded), curves)),
            _timed(lambda: _run_stage(_new_context(spark, loaded))),
        )
        for _ in range(_ROUNDS)
    ]
    for without, full in rounds:
        print(f"  without {without:6.1f} s   with {full:6.1f} s   ratio {full / without:.2f}")
    ratio = statistics.median(full / without for without, full in rounds)
    print(f"  cleaning, deduplication and reconciliation add {ratio - 1:.0%} (median)", flush=True)


def _new_context(spark: SparkSession, loaded: LoadedSettings) -> RunContext:
    as_of, root = require_run_settings(loaded.settings)
    run = RunKey(as_of, new_run_id(as_of))
    return prepare_run(spark, loaded, Progress(), TableStore(spark, root), run, None)


def _run_stage(context: RunContext) -> None:
    with clean(context) as ledger:
        find_features(context, ledger)
    context.write_kept()


def _believe(context: RunContext, curves: DataFrame) -> None:
    """The same features from the same files, each row taken for what it says."""
    settings, as_of = context.settings, context.run.as_of
    source = open_input(context.spark, settings, "trades", TRADE_COLUMNS)
    typed = parse_columns(source.rows, source.columns, source.mapping)
    trades = typed.select(*[column.name for column in source.columns])
    # What no fee curve covers would not be a wrong result, but an error.
    first_day = curves.agg(F.min("first_day")).collect()[0][0]
    is_covered = F.unix_date("trade_date").between(first_day, day_number(as_of))
    covered = trades.where(is_covered)
    holdings = build_holdings(covered, curves, purchase_types(settings.features))
    quality = settings.quality
    users = build_user_features(
        holdings, curves, as_of, settings.features.basis, quality.overdrawn_tolerance_units
    )
    context.write("user_features", users.where(F.col("frequency") > 0))


def _timed(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main(sys.argv[1:])
