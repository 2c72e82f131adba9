"""The clean ledger: all inputs opened, every row accounted for, products valued by fee curves.

Single rules live in ``cleaning.py``, repeated keys in ``repeats.py``, totals in
``reconciliation.py``; here they are applied to the three sources in order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.cleaning import (
    EXCLUDING_REASONS,
    REASON,
    classify_nav,
    classify_products,
    classify_trades,
)
from rfmf_spark.ledger.fee_curve import MONEY_MARKET, build_fee_curves, day_number
from rfmf_spark.ledger.parsing import RAW, parse_columns
from rfmf_spark.ledger.reconciliation import OutcomeTotals, Totals, measure, outcomes_of
from rfmf_spark.ledger.repeats import find_repeated_keys, label_repeats, without_repeats
from rfmf_spark.ledger.sources import Source, open_source
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.schemas import (
    AMOUNT_TRADE_COLUMNS,
    NAV_COLUMNS,
    PRODUCT_COLUMNS,
    TRADE_COLUMNS,
    InputColumn,
)

_CURVE_SCHEMA = (
    "product_id string, first_day int, fee_curve array<bigint>, fee_at_as_of bigint, "
    "nav_at_as_of bigint"
)


@dataclass(frozen=True)
class CleanSource:
    """One input after cleaning: rows that count, rows that do not, and the totals of both."""

    source: Source
    came_in: Totals
    accepted: DataFrame
    rejected: DataFrame
    outcomes: tuple[OutcomeTotals, ...]
    accepted_totals: Totals
    repeated: DataFrame

    def release(self) -> None:
        """Let go of what was kept in memory."""
        self.repeated.unpersist()


@dataclass(frozen=True)
class CleanLedger:
    """Clean trades, the fee curves of their products (None without holdings), and the sources."""

    trades: DataFrame
    curves: DataFrame | None
    sources: tuple[CleanSource, ...]
    purchases: Totals

    @property
    def outcomes(self) -> list[OutcomeTotals]:
        """Outcomes of all inputs."""
        return [outcome for source in self.sources for outcome in source.outcomes]

    @property
    def versions(self) -> dict[str, Any]:
        """What was read: path, format and version by input."""
        return {source.source.name: source.source.version for source in self.sources}

    def quarantine(self) -> DataFrame:
        """Bad rows of all inputs as they came: ``source``, ``reason``, ``record`` (JSON)."""
        frames = [_quarantine_rows(source) for source in self.sources]
        return reduce(DataFrame.unionByName, frames)

    def release(self) -> None:
        """Let go of what was kept in memory."""
        for source in self.sources:
            source.release()


def clean_ledger(spark: SparkSession, settings: Settings, as_of: dt.date) -> CleanLedger:
    """Open and clean all inputs. Raises ``InputRefusedError`` for an input that is unusable.

    Fees and holdings need NAVs and products; the basis ``amount`` does without them.
    """
    inputs = settings.input
    values_holdings = settings.features.basis != "amount" or bool(inputs.nav and inputs.products)
    if not values_holdings:
        trades = _clean_trades(spark, settings, as_of, None)
        return CleanLedger(trades.accepted, None, (trades,), _purchases(trades, settings))
    products = _open(spark, settings, "products", PRODUCT_COLUMNS)
    clean_products = _clean(
        products,
        classify_products(products.rows),
        PRODUCT_COLUMNS,
        ("product_id", "effective_from"),
    )
    nav = _open(spark, settings, "nav", NAV_COLUMNS)
    clean_nav = _clean(nav, classify_nav(nav.rows, as_of), NAV_COLUMNS, ("product_id", "nav_date"))
    product_table, nav_table = _collect_products(clean_products), _collect_nav(clean_nav)
    known = _known_products(spark, product_table, nav_table)
    trades = _clean_trades(spark, settings, as_of, known)
    earliest = trades.accepted_totals.earliest or as_of
    curves = build_fee_curves(
        nav_table, product_table, day_number(earliest), as_of, settings.features.day_count
    )
    return CleanLedger(
        trades=trades.accepted,
        curves=spark.createDataFrame(curves, _CURVE_SCHEMA),
        sources=(clean_products, clean_nav, trades),
        purchases=_purchases(trades, settings),
    )


def _open(
    spark: SparkSession, settings: Settings, name: str, columns: Sequence[InputColumn]
) -> Source:
    return open_source(spark, name, getattr(settings.input, name), columns, settings.input)


def _clean_trades(
    spark: SparkSession, settings: Settings, as_of: dt.date, known: DataFrame | None
) -> CleanSource:
    columns = AMOUNT_TRADE_COLUMNS if known is None else TRADE_COLUMNS
    source = _open(spark, settings, "trades", columns)
    classified = classify_trades(source.rows, known, as_of, settings.quality)
    return _clean(source, classified, columns, ("trade_id",))


def _clean(
    source: Source, classified: DataFrame, columns: Sequence[InputColumn], key: Sequence[str]
) -> CleanSource:
    """Apply row rules, then the rule for repeated keys, and take the totals of every outcome."""
    came_in = measure(parse_columns(source.rows, columns)).get((), Totals())
    if came_in.rows == 0:
        raise InputRefusedError(
            f"input.{source.name}: {source.version['path']} has no rows; correct the path, or "
            f"check the job that writes it"
        )
    by_reason = {group[0]: totals for group, totals in measure(classified, REASON).items()}
    accepted = classified.where(F.col(REASON).isNull())
    rejected = classified.where(F.col(REASON).isNotNull())
    repeated = find_repeated_keys(accepted, key).persist()
    if not repeated.isEmpty():
        content = [column.name for column in columns]
        labelled = label_repeats(accepted, repeated, key, content)
        for group, totals in measure(labelled.where(F.col(REASON).isNotNull()), REASON).items():
            by_reason[group[0]] = totals
            by_reason[None] = by_reason[None] - totals
        rejected = rejected.unionByName(labelled.where(F.col(REASON).isNotNull()))
        accepted = without_repeats(accepted, repeated, key).unionByName(
            labelled.where(F.col(REASON).isNull())
        )
    outcomes = outcomes_of(source.name, {_reason(r): totals for r, totals in by_reason.items()})
    return CleanSource(
        source, came_in, accepted, rejected, tuple(outcomes), outcomes[0].totals, repeated
    )


def _reason(value: object) -> str | None:
    return None if value is None else str(value)


def _purchases(trades: CleanSource, settings: Settings) -> Totals:
    """Totals of accepted purchases: what frequencies and amounts of all users must add up to."""
    is_purchase = F.col("trade_type").isin(list(purchase_types(settings.features)))
    counted = measure(trades.accepted.where(is_purchase).select("amount"))
    return counted.get((), Totals())


def _collect_products(products: CleanSource) -> pd.DataFrame:
    columns = products.accepted.select(
        "product_id",
        "product_type",
        "management_fee_rate",
        F.unix_date("effective_from").alias("effective_day"),
    )
    return columns.toPandas()


def _collect_nav(nav: CleanSource) -> pd.DataFrame:
    columns = nav.accepted.select(
        "product_id", F.unix_date("nav_date").alias("nav_day"), "unit_nav"
    )
    return columns.toPandas()


def _known_products(spark: SparkSession, products: pd.DataFrame, nav: pd.DataFrame) -> DataFrame:
    """Known products and whether they have a value: a NAV row, or a money fund's face value."""
    is_money = products["product_type"].str.strip().str.lower() == MONEY_MARKET
    has_value = is_money | products["product_id"].isin(set(nav["product_id"]))
    valued = has_value.groupby(products["product_id"]).any()
    rows = [(str(product_id), bool(value)) for product_id, value in valued.items()]
    return spark.createDataFrame(rows, "product_id string, has_nav boolean")


def _quarantine_rows(source: CleanSource) -> DataFrame:
    bad = source.rejected.where(~F.col(REASON).isin(list(EXCLUDING_REASONS)))
    return bad.select(
        F.lit(source.source.name).alias("source"),
        F.col(REASON),
        F.to_json(RAW).alias("record"),
    )
