"""Purchases: which trades are one, on which day, and how frequency counts them.

What a purchase does to units and money is in ``holdings.py``; which types are purchases in
``ledger/trade_types.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from rfmf_spark.config.bases import BASES, BasisOfValue, basis_of
from rfmf_spark.config.sections.features import FeatureSettings, FrequencyUnit
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.session.exact import sum_of


@dataclass(frozen=True)
class FeatureOptions:
    """What holdings are measured for, beyond fee and number of purchases, at a business date."""

    as_of: dt.date
    basis: BasisOfValue = BASES["management_fee"]
    frequency_unit: FrequencyUnit = "trade"
    window_days: int | None = None

    @property
    def counts_every_purchase(self) -> bool:
        """Whether frequency is simply the number of all purchases."""
        return self.frequency_unit == "trade" and self.window_days is None


def feature_options(settings: FeatureSettings, as_of: dt.date) -> FeatureOptions:
    """What the configuration asks for."""
    return FeatureOptions(as_of, basis_of(settings), settings.frequency_unit, settings.window_days)


def purchase_date(purchases: Sequence[str]) -> Column:
    """Day on which a purchase was ordered, or else confirmed; null for any other trade."""
    is_purchase = F.col("trade_type").isin(list(purchases))
    return F.when(is_purchase, F.coalesce("application_date", "trade_date"))


def add_frequency(trades: DataFrame, options: FeatureOptions) -> DataFrame:
    """Trades with ``frequency``: 1 where a purchase, order or day is met first, else 0.

    ``trades``: ``user_id``, ``product_id``, ``purchase_date`` and, for orders, ``order_id``. Sums
    of it per user are right, and one shuffle by user is enough for them: an order, or a day, of
    several products counts with the first of these.
    """
    counts = _is_counted(options)
    if options.frequency_unit != "trade":
        name = "order_id" if options.frequency_unit == "order" else "purchase_date"
        key = F.when(counts, F.col(name))
        same = Window.partitionBy("user_id", key).orderBy("product_id")
        counts = counts & (key.isNull() | (F.row_number().over(same) == 1))
    return trades.withColumn("frequency", counts.cast("bigint"))


def total_purchases(trades: DataFrame, purchases: Sequence[str], options: FeatureOptions) -> Totals:
    """What frequency (``rows``) and purchase amounts (cents) of all users must add up to.

    Counted from the trades themselves, apart from holdings. Users without a purchase in the window
    have no features, and do not count.
    """
    bought = trades.withColumn("purchase_date", purchase_date(purchases))
    counts = _is_counted(options)
    match options.frequency_unit:
        case "trade":
            frequency = F.count_if(counts)
        case "order":
            order = F.col("order_id")
            frequency = F.count_distinct(F.when(counts, order)) + F.count_if(
                counts & order.isNull()
            )
        case "day":
            frequency = F.count_distinct(F.when(counts, F.col("purchase_date")))
    users = (
        bought.where(F.col("purchase_date").isNotNull())
        .groupBy("user_id")
        .agg(frequency.alias("frequency"), sum_of(bought, "amount_cents").alias("cents"))
        .where(F.col("frequency") > 0)
    )
    row = users.agg(sum_of(users, "frequency"), sum_of(users, "cents")).collect()[0]
    return Totals(int(row[0] or 0), int(row[1] or 0))


def _is_counted(options: FeatureOptions) -> Column:
    is_purchase = F.col("purchase_date").isNotNull()
    if options.window_days is None:
        return is_purchase
    first_day = options.as_of - dt.timedelta(days=options.window_days)
    return is_purchase & (F.col("purchase_date") >= F.lit(first_day))
