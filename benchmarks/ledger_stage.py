"""What cleaning costs: python -m benchmarks.ledger_stage LEDGER [LEDGER …]

For each folder that ``rfmf generate`` has made (without ``--dirty``: who believes bad rows fails
over them): the ledger stage (trades to features of users, as a Delta table) with everything that
cleaning, deduplication and reconciliation do, beside the same stage that believes its input;
alternating in one process, after one round to warm up.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.bases import basis_of
from rfmf_spark.config.loading import LoadedSettings, load_settings
from rfmf_spark.config.requirements import require_run_settings
from rfmf_spark.features.fee_curve import (
    FeeCurves,
    accrued_rates,
    build_fee_curves,
    curves_in_spark,
    day_number,
)
from rfmf_spark.features.holdings import build_holdings
from rfmf_spark.features.purchases import feature_options
from rfmf_spark.features.user_features import build_user_features
from rfmf_spark.ledger.clean_source import open_input
from rfmf_spark.ledger.parsing import parse_columns
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.pipeline import prepare_run
from rfmf_spark.run.context import RunContext, new_run_id
from rfmf_spark.run.progress import Progress
from rfmf_spark.schemas.inputs import NAV_COLUMNS, PRODUCT_COLUMNS, TRADE_COLUMNS, InputColumn
from rfmf_spark.session.spark_session import spark_session
from rfmf_spark.stages.clean import clean
from rfmf_spark.stages.features import write_features
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
    given.append("session.engine=spark")
    end = load_settings("local", [], []).settings.synthetic.end
    return load_settings("local", [], given, {"as_of": end})


def _measure(spark: SparkSession, loaded: LoadedSettings, folder: str) -> None:
    with_care = _timed(lambda: _run_stage(_new_context(spark, loaded)))
    believing = _timed(lambda: _believe(_new_context(spark, loaded)))
    print(f"{folder}: first round {with_care:.1f} s with cleaning, {believing:.1f} s without")
    rounds = [
        (
            _timed(lambda: _believe(_new_context(spark, loaded))),
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
        write_features(context, ledger)
    context.write_kept()


def _believe(context: RunContext) -> None:
    """The same features from the same files, each row taken for what it says."""
    settings, as_of = context.settings, context.run.as_of
    trades = _typed(context, "trades", TRADE_COLUMNS)
    # What no fee curve covers would not be a wrong result, but an error.
    is_covered = F.col("trade_date").between(F.lit(settings.synthetic.start), F.lit(as_of))
    covered = trades.where(is_covered)
    curves = _believed_curves(context)
    purchases = purchase_types(settings.features)
    options = feature_options(settings.features, as_of)
    holdings = build_holdings(covered, curves, purchases, options)
    quality = settings.quality
    users = build_user_features(
        holdings, curves, as_of, settings.features.basis, quality.overdrawn_tolerance_units
    )
    context.write("user_features", users.where(F.col("frequency") > 0))


def _believed_curves(context: RunContext) -> FeeCurves:
    settings, as_of = context.settings, context.run.as_of
    products = _typed(context, "products", PRODUCT_COLUMNS).withColumn(
        "effective_day", F.unix_date("effective_from")
    )
    values = _typed(context, "nav", NAV_COLUMNS).where(F.col("nav_date") <= F.lit(as_of))
    nav = values.select("product_id", F.unix_date("nav_date").alias("nav_day"), "unit_nav_e4")
    curves = build_fee_curves(
        nav.toPandas(),
        accrued_rates(products.toPandas(), basis_of(settings.features).rates),
        day_number(settings.synthetic.start),
        as_of,
        settings.features.day_count,
    )
    return curves_in_spark(context.spark, curves)


def _typed(context: RunContext, name: str, columns: Sequence[InputColumn]) -> DataFrame:
    source = open_input(context.spark, context.settings, name, columns)
    parsed = parse_columns(source.rows, source.columns, source.mapping)
    return parsed.select(*[column.typed_name for column in source.columns])


def _timed(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main(sys.argv[1:])
