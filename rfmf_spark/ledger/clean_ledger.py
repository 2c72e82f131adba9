"""The clean ledger: all inputs opened, every row accounted for, products valued by fee curves.

Single rules live in ``cleaning.py``, repeated keys in ``repeats.py``, totals in
``totals.py``; here they are applied to all inputs in order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, Self

import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    StringType,
    StructField,
    StructType,
)

from rfmf_spark.config.bases import basis_of, values_positions
from rfmf_spark.config.settings import Settings
from rfmf_spark.ledger.clean_source import IS_PURCHASE, CleanSource, clean_source, open_input
from rfmf_spark.ledger.cleaning import (
    EARLIEST_DATE,
    REASON,
    classify_nav,
    classify_products,
    classify_trades,
)
from rfmf_spark.ledger.fee_curve import (
    MONEY_MARKET,
    FeeCurves,
    accrued_rates,
    build_fee_curves,
    curves_in_spark,
    day_number,
)
from rfmf_spark.ledger.income import split_values, without_credited
from rfmf_spark.ledger.opening import clean_opening
from rfmf_spark.ledger.parsing import RAW
from rfmf_spark.ledger.profiles import clean_profiles
from rfmf_spark.ledger.reconciliation import OutcomeTotals
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.schemas.inputs import (
    AMOUNT_TRADE_COLUMNS,
    NAV_COLUMNS,
    PRODUCT_COLUMNS,
    TRADE_COLUMNS,
)
from rfmf_spark.schemas.reasons import EXCLUDING_REASONS
from rfmf_spark.session.small_data import to_spark

_KNOWN_SCHEMA = StructType(
    [
        StructField("product_id", StringType()),
        StructField("has_nav", BooleanType()),
        StructField("inception_date", DateType()),
    ]
)


@dataclass(frozen=True)
class CleanLedger:
    """Clean trades, the fee curves of their products (None without holdings), and the sources.

    At the end of a ``with`` block it lets go of what was kept in memory.

    ``count_purchases`` gives those of trades and opening together. ``opening`` is what trades
    before the ledger have left (see ``opening_state``), to be added to the holdings from
    ``trades``, which the last of ``sources`` has brought; ``profiles`` are accepted ones.
    """

    trades: DataFrame
    curves: FeeCurves | None
    sources: tuple[CleanSource, ...]
    count_purchases: Callable[[], Totals]
    opening: DataFrame | None = None
    profiles: DataFrame | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.release()

    def mark_read(self) -> None:
        """Say that an action has read all trades: their totals have come with it."""
        if self.sources:
            self.sources[-1].was_read = True

    @cached_property
    def purchases(self) -> Totals:
        """Purchases of trades and opening together; ask once the trades have been read."""
        return self.count_purchases()

    @property
    def outcomes(self) -> list[OutcomeTotals]:
        """Outcomes of all inputs."""
        return [outcome for source in self.sources for outcome in source.outcomes]

    @property
    def versions(self) -> dict[str, Any]:
        """What was read: path, format and version by input."""
        return {source.source.name: source.source.version for source in self.sources}

    def quarantine(self) -> DataFrame | None:
        """Bad rows as they came: ``source``, ``reason``, ``record`` (JSON); None without any."""
        bad = {outcome.source for outcome in self.outcomes if outcome.outcome == "quarantined"}
        frames = [_quarantine_rows(source) for source in self.sources if source.source.name in bad]
        return reduce(DataFrame.unionByName, frames) if frames else None

    def release(self) -> None:
        """Let go of what was kept in memory."""
        for source in self.sources:
            source.release()


def clean_ledger(spark: SparkSession, settings: Settings, as_of: dt.date) -> CleanLedger:
    """Open and clean all inputs. Raises ``InputRefusedError`` for an input that is unusable.

    Fees and holdings need NAVs and products; the basis ``amount`` does without them. Trades are
    judged where they are used: what became of them is known when all have been read.
    """
    valued = _clean_values(spark, settings, as_of) if values_positions(settings) else None
    known = valued.known if valued else None
    opening = clean_opening(spark, settings, as_of, known)
    opened_on = opening.day if opening else None
    profiles = clean_profiles(spark, settings, as_of)
    has_income = valued is not None and not valued.income.empty
    trades = _clean_trades(spark, settings, as_of, known, opened_on, has_income)
    earliest = opened_on or min(trades.earliest or as_of, as_of)
    curves = None
    if valued:
        income = without_credited(valued.income, trades.accepted)
        curves = _build_curves(spark, settings, valued, income, earliest, as_of)
    opened = opening.source if opening else None
    others = [source for source in (opened, profiles) if source is not None]
    return CleanLedger(
        trades=trades.accepted,
        curves=curves,
        sources=(*(valued.sources if valued else ()), *others, trades),
        count_purchases=lambda: trades.purchases + (opening.purchases() if opening else Totals()),
        opening=opening.state(curves) if opening else None,
        profiles=profiles.accepted if profiles else None,
    )


@dataclass(frozen=True)
class _ProductValues:
    """Products and NAVs: cleaned, in memory, and which products a trade may have."""

    sources: tuple[CleanSource, CleanSource]
    products: pd.DataFrame
    nav: pd.DataFrame
    income: pd.DataFrame
    known: DataFrame


def _clean_values(spark: SparkSession, settings: Settings, as_of: dt.date) -> _ProductValues:
    products = open_input(spark, settings, "products", PRODUCT_COLUMNS)
    clean_products = clean_source(
        products,
        lambda rows: classify_products(rows, products.mapping),
        ("product_id", "effective_from"),
    )
    nav = open_input(spark, settings, "nav", NAV_COLUMNS)
    clean_nav = clean_source(
        nav, lambda rows: classify_nav(rows, as_of, nav.mapping), ("product_id", "nav_date")
    )
    product_table, nav_table = _collect_products(clean_products), _collect_nav(clean_nav)
    clean_products.was_read = clean_nav.was_read = True
    money_funds = set(product_table.loc[_is_money(product_table), "product_id"])
    values, income = split_values(nav_table, money_funds)
    known = _known_products(spark, product_table, values)
    return _ProductValues((clean_products, clean_nav), product_table, values, income, known)


def _build_curves(
    spark: SparkSession,
    settings: Settings,
    valued: _ProductValues,
    income: pd.DataFrame,
    earliest: dt.date,
    as_of: dt.date,
) -> FeeCurves:
    rates = accrued_rates(valued.products, basis_of(settings.features).rates)
    first_day, day_count = day_number(earliest), settings.features.day_count
    curves = build_fee_curves(valued.nav, rates, first_day, as_of, day_count, income)
    return curves_in_spark(spark, curves)


def _clean_trades(
    spark: SparkSession,
    settings: Settings,
    as_of: dt.date,
    known: DataFrame | None,
    opened_on: dt.date | None,
    has_income: bool,
) -> CleanSource:
    columns = AMOUNT_TRADE_COLUMNS if known is None else TRADE_COLUMNS
    source = open_input(spark, settings, "trades", columns)
    is_purchase = F.col("trade_type").isin(list(purchase_types(settings.features)))
    quality, window_start = settings.quality, settings.features.window_start

    def classify(rows: DataFrame) -> DataFrame:
        judged = classify_trades(
            rows, known, as_of, quality, source.mapping, window_start, opened_on
        )
        return judged.withColumn(IS_PURCHASE, F.coalesce(is_purchase, F.lit(False)))

    counts_twice = not settings.features.counts_every_purchase
    keep = has_income or counts_twice or settings.output.write_holdings
    bounds = (EARLIEST_DATE, quality.company_start, window_start)
    earliest = max(bound for bound in bounds if bound is not None)
    return clean_source(source, classify, ("trade_id",), keep=keep, earliest=earliest)


def _collect_products(products: CleanSource) -> pd.DataFrame:
    columns = products.accepted.select(
        "product_id",
        "product_type",
        "management_fee_rate",
        "sales_service_fee_rate",
        "trailing_commission_rate",
        "inception_date",
        F.unix_date("effective_from").alias("effective_day"),
    )
    return columns.toPandas()


def _collect_nav(nav: CleanSource) -> pd.DataFrame:
    columns = nav.accepted.select(
        "product_id", F.unix_date("nav_date").alias("nav_day"), "unit_nav", "income_per_10k"
    )
    return columns.toPandas()


def _known_products(spark: SparkSession, products: pd.DataFrame, nav: pd.DataFrame) -> DataFrame:
    """Known products and whether they have a value: a NAV row, or a money fund's face value."""
    has_value = _is_money(products) | products["product_id"].isin(set(nav["product_id"]))
    valued = products.assign(has_nav=has_value).groupby("product_id", as_index=False)
    known = valued.agg({"has_nav": "any", "inception_date": "min"})
    return to_spark(spark, known, _KNOWN_SCHEMA)


def _is_money(products: pd.DataFrame) -> pd.Series[bool]:
    return products["product_type"].str.strip().str.lower() == MONEY_MARKET


def _quarantine_rows(source: CleanSource) -> DataFrame:
    bad = source.rejected.where(~F.col(REASON).isin(list(EXCLUDING_REASONS)))
    return bad.select(
        F.lit(source.source.name).alias("source"),
        F.col(REASON),
        F.to_json(_with_decimals_as_text(bad, RAW)).alias("record"),
    )


def _with_decimals_as_text(rows: DataFrame, name: str) -> Column:
    """A column whose decimals keep all their places, which not every engine writes as numbers."""

    def as_text(found: DataType) -> DataType:
        if isinstance(found, DecimalType):
            return StringType()
        if isinstance(found, ArrayType):
            return ArrayType(as_text(found.elementType), found.containsNull)
        if isinstance(found, StructType):
            fields = [
                StructField(field.name, as_text(field.dataType), field.nullable)
                for field in found.fields
            ]
            return StructType(fields)
        return found

    return F.col(name).cast(as_text(rows.schema[name].dataType))
