"""The clean ledger: all inputs opened, their rows judged, products valued by fee curves.

Single rules live in ``cleaning.py``, repeated keys in ``repeats.py``, totals in ``totals.py``; here
they are applied to all inputs in order. What became of every row is told to whoever reads them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Self, TypeVar

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, DateType, StringType, StructField, StructType

from rfmf_spark.config.bases import basis_of, values_positions
from rfmf_spark.config.settings import Settings
from rfmf_spark.ledger.audit import Audit, LedgerAudit
from rfmf_spark.ledger.clean_source import IS_PURCHASE, CleanSource, clean_source, open_input
from rfmf_spark.ledger.cleaning import (
    EARLIEST_DATE,
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
from rfmf_spark.ledger.opening import CleanOpening, clean_opening
from rfmf_spark.ledger.profiles import clean_profiles
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.schemas.inputs import (
    AMOUNT_TRADE_COLUMNS,
    NAV_COLUMNS,
    PRODUCT_COLUMNS,
    TRADE_COLUMNS,
)
from rfmf_spark.session.small_data import to_spark

T = TypeVar("T")

_KNOWN_SCHEMA = StructType(
    [
        StructField("product_id", StringType()),
        StructField("has_nav", BooleanType()),
        StructField("inception_date", DateType()),
    ]
)


@dataclass(frozen=True)
class LedgerRows:
    """What features are made of: clean trades, or given features in their place, and what goes by.

    ``curves`` are those of the products (None without holdings), ``opening`` is what trades before
    the ledger have left (see ``opening_state``), to be added to the holdings from ``trades``;
    ``profiles`` are accepted ones.
    """

    trades: DataFrame
    curves: FeeCurves | None
    opening: DataFrame | None = None
    profiles: DataFrame | None = None


class ReadSource(NamedTuple):
    """An input that has been read whole, and what has become of its rows."""

    clean: CleanSource
    audit: Audit


@dataclass(frozen=True)
class CleanLedger:
    """All inputs, judged: trades (or given features), and what they are judged and valued by.

    ``in_memory`` are the inputs that trades are judged by. At the end of a ``with`` block the
    ledger lets go of what it has kept.
    """

    trades: CleanSource
    in_memory: tuple[ReadSource, ...] = ()
    curves: FeeCurves | None = None
    opening: CleanOpening | None = None
    profiles: CleanSource | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.release()

    @property
    def rows(self) -> LedgerRows:
        """All that counts, for a reader who needs no totals."""
        return self._rows_with(self.trades.accepted)

    def read(self, action: Callable[[LedgerRows], T]) -> tuple[T, LedgerAudit]:
        """What ``action`` makes of the rows that count, and what became of all rows of all inputs.

        ``action`` reads all trades by an action of Spark; see ``CleanSource.read``.
        """
        result, audit = self.trades.read(lambda trades: action(self._rows_with(trades)))
        return result, self._with_others(audit)

    def count(self) -> LedgerAudit:
        """What became of all rows, counted by jobs of their own."""
        return self._with_others(self.trades.count())

    @property
    def sources(self) -> tuple[CleanSource, ...]:
        """All inputs, in the order in which they are told; trades come last."""
        return (*[read.clean for read in self.in_memory], *self._beside, self.trades)

    def release(self) -> None:
        """Let go of what was kept in memory."""
        for source in self.sources:
            source.release()

    @property
    def _beside(self) -> tuple[CleanSource, ...]:
        opening = self.opening.source if self.opening else None
        return tuple(source for source in (opening, self.profiles) if source is not None)

    def _rows_with(self, trades: DataFrame) -> LedgerRows:
        opening = self.opening.state(self.curves) if self.opening else None
        profiles = self.profiles.accepted if self.profiles else None
        return LedgerRows(trades, self.curves, opening, profiles)

    def _with_others(self, trades: Audit) -> LedgerAudit:
        others = [source.count() for source in self._beside]
        opened = self.opening.purchases() if self.opening else Totals()
        before = [read.audit for read in self.in_memory]
        return LedgerAudit((*before, *others, trades), trades.purchases + opened)


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
    return CleanLedger(trades, valued.sources if valued else (), curves, opening, profiles)


@dataclass(frozen=True)
class _ProductValues:
    """Products and NAVs: cleaned, in memory, and which products a trade may have."""

    sources: tuple[ReadSource, ReadSource]
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
    product_table, products_audit = clean_products.read(_collect_products)
    nav_table, nav_audit = clean_nav.read(_collect_nav)
    money_funds = set(product_table.loc[_is_money(product_table), "product_id"])
    values, income = split_values(nav_table, money_funds)
    known = _known_products(spark, product_table, values)
    sources = ReadSource(clean_products, products_audit), ReadSource(clean_nav, nav_audit)
    return _ProductValues(sources, product_table, values, income, known)


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


def _collect_products(products: DataFrame) -> pd.DataFrame:
    columns = products.select(
        "product_id",
        "product_type",
        "management_fee_rate",
        "sales_service_fee_rate",
        "trailing_commission_rate",
        "inception_date",
        F.unix_date("effective_from").alias("effective_day"),
    )
    return columns.toPandas()


def _collect_nav(nav: DataFrame) -> pd.DataFrame:
    columns = nav.select(
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
