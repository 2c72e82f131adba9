"""Holdings: the additive state per user and product that recency, frequency and fees come from.

Trades are linear in the fee: ``MF(T) = units held × C(T) − Σ ± units × C(t)``. The state (units,
fee offset Σ, purchases) does not depend on the business date, and a new trade only adds to it; MF
itself is taken from it in ``user_features.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rfmf_spark.features.fee_curve import FeeCurves
from rfmf_spark.features.lots import add_principal_days
from rfmf_spark.features.opening_rows import PRINCIPAL_DAYS_BEFORE, add_opening
from rfmf_spark.features.purchases import FeatureOptions, add_frequency, purchase_date
from rfmf_spark.ledger.fixed_point import CENT_E8, multiply_units, normalise_units, to_decimal
from rfmf_spark.ledger.trade_types import brings_principal, signed_units
from rfmf_spark.schemas.types import MONEY, UNITS, VALUE
from rfmf_spark.session.exact import difference_of, product_of, sum_of

# What is asked of trades beside their change of units and money.
_KEPT_AS_THEY_ARE = ("trade_id", "application_date", "order_id", "fee_cents")


def build_holdings(
    trades: DataFrame,
    curves: FeeCurves | None,
    purchases: Sequence[str],
    options: FeatureOptions,
    opening: DataFrame | None = None,
) -> DataFrame:
    """Holdings per user and product from clean trades.

    Result: ``user_id``, ``product_id``, ``units_e4``, ``fee_offset_e8`` (Σ ± units × C(t), rounded
    half up per trade to 1e-8 yuan; less transaction fees where the basis takes them),
    ``purchases``, ``first_purchase_date``, ``last_purchase_date``, ``purchase_cents``,
    ``frequency`` (right in its sum per user) and ``principal_days`` (cent·days up to the
    business date; null where the basis has no lots). Without ``curves`` units and fee offset are
    null and there is one row per user. Of products whose units grow by income, ``units_e4`` counts
    units ÷ growth at the trade: they have become ``units_e4`` × growth. One shuffle, by user,
    serves this and the aggregation per user.

    ``opening`` (see ``opening_state``) is added to what the trades bring, before the shuffle.
    """
    priced = _price_trades(trades, curves, options) if curves is not None else _unpriced(trades)
    contributions = _keep_summed(priced, purchases, options)
    dates = {"first": F.col("purchase_date"), "last": F.col("purchase_date")}
    number = F.count("purchase_date")
    if opening is not None:
        contributions = add_opening(contributions, opening, has_lots=options.basis.has_lots)
        dates = {"first": F.col("first_purchase_date"), "last": F.col("last_purchase_date")}
        number = sum_of(contributions, "purchases")
    by_user = contributions.repartition("user_id")
    summable = _add_summable(by_user, options, is_opened=opening is not None)
    sums = []
    if not options.counts_every_purchase:
        sums.append(sum_of(summable, "frequency").alias("frequency"))
    if options.basis.has_lots:
        sums.append(sum_of(summable, "principal_days").alias("principal_days"))
    holdings = summable.groupBy("user_id", "product_id").agg(
        sum_of(summable, "units_e4").alias("units_e4"),
        sum_of(summable, "fee_offset_e8").alias("fee_offset_e8"),
        number.alias("purchases"),
        F.min(dates["first"]).alias("first_purchase_date"),
        F.max(dates["last"]).alias("last_purchase_date"),
        sum_of(summable, "purchase_cents").alias("purchase_cents"),
        *sums,
    )
    return _with_fixed_columns(holdings, options)


def _with_fixed_columns(holdings: DataFrame, options: FeatureOptions) -> DataFrame:
    """What was not summed by itself follows from the other sums, or is unknown."""
    added = {}
    if options.counts_every_purchase:
        added["frequency"] = F.col("purchases")
    if not options.basis.has_lots:
        added["principal_days"] = F.lit(None).cast("bigint")
    return holdings.withColumns(added)


def _keep_summed(priced: DataFrame, purchases: Sequence[str], options: FeatureOptions) -> DataFrame:
    """Only what is summed or sorted by: the shuffle carries nothing else."""
    bought_on = purchase_date(purchases)
    cents = F.col("amount_cents")
    columns = [
        F.col("user_id"),
        F.col("product_id"),
        F.col("units_e4"),
        F.col("fee_offset_e8"),
        bought_on.alias("purchase_date"),
        F.when(bought_on.isNotNull(), cents).otherwise(F.lit(0)).alias("purchase_cents"),
    ]
    if options.frequency_unit == "order":
        columns.append(F.col("order_id"))
    if options.basis.has_lots:
        principal = F.when(brings_principal(F.col("trade_type")), cents).otherwise(F.lit(0))
        columns += [F.col("trade_id"), F.col("trade_date"), principal.alias("principal_cents")]
    return priced.select(*columns)


def _add_summable(trades: DataFrame, options: FeatureOptions, *, is_opened: bool) -> DataFrame:
    """What is not a plain sum of trades, as columns that can be summed."""
    summable = trades
    if not options.counts_every_purchase:
        summable = add_frequency(summable, options)
    if options.basis.has_lots:
        summable = add_principal_days(summable, options.as_of)
        if is_opened:
            so_far = F.coalesce(F.col(PRINCIPAL_DAYS_BEFORE), F.lit(0))
            summable = summable.withColumn("principal_days", F.col("principal_days") + so_far)
    return summable


def _price_trades(trades: DataFrame, curves: FeeCurves, options: FeatureOptions) -> DataFrame:
    """Trades with their change of units and of the fee offset."""
    by_day = curves.rows.select("product_id", "first_day", "fee_curve", "growth")
    joined = trades.join(F.broadcast(by_day), on="product_id", how="inner")
    change = signed_units(F.col("trade_type"), F.coalesce(F.col("units_e4"), F.lit(0)))
    index = F.unix_date("trade_date") - F.col("first_day") + F.lit(1)
    fee_per_unit = F.element_at("fee_curve", index)
    if curves.grows:
        change = normalise_units(change, F.element_at("growth", index))
    changed = joined.select(
        "user_id",
        "product_id",
        "trade_date",
        "trade_type",
        F.coalesce(F.col("amount_cents"), F.lit(0)).alias("amount_cents"),
        change.alias("units_e4"),
        fee_per_unit.alias("fee_e16"),
        *_KEPT_AS_THEY_ARE,
    )
    fee_offset = multiply_units(changed, F.col("units_e4"), F.col("fee_e16"))
    if options.basis.takes_transaction_fees:
        paid = product_of(changed, F.coalesce(F.col("fee_cents"), F.lit(0)), F.lit(CENT_E8))
        fee_offset = difference_of(changed, fee_offset, paid)
    return changed.withColumn("fee_offset_e8", fee_offset)


def _unpriced(trades: DataFrame) -> DataFrame:
    return trades.select(
        "user_id",
        F.lit(None).cast("string").alias("product_id"),
        "trade_date",
        "trade_type",
        F.coalesce(F.col("amount_cents"), F.lit(0)).alias("amount_cents"),
        F.lit(None).cast("bigint").alias("units_e4"),
        F.lit(None).cast("bigint").alias("fee_offset_e8"),
        *_KEPT_AS_THEY_ARE,
    )


def publish_holdings(holdings: DataFrame) -> DataFrame:
    """Holdings as rows of the table ``holdings``: units and yuan as decimals."""
    return holdings.select(
        "user_id",
        "product_id",
        to_decimal(F.col("units_e4"), 4, UNITS).alias("units"),
        to_decimal(F.col("fee_offset_e8"), 8, VALUE).alias("fee_offset"),
        "purchases",
        "first_purchase_date",
        "last_purchase_date",
        to_decimal(F.col("purchase_cents"), 2, MONEY).alias("cumulative_amount"),
    )
