"""The synthetic ledger as a whole: generating its tables, and writing them to a folder.

The assumptions are in ``archetypes`` and ``products``, the steps in ``users``, ``purchases``,
``trades``, ``profiles`` and ``truth``; ``defects`` spoil a ledger, ``opening`` cuts it off.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any, Literal, NamedTuple, get_args

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.synthetic.catalog_tables import build_nav, build_products
from rfmf_spark.synthetic.defects import add_bad_rows, list_bad_rows
from rfmf_spark.synthetic.opening import build_opening_positions
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import build_catalog
from rfmf_spark.synthetic.profiles import build_profiles
from rfmf_spark.synthetic.trades import build_trades
from rfmf_spark.synthetic.truth import build_truth
from rfmf_spark.synthetic.users import draw_users
from rfmf_spark.tables.store import reach_table

__all__ = ["Ledger", "LedgerFormat", "LedgerPlan", "generate_ledger", "write_ledger"]

LedgerFormat = Literal["parquet", "csv", "delta"]

TABLES = ("trades", "nav", "products", "profiles", "truth")
OPTIONAL_TABLES = ("planted", "opening_positions")
DESCRIPTION = "_LEDGER.json"
_USERS_PER_PARTITION = 50_000
_MOST_PARTITIONS = 256


class Ledger(NamedTuple):
    """The tables of one company, lazy until written, and the plan they follow."""

    trades: DataFrame
    nav: DataFrame
    products: DataFrame
    profiles: DataFrame
    truth: DataFrame
    plan: LedgerPlan
    planted: DataFrame | None = None
    opening_positions: DataFrame | None = None

    def tables(self) -> dict[str, DataFrame]:
        """The tables that there are, by name."""
        found = {name: getattr(self, name) for name in (*TABLES, *OPTIONAL_TABLES)}
        return {name: table for name, table in found.items() if table is not None}


def generate_ledger(spark: SparkSession, plan: LedgerPlan, partitions: int | None = None) -> Ledger:
    """A fund company with ``plan.users`` users: trades, nav, products, profiles and the truth.

    The columns are those of the data contract; ``truth`` is described in ``build_truth``, the list
    of planted bad rows in ``list_bad_rows``. The rows depend on the plan alone; ``partitions`` (by
    default one per 50,000 users) only on how they are spread over files.
    """
    catalog = build_catalog(plan)
    wanted = math.ceil(plan.users / _USERS_PER_PARTITION)
    spread = partitions or min(wanted, _MOST_PARTITIONS)
    users = spark.range(0, plan.users, 1, spread).transform(draw_users, plan, catalog)
    trades = build_trades(spark, users, plan, catalog)
    ledger = Ledger(
        trades=trades,
        nav=build_nav(spark, catalog),
        products=build_products(spark, catalog, has_unvalued=plan.dirty > 0),
        profiles=build_profiles(users, plan, catalog),
        truth=build_truth(users, plan, catalog),
        plan=plan,
    )
    if plan.dirty > 0:
        return ledger._replace(
            trades=add_bad_rows(trades, plan, catalog), planted=list_bad_rows(trades, plan, catalog)
        )
    if plan.opening is not None:
        return ledger._replace(
            trades=trades.where(F.col("trade_date") > F.lit(plan.opening)),
            opening_positions=build_opening_positions(spark, trades, plan.opening, catalog),
        )
    return ledger


def write_ledger(ledger: Ledger, out: str, format: LedgerFormat) -> None:
    """Write every table as ``out``/<table>, and last of all the description of the whole.

    ``out`` is a path of any file system that Spark writes to. It must be absent, empty, or hold a
    ledger of the same format written here, which is replaced; CSV files have a header. Raises
    ``ConfigurationError`` for an unknown format and for a folder that is not ours to overwrite.
    """
    if format not in get_args(LedgerFormat):
        raise ConfigurationError(
            f"format = {format!r} of the synthetic ledger is unknown: "
            f"use one of {', '.join(get_args(LedgerFormat))}."
        )
    spark, root = ledger.trades.sparkSession, out.rstrip("/")
    tables = ledger.tables()
    _check_replaceable(spark, root, format, list(tables))
    # From here to the last line the folder says of itself that it is not finished.
    _write_description(spark, root, ledger.plan, format, list(tables), rows=None)
    place = reach_table(spark, root, "out") if format == "delta" else root
    for name, table in tables.items():
        _write_table(table, f"{place}/{name}", format)
    rows = {name: _read_table(spark, f"{place}/{name}", format).count() for name in tables}
    _write_description(spark, root, ledger.plan, format, list(tables), rows)


def _write_table(table: DataFrame, path: str, format: LedgerFormat) -> None:
    if format == "csv":
        # Text has no lots of positions.
        lists = [f.name for f in table.schema.fields if isinstance(f.dataType, ArrayType)]
        table.drop(*lists).write.mode("overwrite").csv(path, header=True)
        return
    table.write.format(format).mode("overwrite").save(path)


def _read_table(spark: SparkSession, path: str, format: LedgerFormat) -> DataFrame:
    reader = spark.read.format(format)
    if format == "csv":
        reader = reader.option("header", "true")
    return reader.load(path)


def _write_description(
    spark: SparkSession,
    root: str,
    plan: LedgerPlan,
    format: LedgerFormat,
    tables: list[str],
    rows: dict[str, int] | None,
) -> None:
    description = {
        "kind": "synthetic ledger",
        "status": "writing" if rows is None else "complete",
        "format": format,
        "plan": asdict(plan),
        "tables": tables,
        "rows": rows,
    }
    line = json.dumps(description, default=str, sort_keys=True)
    # A table of one line, since only Spark itself can write wherever Spark can.
    table = spark.createDataFrame([(line,)], "value string").coalesce(1)
    table.write.mode("overwrite").text(f"{root}/{DESCRIPTION}")


def _check_replaceable(
    spark: SparkSession, root: str, format: LedgerFormat, tables: list[str]
) -> None:
    description = _read_description(spark, root)
    if description is None:
        if _holds_files(spark, root):
            raise ConfigurationError(
                f"out = {root!r} holds files that are not a synthetic ledger: choose a folder "
                "that is absent or empty, or remove this one first."
            )
    elif description["format"] != format:
        raise ConfigurationError(
            f"out = {root!r} holds a synthetic ledger in format {description['format']!r}, not "
            f"{format!r}: choose another folder, or remove this one first."
        )
    elif left := set(description.get("tables", ())) - set(tables):
        raise ConfigurationError(
            f"out = {root!r} holds a synthetic ledger with the table {min(left)}, which the new "
            "one would leave there although it lacks it: choose another folder, or remove this one "
            "first."
        )


def _read_description(spark: SparkSession, root: str) -> dict[str, Any] | None:
    try:
        lines = spark.read.text(_twice(f"{root}/{DESCRIPTION}")).take(1)
        found = json.loads(lines[0]["value"]) if lines else None
    except AnalysisException as error:
        if _is_missing_path(error):
            return None
        raise
    except json.JSONDecodeError:
        return None
    is_ours = isinstance(found, dict) and found.get("kind") == "synthetic ledger"
    return found if is_ours else None


def _holds_files(spark: SparkSession, root: str) -> bool:
    try:
        files = (
            spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(_twice(root))
        )
        return bool(files.select("path").take(1))
    except AnalysisException as error:
        if _is_missing_path(error):
            return False
        raise


def _twice(path: str) -> list[str]:
    # Spark logs a stack trace for a single path that is missing, which here is the usual case.
    return [path, path]


def _is_missing_path(error: AnalysisException) -> bool:
    return error.getCondition() == "PATH_NOT_FOUND"
