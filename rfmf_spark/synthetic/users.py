"""Who the users are and how they behave: one row of drawn habits per user.

What their habits turn into is in ``trades``, what a company would know of them in ``profiles``.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.synthetic.archetypes import (
    ARCHETYPES,
    MAX_PURCHASES,
    PLAN_SPACINGS,
    POPULARITY_EXPONENT,
    ROUND_AMOUNT_CENTS,
    ROUND_AMOUNT_SHARE,
    archetype_parameter,
    choose_by_share,
)
from rfmf_spark.synthetic.lookup import value_at
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import Catalog
from rfmf_spark.synthetic.randomness import (
    exponential_draw,
    integer_below,
    nearest_whole,
    normal_draw,
    opaque_id,
    uniform_draw,
)

CHANNEL_SHARES: tuple[tuple[str, float], ...] = (
    ("app", 0.55),
    ("web", 0.15),
    ("bank", 0.20),
    ("broker", 0.10),
)
"""Every user keeps to one channel."""
HEAVY_PRODUCT = 1
HEAVY_PRODUCT_SHARE = 0.5
"""The always open product that draws half of the purchases of a skewed ledger."""
HEAVY_ARCHETYPE = 5
"""The kind of the heavy user of a skewed ledger."""


def draw_users(numbers: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    """Habits of the users whose numbers are in column ``id`` (long, from 0).

    Columns: user_number, user_id, archetype (also of prospects: the kind they would be),
    is_prospect, channel, purchases, plan_spacing (trading days, 0 without a plan), first_day and
    last_day of purchase and leave_day (trading days of the period from 0, leave_day null for who
    stays), typical_amount (yuan), amount_step_cents, favourite (product number).
    """
    days = len(catalog.days)
    habits = (
        numbers.select(F.col("id").alias("user_number"))
        .transform(_add_identity, plan)
        .transform(_add_habits, plan, days)
        .transform(_add_timing, plan, days)
        .transform(_add_favourite, plan, catalog)
    )
    return _plant_heavy_user(habits, plan, days) if plan.skew else habits


def product_by_popularity(draw: Column, plan: LedgerPlan) -> Column:
    """Product number for a uniform ``draw``: low numbers are popular, by a power law.

    In a skewed ledger every other draw falls on one product.
    """
    if plan.skew:
        rest = (draw - F.lit(HEAVY_PRODUCT_SHARE)) / F.lit(1.0 - HEAVY_PRODUCT_SHARE)
        drawn = F.floor(F.pow(rest, F.lit(POPULARITY_EXPONENT)) * plan.products).cast("int")
        return F.when(draw < HEAVY_PRODUCT_SHARE, F.lit(HEAVY_PRODUCT)).otherwise(drawn)
    return F.floor(F.pow(draw, F.lit(POPULARITY_EXPONENT)) * plan.products).cast("int")


def _add_identity(users: DataFrame, plan: LedgerPlan) -> DataFrame:
    number = F.col("user_number")
    shares = [(kind.number, kind.share) for kind in ARCHETYPES]
    return users.withColumns(
        {
            "user_id": opaque_id(plan.seed, "user_id", number),
            "archetype": choose_by_share(uniform_draw(plan.seed, "archetype", number), shares),
            "is_prospect": uniform_draw(plan.seed, "prospect", number) < plan.prospect_share,
            "channel": choose_by_share(uniform_draw(plan.seed, "channel", number), CHANNEL_SHARES),
        }
    )


def _add_habits(users: DataFrame, plan: LedgerPlan, days: int) -> DataFrame:
    number = F.col("user_number")
    has_plan = uniform_draw(plan.seed, "plan", number) < archetype_parameter("recurring_share")
    spacing = choose_by_share(uniform_draw(plan.seed, "spacing", number), PLAN_SPACINGS)
    types_round_sums = uniform_draw(plan.seed, "round", number) < ROUND_AMOUNT_SHARE
    return users.withColumns(
        {
            "plan_spacing": F.when(has_plan, spacing).otherwise(F.lit(0)),
            "wanted_purchases": _lognormal("purchases", plan, number),
            "typical_amount": _lognormal("amount", plan, number),
            "amount_step_cents": F.when(types_round_sums, ROUND_AMOUNT_CENTS).otherwise(1),
            "last_day": _last_day(plan, days, number),
        }
    )


def _lognormal(quantity: str, plan: LedgerPlan, number: Column) -> Column:
    spread = archetype_parameter(f"{quantity}_spread")
    deviation = normal_draw(plan.seed, quantity, number)
    return archetype_parameter(f"{quantity}_median") * F.exp(spread * deviation)


def _last_day(plan: LedgerPlan, days: int, number: Column) -> Column:
    earliest = archetype_parameter("last_purchase_from")
    latest = archetype_parameter("last_purchase_to")
    # The mean of two uniforms peaks in the middle: kinds blend into each other at their edges.
    first_half = uniform_draw(plan.seed, "last_day/first", number)
    second_half = uniform_draw(plan.seed, "last_day/second", number)
    fraction = earliest + (latest - earliest) * (first_half + second_half) / 2
    return F.least(F.floor(fraction * days).cast("int"), F.lit(days - 1))


def _add_timing(users: DataFrame, plan: LedgerPlan, days: int) -> DataFrame:
    number, last_day, spacing = F.col("user_number"), F.col("last_day"), F.col("plan_spacing")
    wanted = nearest_whole(F.col("wanted_purchases"))
    # A plan cannot have started before the period.
    possible = F.when(spacing > 0, F.expr("last_day div plan_spacing") + 1).otherwise(MAX_PURCHASES)
    purchases = F.greatest(F.least(wanted, possible, F.lit(MAX_PURCHASES)), F.lit(1)).cast("int")
    some_day_before = integer_below(last_day + 1, plan.seed, "first_day", number)
    leaves = uniform_draw(plan.seed, "leaves", number) < archetype_parameter("leave_share")
    waits = exponential_draw(plan.seed, "waits", number) * archetype_parameter("holding_days")
    leave_day = last_day + 1 + F.floor(waits).cast("int")
    return users.withColumn("purchases", purchases).withColumns(
        {
            "first_day": F.when(spacing > 0, last_day - (F.col("purchases") - 1) * spacing)
            .when(F.col("purchases") == 1, last_day)
            .otherwise(some_day_before),
            "leave_day": F.when(leaves & (leave_day < days), leave_day),
        }
    )


def _plant_heavy_user(users: DataFrame, plan: LedgerPlan, days: int) -> DataFrame:
    # The last one: nobody's purchases are numbered after these.
    is_heavy = F.col("user_number") == plan.users - 1
    planted: dict[str, object] = {
        "archetype": HEAVY_ARCHETYPE,
        "is_prospect": False,
        "plan_spacing": 0,
        "purchases": plan.heavy_user_purchases,
        "first_day": 0,
        "last_day": days - 1,
        "leave_day": None,
        "favourite": HEAVY_PRODUCT,
    }
    return users.withColumns(
        {
            name: F.when(is_heavy, F.lit(value)).otherwise(F.col(name))
            for name, value in planted.items()
        }
    )


def _add_favourite(users: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    draw = uniform_draw(plan.seed, "favourite", F.col("user_number"))
    drawn = F.col("drawn_favourite")
    is_open = value_at(catalog.first_nav_days, drawn) <= F.col("first_day")
    return (
        users.withColumn("drawn_favourite", product_by_popularity(draw, plan))
        .withColumn("favourite", F.when(is_open, drawn).otherwise(F.lit(0)))
        .drop("drawn_favourite", "wanted_purchases")
    )
