"""From purchases to trades, row by row and without a shuffle.

Every purchase carries its own fate: it may meet one of the ``changes``, and what is left of it is
redeemed when its user leaves. So units never fall below zero, and no row has to
look at another one.
"""

from __future__ import annotations

from decimal import Decimal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.synthetic.changes import (
    CASH_DIVIDEND,
    CONVERSION,
    DIVIDEND,
    FORCED_SHARE,
    PARTIAL_PERCENTAGES,
    PARTIAL_REDEMPTION,
    REDEMPTION_FEE_PER_MILLE,
    REDEMPTION_FEE_TRADING_DAYS,
    TRANSFER,
    change_parameter,
    drawn_change,
)
from rfmf_spark.synthetic.lookup import value_at
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import Catalog
from rfmf_spark.synthetic.purchases import cents_paid, draw_purchases, units_bought
from rfmf_spark.synthetic.randomness import integer_below, opaque_id, uniform_draw

_LEGS = 4
"""Trades that one purchase can lead to: the purchase, its change, what enters in return for it (of
a conversion or transfer), the final redemption. The functions below keep to this order."""
_ORDERS_PER_DAY = 2
"""Purchases of one user on one day that turn out to be one basket, or two."""
_DAYS_IN_ORDERS = 65_536


def build_trades(
    spark: SparkSession, users: DataFrame, plan: LedgerPlan, catalog: Catalog
) -> DataFrame:
    """One row per confirmed trade of the users of ``draw_users``.

    Columns: trade_id, user_id, product_id, trade_date, trade_type, amount decimal(18,2) yuan,
    units decimal(20,4), application_date (the trading day before), channel, order_id (purchases
    only), fee decimal(18,2) yuan. What a type does not move is zero.
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
    change = drawn_change(uniform_draw(plan.seed, "fate", number))
    return (
        purchases.withColumn("first_exit_day", first_exit_day)
        .withColumn("final_day", F.when(is_inside, final_day))
        .withColumn("change", F.when(days_between > 0, change))
        .withColumn("change_day", F.when(F.col("change").isNotNull(), some_day))
        .withColumn("is_converted", F.coalesce(F.col("change") == CONVERSION, F.lit(False)))
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
    touched = F.col("units_touched")
    cents = F.when(change_parameter("pays"), cents_paid(touched, F.col("nav_changed")))
    entered = F.when(F.col("change") == TRANSFER, touched).otherwise(
        units_bought(F.col("cents_changed"), F.col("nav_entered"))
    )
    remaining_units = F.col("units") + F.coalesce(touched * change_parameter("sign"), F.lit(0))
    left_units = F.when(F.col("is_converted"), F.col("units_entered")).otherwise(remaining_units)
    is_cash = F.col("change") == CASH_DIVIDEND
    return (
        purchases.withColumn("units", units_bought(F.col("cents"), F.col("nav_bought")))
        .withColumn("units_touched", _units_touched(plan))
        .withColumn("cents_changed", F.coalesce(cents, F.lit(0)))
        .withColumn("units_changed", F.when(is_cash, F.lit(0)).otherwise(touched))
        .withColumn("units_entered", entered)
        .withColumn("units_left", left_units)
        .withColumn("cents_left", cents_paid(F.col("units_left"), F.col("nav_left")))
    )


def _units_touched(plan: LedgerPlan) -> Column:
    choice = integer_below(len(PARTIAL_PERCENTAGES), plan.seed, "part", F.col("purchase_number"))
    is_partial = F.col("change") == PARTIAL_REDEMPTION
    percentage = F.when(is_partial, value_at(PARTIAL_PERCENTAGES, choice)).otherwise(
        change_parameter("percentage")
    )
    return F.call_function("div", F.col("units") * percentage, F.lit(100))


def _explode_legs(purchases: DataFrame) -> DataFrame:
    is_changed, is_left = F.col("change").isNotNull(), F.col("final_day").isNotNull()
    has_return = is_changed & F.col("change").isin(CONVERSION, TRANSFER)
    happens = _by_leg(F.lit(True), is_changed, has_return, is_left)
    legs = F.array(*[F.lit(leg) for leg in range(_LEGS)])
    return purchases.withColumn("leg", F.explode(legs)).where(happens)


def _select_trades(legs: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    product, target, change_day = F.col("product"), F.col("target"), F.col("change_day")
    cents_changed = F.col("cents_changed")
    traded_product = _by_leg(product, product, target, target)
    cents = _by_leg(F.col("cents"), cents_changed, cents_changed, F.col("cents_left"))
    units = _by_leg(
        F.col("units"), F.col("units_changed"), F.col("units_entered"), F.col("units_left")
    )
    traded = legs.withColumns(
        {
            "traded_product": traded_product,
            "traded_day": _by_leg(F.col("day"), change_day, change_day, F.col("final_day")),
            "traded_cents": cents,
            "trade_type": _trade_type(plan, catalog),
        }
    )
    number = F.col("purchase_number") * _LEGS + F.col("leg")
    return traded.select(
        opaque_id(plan.seed, "trade_id", number).alias("trade_id"),
        "user_id",
        value_at(catalog.product_ids, F.col("traded_product")).alias("product_id"),
        value_at(catalog.days, F.col("traded_day")).alias("trade_date"),
        "trade_type",
        _yuan(F.col("traded_cents")).alias("amount"),
        (units.cast("decimal(18,0)") * F.lit(Decimal("0.0001")))
        .cast("decimal(20,4)")
        .alias("units"),
        value_at(catalog.application_days, F.col("traded_day")).alias("application_date"),
        "channel",
        F.when(F.col("leg") == 0, _order_id(plan)).alias("order_id"),
        _yuan(_fee_cents(catalog)).alias("fee"),
    )


def _yuan(cents: Column) -> Column:
    return (cents.cast("decimal(18,0)") * F.lit(Decimal("0.01"))).cast("decimal(18,2)")


def _order_id(plan: LedgerPlan) -> Column:
    basket = F.col("user_number") * _DAYS_IN_ORDERS + F.col("day")
    number = basket * _ORDERS_PER_DAY + F.col("turn") % _ORDERS_PER_DAY
    return opaque_id(plan.seed, "order_id", number)


def _fee_cents(catalog: Catalog) -> Column:
    per_mille = [0 if p.is_money else REDEMPTION_FEE_PER_MILLE for p in catalog.products]
    is_early = F.col("traded_day") - F.col("day") < REDEMPTION_FEE_TRADING_DAYS
    is_charged = (F.col("trade_type") == "redemption") & is_early
    charged = F.col("traded_cents") * value_at(per_mille, F.col("traded_product")) + F.lit(500)
    return F.when(is_charged, F.call_function("div", charged, F.lit(1000))).otherwise(F.lit(0))


def _trade_type(plan: LedgerPlan, catalog: Catalog) -> Column:
    number = F.col("purchase_number")
    purchase = (
        F.when(F.col("is_launch"), "initial_subscription")
        .when(F.col("plan_spacing") > 0, "recurring_subscription")
        .otherwise("subscription")
    )
    is_money = value_at([int(p.is_money) for p in catalog.products], F.col("product")) == 1
    change = F.when((F.col("change") == DIVIDEND) & is_money, F.lit("money_fund_income")).otherwise(
        change_parameter("trade_type")
    )
    entry = F.when(F.col("is_converted"), "conversion_in").otherwise("transfer_in")
    is_forced = uniform_draw(plan.seed, "forced", number) < FORCED_SHARE
    exit_type = F.when(is_forced, "forced_redemption").otherwise("redemption")
    return _by_leg(purchase, change, entry, exit_type)


def _by_leg(*values: Column) -> Column:
    *earlier, chosen = values
    for leg in reversed(range(len(earlier))):
        chosen = F.when(F.col("leg") == leg, earlier[leg]).otherwise(chosen)
    return chosen
