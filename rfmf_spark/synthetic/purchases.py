"""From habits to purchases: one row per purchase with its day, product, amount and units.

Money is whole cents, units and NAV are whole 1/10,000, all in 64 bits. What becomes of a purchase
later is in ``trades``.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.synthetic.archetypes import (
    AMOUNT_JITTER,
    FAVOURITE_SHARE,
    LAUNCH_PULL,
    MAX_AMOUNT_CENTS,
    MIN_AMOUNT_CENTS,
)
from rfmf_spark.synthetic.lookup import value_at
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import Catalog
from rfmf_spark.synthetic.randomness import integer_below, nearest_whole, uniform_draw
from rfmf_spark.synthetic.users import product_by_popularity

PURCHASES_PER_USER = 512
"""Room for the purchases of one user in the numbering of purchases."""
_HAS_PLAN = "plan_spacing > 0"
_CENTS_TO_UNITS = 1_000_000
"""units in 1/10,000 = cents * this / NAV in 1/10,000."""


def draw_purchases(users: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    """Purchases of the users of ``draw_users`` who are not prospects.

    Adds to their columns: purchase_number (long, unique), day (trading day of the period from 0),
    product (number), is_launch, cents (long).
    """
    return (
        users.where(~F.col("is_prospect"))
        .withColumn("turn", F.explode(F.sequence(F.lit(0), F.col("purchases") - 1)))
        .withColumn("purchase_number", F.col("user_number") * PURCHASES_PER_USER + F.col("turn"))
        .withColumn("day", _purchase_day(plan))
        .transform(_add_product, plan, catalog)
        .withColumn("cents", _purchase_cents(plan))
    )


def units_bought(cents: Column, nav: Column) -> Column:
    """Units in 1/10,000 for ``cents`` at ``nav`` (1/10,000 yuan), rounded half up; long."""
    return _divide_half_up(cents.cast("long") * _CENTS_TO_UNITS, nav)


def cents_paid(units: Column, nav: Column) -> Column:
    """Cents for ``units`` (1/10,000) at ``nav`` (1/10,000 yuan), rounded half up; long."""
    return _divide_half_up(units.cast("long") * nav, F.lit(_CENTS_TO_UNITS))


def _divide_half_up(numerator: Column, denominator: Column) -> Column:
    return F.call_function("div", numerator * 2 + denominator, denominator * 2)


def _purchase_day(plan: LedgerPlan) -> Column:
    turn, first_day, last_day = F.col("turn"), F.col("first_day"), F.col("last_day")
    # Turn 0 is the last purchase and the highest turn the first, so that both are as planted.
    in_between = first_day + integer_below(
        last_day - first_day + 1, plan.seed, "day", F.col("purchase_number")
    )
    return (
        F.when(F.expr(_HAS_PLAN), last_day - turn * F.col("plan_spacing"))
        .when(turn == 0, last_day)
        .when(turn == F.col("purchases") - 1, first_day)
        .otherwise(in_between)
    )


def _add_product(purchases: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    number, day = F.col("purchase_number"), F.col("day")
    is_loyal = uniform_draw(plan.seed, "loyal", number) < FAVOURITE_SHARE
    launch, other = F.col("launch"), F.col("other_product")
    is_pulled = uniform_draw(plan.seed, "launch", number) < LAUNCH_PULL
    favourite_is_open = value_at(catalog.first_nav_days, F.col("favourite")) <= day
    other_is_open = value_at(catalog.first_nav_days, other) <= day
    drawn = uniform_draw(plan.seed, "product", number)
    return (
        purchases.withColumn("launch", value_at(catalog.launches_by_day(), day))
        .withColumn("other_product", product_by_popularity(drawn, plan))
        .withColumn("is_launch", ~F.expr(_HAS_PLAN) & (launch >= 0) & is_pulled)
        .withColumn(
            "product",
            F.when(F.col("is_launch"), launch)
            .when((F.expr(_HAS_PLAN) | is_loyal) & favourite_is_open, F.col("favourite"))
            .when(other_is_open, other)
            .otherwise(F.lit(0)),
        )
    )


def _purchase_cents(plan: LedgerPlan) -> Column:
    step = F.col("amount_step_cents")
    jitter = uniform_draw(plan.seed, "jitter", F.col("purchase_number"))
    factor = F.lit(1.0 - AMOUNT_JITTER) + F.lit(2.0 * AMOUNT_JITTER) * jitter
    usual = F.col("typical_amount") * 100
    wanted = F.when(F.expr(_HAS_PLAN), usual).otherwise(usual * factor)
    # Capped before the cast: a draw far out in the tail must not leave the range of a long.
    capped = F.least(wanted, F.lit(float(MAX_AMOUNT_CENTS)))
    in_steps = nearest_whole(capped / step) * step
    return F.greatest(in_steps, F.lit(MIN_AMOUNT_CENTS))
