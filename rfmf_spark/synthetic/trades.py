"""From purchases to trades, row by row and without a shuffle.

Every purchase carries its own fate: it may be redeemed in part or converted as a whole, and what
is left of it is redeemed when its user leaves. So units never fall below zero, and no row has to
look at another one.
"""

from __future__ import annotations

from decimal import Decimal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.synthetic.archetypes import (
    CONVERSION_SHARE,
    PARTIAL_PERCENTAGES,
    PARTIAL_REDEMPTION_SHARE,
)
from rfmf_spark.synthetic.lookup import value_at
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import Catalog
from rfmf_spark.synthetic.purchases import cents_paid, draw_purchases, units_bought
from rfmf_spark.synthetic.randomness import integer_below, opaque_id, uniform_draw

_LEGS = 4
"""Trades that one purchase can lead to: the purchase, a partial redemption or conversion out, a
conversion in, the final redemption. The functions below give their values in this order."""


def build_trades(
    spark: SparkSession, users: DataFrame, plan: LedgerPlan, catalog: Catalog
) -> DataFrame:
    """One row per confirmed trade of the users of ``draw_users``.

    Columns: trade_id, user_id, product_id, trade_date, trade_type, amount decimal(18,2) yuan,
    units decimal(20,4), application_date (the trading day before), channel.
    """
    return (
        draw_purchases(users, plan, catalog)
        .transform(_add_exit_days, plan, catalog)
        .transform(_add_conversion_target, plan, catalog)
        .transform(_add_nav, _nav_by_product(spark, catalog))
        .transform(_add_sums, plan)
        .transform(_explode_legs)
        .transform(_select_trades, plan, catalog)
    )


