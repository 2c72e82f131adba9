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
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DateType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.cleaning import (
    CORRECTABLE_REASONS,
    EXCLUDING_REASONS,
    REASON,
    classify_nav,
    classify_products,
    classify_trades,
)
from rfmf_spark.ledger.fee_curve import (
    MONEY_MARKET,
    build_fee_curves,
    day_number,
    net_revenue_rates,
)
from rfmf_spark.ledger.mapping import mapping_of
from rfmf_spark.ledger.parsing import RAW, parse_columns
from rfmf_spark.ledger.reconciliation import (
    OutcomeTotals,
    Totals,
    check_equal,
    measure,
    outcomes_of,
)
from rfmf_spark.ledger.repeats import (
    FORMER_REASON,
    find_repeated_keys,
    label_repeats,
    without_repeats,
)
from rfmf_spark.ledger.sources import Source, open_source, refuse_unreadable_files
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.schemas import (
    AMOUNT_TRADE_COLUMNS,
    NAV_COLUMNS,
    PRODUCT_COLUMNS,
    TRADE_COLUMNS,
    InputColumn,
)
from rfmf_spark.small_data import to_spark

_CURVE_SCHEMA = StructType(
    [
        StructField("product_id", StringType()),
        StructField("first_day", IntegerType()),
        StructField("fee_curve", ArrayType(LongType())),
        StructField("fee_at_as_of", LongType()),
        StructField("nav_at_as_of", LongType()),
    ]
)
_KNOWN_SCHEMA = StructType(
    [
        StructField("product_id", StringType()),
        StructField("has_nav", BooleanType()),
        StructField("inception_date", DateType()),
    ]
)

IS_PURCHASE = "is_purchase"