def _add_exit_days(purchases: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    number = F.col("purchase_number")
    first_nav_day = value_at(catalog.first_nav_days, F.col("product"))
    # A new product is closed to redemptions until it is valued.
    first_exit_day = F.greatest(F.col("day") + 1, first_nav_day)
    final_day = F.greatest(F.col("leave_day"), F.col("first_exit_day"))
    is_inside = F.col("leave_day").isNotNull() & (final_day < len(catalog.days))
    until = F.coalesce(F.col("final_day"), F.lit(len(catalog.days)))
    days_between = until - F.col("first_exit_day")
    some_day = F.col("first_exit_day") + integer_below(days_between, plan.seed, "exit", number)
    draw = uniform_draw(plan.seed, "fate", number)
    has_change = (draw < CONVERSION_SHARE + PARTIAL_REDEMPTION_SHARE) & (days_between > 0)
    return (
        purchases.withColumn("first_exit_day", first_exit_day)
        .withColumn("final_day", F.when(is_inside, final_day))
        .withColumn("change_day", F.when(has_change, some_day))
        .withColumn("is_converted", has_change & (draw < CONVERSION_SHARE))
    )


def _add_conversion_target(purchases: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    product, target = F.col("product"), F.col("drawn_target")
    further = integer_below(plan.products - 1, plan.seed, "target", F.col("purchase_number"))
    target_is_open = value_at(catalog.first_nav_days, target) <= F.col("change_day")
    # Products 0 and 1 are always open.
    fallback = F.when(product == 0, F.lit(1)).otherwise(F.lit(0))
    return purchases.withColumn("drawn_target", (product + 1 + further) % plan.products).withColumn(
        "target",
        F.when(~F.col("is_converted"), product).when(target_is_open, target).otherwise(fallback),
    )


def _nav_by_product(spark: SparkSession, catalog: Catalog) -> DataFrame:
    rows = [(number, path) for number, path in enumerate(catalog.period_nav.tolist())]
    return spark.createDataFrame(rows, "nav_product int, nav array<long>")


def _add_nav(purchases: DataFrame, nav: DataFrame) -> DataFrame:
    own = nav.select(F.col("nav_product").alias("product"), F.col("nav").alias("own_nav"))
    aim = nav.select(F.col("nav_product").alias("target"), F.col("nav").alias("target_nav"))
    # Left joins although every product has a path: inner ones would make Spark repeat the whole
    # derivation of the keys in a filter on their not being null.
    with_paths = purchases.join(F.broadcast(own), on="product", how="left").join(
        F.broadcast(aim), on="target", how="left"
    )
    return with_paths.withColumns(
        {
            "nav_bought": F.get("own_nav", F.col("day")),
            "nav_changed": F.get("own_nav", F.col("change_day")),
            "nav_entered": F.get("target_nav", F.col("change_day")),
            "nav_left": F.get("target_nav", F.col("final_day")),
        }
    ).drop("own_nav", "target_nav")


def _add_sums(purchases: DataFrame, plan: LedgerPlan) -> DataFrame:
    number, units = F.col("purchase_number"), F.col("units")
    choice = integer_below(len(PARTIAL_PERCENTAGES), plan.seed, "part", number)
    part = F.call_function("div", units * value_at(PARTIAL_PERCENTAGES, choice), F.lit(100))
    changed_units = F.when(F.col("is_converted"), units).otherwise(part)
    left_units = F.when(F.col("is_converted"), F.col("units_entered")).otherwise(
        units - F.coalesce(F.col("units_changed"), F.lit(0))
    )
    return (
        purchases.withColumn("units", units_bought(F.col("cents"), F.col("nav_bought")))
        .withColumn("units_changed", F.when(F.col("change_day").isNotNull(), changed_units))
        .withColumn("cents_changed", cents_paid(F.col("units_changed"), F.col("nav_changed")))
        .withColumn("units_entered", units_bought(F.col("cents_changed"), F.col("nav_entered")))
        .withColumn("units_left", left_units)
        .withColumn("cents_left", cents_paid(F.col("units_left"), F.col("nav_left")))
    )


def _explode_legs(purchases: DataFrame) -> DataFrame:
    is_changed, is_left = F.col("change_day").isNotNull(), F.col("final_day").isNotNull()
    happens = _by_leg(F.lit(True), is_changed, F.col("is_converted"), is_left)
    legs = F.array(*[F.lit(leg) for leg in range(_LEGS)])
    return purchases.withColumn("leg", F.explode(legs)).where(happens)


def _select_trades(legs: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    product, target, change_day = F.col("product"), F.col("target"), F.col("change_day")
    cents_changed = F.col("cents_changed")
    traded_product = _by_leg(product, product, target, target)
    day = _by_leg(F.col("day"), change_day, change_day, F.col("final_day"))
    cents = _by_leg(F.col("cents"), cents_changed, cents_changed, F.col("cents_left"))
    units = _by_leg(
        F.col("units"), F.col("units_changed"), F.col("units_entered"), F.col("units_left")
    )
    return legs.select(
        opaque_id(plan.seed, "trade_id", F.col("purchase_number") * _LEGS + F.col("leg")).alias(
            "trade_id"
        ),
        "user_id",
        value_at(catalog.product_ids, traded_product).alias("product_id"),
        value_at(catalog.days, day).alias("trade_date"),
        _trade_type().alias("trade_type"),
        (cents.cast("decimal(18,0)") * F.lit(Decimal("0.01")))
        .cast("decimal(18,2)")
        .alias("amount"),
        (units.cast("decimal(18,0)") * F.lit(Decimal("0.0001")))
        .cast("decimal(20,4)")
        .alias("units"),
        value_at(catalog.application_days, day).alias("application_date"),
        "channel",
    )


def _trade_type() -> Column:
    purchase = (
        F.when(F.col("is_launch"), "initial_subscription")
        .when(F.col("plan_spacing") > 0, "recurring_subscription")
        .otherwise("subscription")
    )
    change = F.when(F.col("is_converted"), "conversion_out").otherwise("redemption")
    return _by_leg(purchase, change, F.lit("conversion_in"), F.lit("redemption"))


def _by_leg(*values: Column) -> Column:
    *earlier, chosen = values
    for leg in reversed(range(len(earlier))):
        chosen = F.when(F.col("leg") == leg, earlier[leg]).otherwise(chosen)
    return chosen