@dataclass(frozen=True)
class CleanSource:
    """One input after cleaning: rows that count, rows that do not, and the totals of both.

    ``earliest`` is no later than the first accepted trade; ``purchases`` are accepted ones.
    """

    source: Source
    came_in: Totals
    accepted: DataFrame
    rejected: DataFrame
    outcomes: tuple[OutcomeTotals, ...]
    earliest: dt.date | None
    purchases: Totals
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

    Fees and holdings need NAVs and products; the basis ``amount`` does without them.
    """
    inputs = settings.input
    values_holdings = settings.features.basis != "amount" or bool(inputs.nav and inputs.products)
    if not values_holdings:
        trades = _clean_trades(spark, settings, as_of, None)
        return CleanLedger(trades.accepted, None, (trades,), trades.purchases)
    products = open_input(spark, settings, "products", PRODUCT_COLUMNS)
    classified = classify_products(products.rows, products.mapping)
    clean_products = clean_source(products, classified, ("product_id", "effective_from"))
    nav = open_input(spark, settings, "nav", NAV_COLUMNS)
    classified = classify_nav(nav.rows, as_of, nav.mapping)
    clean_nav = clean_source(nav, classified, ("product_id", "nav_date"))
    product_table, nav_table = _collect_products(clean_products), _collect_nav(clean_nav)
    known = _known_products(spark, product_table, nav_table)
    trades = _clean_trades(spark, settings, as_of, known)
    earliest = trades.earliest or as_of
    rates = product_table
    if settings.features.basis == "net_revenue":
        rates = net_revenue_rates(product_table)
    curves = build_fee_curves(
        nav_table, rates, day_number(earliest), as_of, settings.features.day_count
    )
    return CleanLedger(
        trades=trades.accepted,
        curves=to_spark(spark, curves, _CURVE_SCHEMA),
        sources=(clean_products, clean_nav, trades),
        purchases=trades.purchases,
    )


def open_input(
    spark: SparkSession, settings: Settings, name: str, columns: Sequence[InputColumn]
) -> Source:
    """Open the input ``name`` of the configuration, with its mapping."""
    mapping = mapping_of(settings.input, name, columns)
    path = getattr(settings.input, name)
    return open_source(spark, name, path, columns, settings.input, mapping)


def _clean_trades(
    spark: SparkSession, settings: Settings, as_of: dt.date, known: DataFrame | None
) -> CleanSource:
    columns = AMOUNT_TRADE_COLUMNS if known is None else TRADE_COLUMNS
    source = open_input(spark, settings, "trades", columns)
    is_purchase = F.col("trade_type").isin(list(purchase_types(settings.features)))
    classified = classify_trades(
        source.rows,
        known,
        as_of,
        settings.quality,
        source.mapping,
        settings.features.window_start,
    )
    marked = classified.withColumn(IS_PURCHASE, F.coalesce(is_purchase, F.lit(False)))
    return clean_source(source, marked, ("trade_id",))


def clean_source(source: Source, classified: DataFrame, key: Sequence[str]) -> CleanSource:
    """Apply row rules, then the rule for repeated keys, and take the totals of every outcome."""
    with refuse_unreadable_files(source.name):
        parsed = parse_columns(source.rows, source.columns, source.mapping)
        came_in = measure(parsed).get((), Totals())
    if came_in.rows == 0:
        raise InputRefusedError(
            f"input.{source.name}: {source.version['path']} has no rows; correct the path, or "
            f"check the job that writes it"
        )
    counted = _measure_outcomes(classified, REASON)
    is_correctable = F.col(REASON).isNull() | F.col(REASON).isin(list(CORRECTABLE_REASONS))
    candidates = classified.where(is_correctable)
    repeated = find_repeated_keys(candidates, key).persist()
    settled = classified
    if not repeated.isEmpty():
        content = [column.name for column in source.columns]
        version = "updated_at" if "updated_at" in content else None
        labelled = label_repeats(candidates, repeated, key, content, version)
        for (former, reason, is_purchase), totals in _measure_changes(labelled).items():
            counted[former, is_purchase] -= totals
            counted[reason, is_purchase] = counted.get((reason, is_purchase), Totals()) + totals
        settled = (
            classified.where(~is_correctable)
            .unionByName(without_repeats(candidates, repeated, key))
            .unionByName(labelled.drop(FORMER_REASON))
        )
        # What was moved between outcomes on paper must be what is there to go on with.
        remaining = measure(settled.where(F.col(REASON).isNull())).get((), Totals())
        check_equal(f"input.{source.name}", _by_reason(counted).get(None, Totals()), remaining)
    return CleanSource(
        source=source,
        came_in=came_in,
        accepted=settled.where(F.col(REASON).isNull()),
        rejected=settled.where(F.col(REASON).isNotNull()),
        outcomes=tuple(outcomes_of(source.name, _by_reason(counted))),
        earliest=_earliest_accepted(counted),
        purchases=counted.get((None, True), Totals()),
        repeated=repeated,
    )


def _measure_outcomes(rows: DataFrame, *reasons: str) -> dict[tuple[Any, ...], Totals]:
    """Totals by reason (None: the row counts) and by whether the row is a purchase."""
    marked = rows if IS_PURCHASE in rows.columns else rows.withColumn(IS_PURCHASE, F.lit(False))
    return measure(marked, *reasons, IS_PURCHASE)


def _measure_changes(labelled: DataFrame) -> dict[tuple[Any, ...], Totals]:
    """Totals of the rows whose reason has changed, by old and new reason."""
    changed = labelled.where(~F.col(REASON).eqNullSafe(F.col(FORMER_REASON)))
    return _measure_outcomes(changed, FORMER_REASON, REASON)


def _earliest_accepted(counted: dict[tuple[Any, ...], Totals]) -> dt.date | None:
    dates = [totals.earliest for (reason, _), totals in counted.items() if reason is None]
    return min((date for date in dates if date is not None), default=None)


def _by_reason(counted: dict[tuple[Any, ...], Totals]) -> dict[str | None, Totals]:
    summed: dict[str | None, Totals] = {}
    for (reason, _), totals in counted.items():
        summed[reason] = summed.get(reason, Totals()) + totals
    return summed


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
        "product_id", F.unix_date("nav_date").alias("nav_day"), "unit_nav"
    )
    return columns.toPandas()


def _known_products(spark: SparkSession, products: pd.DataFrame, nav: pd.DataFrame) -> DataFrame:
    """Known products and whether they have a value: a NAV row, or a money fund's face value."""
    is_money = products["product_type"].str.strip().str.lower() == MONEY_MARKET
    has_value = is_money | products["product_id"].isin(set(nav["product_id"]))
    valued = products.assign(has_nav=has_value).groupby("product_id", as_index=False)
    known = valued.agg({"has_nav": "any", "inception_date": "min"})
    return to_spark(spark, known, _KNOWN_SCHEMA)


def _quarantine_rows(source: CleanSource) -> DataFrame:
    bad = source.rejected.where(~F.col(REASON).isin(list(EXCLUDING_REASONS)))
    return bad.select(
        F.lit(source.source.name).alias("source"),
        F.col(REASON),
        F.to_json(RAW).alias("record"),
    )
