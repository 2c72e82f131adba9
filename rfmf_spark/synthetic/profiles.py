"""What a company would know of each user, mildly tied to the kind of user; and the truth.

The tie is what a prediction for users without history can find; prospects have it too.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.synthetic.archetypes import archetype_parameter
from rfmf_spark.synthetic.lookup import value_at
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import Catalog
from rfmf_spark.synthetic.randomness import (
    exponential_draw,
    nearest_whole,
    normal_draw,
    uniform_draw,
)

METROPOLES: tuple[str, ...] = ("Beijing", "Shanghai", "Guangdong", "Zhejiang")
OTHER_REGIONS: tuple[str, ...] = (
    "Jiangsu",
    "Shandong",
    "Sichuan",
    "Henan",
    "Hubei",
    "Hunan",
    "Fujian",
    "Anhui",
    "Hebei",
    "Shaanxi",
    "Liaoning",
    "Chongqing",
)
"""Regions are drawn evenly within either group; the group depends on the kind of user."""
INCOME_SPREAD = 0.5
INCOME_STEP = 100
"""Monthly income in yuan: lognormal, declared in hundreds."""
AGE_SPREAD = 9.0
YOUNGEST, OLDEST = 18, 80
MISSING_SHARE = 0.05
"""Income, age, risk tolerance and the wish to learn are each unknown for this share."""
PROSPECT_REGISTRATION_LAG = 120.0
"""Mean calendar days between a prospect's registration and the end of the period."""


def build_profiles(users: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    """One row per user, prospects included, from the columns of ``draw_users``.

    Columns: user_id, region, monthly_income decimal(18,2) yuan, age int, risk_tolerance,
    wants_to_learn boolean, registered_on date, channel. A user registers on or before the day of
    the first order.
    """
    number = F.col("user_number")
    return users.select(
        "user_id",
        _region(plan, number).alias("region"),
        _known(plan, "income", _income(plan, number)).alias("monthly_income"),
        _known(plan, "age", _age(plan, number)).alias("age"),
        _known(plan, "risk", _risk_tolerance(plan, number)).alias("risk_tolerance"),
        _known(plan, "learning", _wants_to_learn(plan, number)).alias("wants_to_learn"),
        _registered_on(plan, catalog, number).alias("registered_on"),
        "channel",
    )


def build_truth(users: DataFrame, catalog: Catalog) -> DataFrame:
    """What was planted, one row per user: never an input of a run, only something to compare with.

    Columns: user_id, archetype int (1 … 5, null for a prospect), profile_archetype int (the kind
    behind the profile, also of prospects), and, null for prospects, planned_purchases int,
    plan_spacing_days int (trading days, null without a recurring plan), typical_amount double
    (yuan), favourite_product_id, first_purchase_date, last_purchase_date and leave_date (trade
    dates; leave_date null for who stays beyond the period).
    """
    spacing = F.col("plan_spacing")
    planted = {
        "archetype": F.col("archetype"),
        "planned_purchases": F.col("purchases"),
        "plan_spacing_days": F.when(spacing > 0, spacing),
        "typical_amount": F.col("typical_amount"),
        "favourite_product_id": value_at(catalog.product_ids, F.col("favourite")),
        "first_purchase_date": value_at(catalog.days, F.col("first_day")),
        "last_purchase_date": value_at(catalog.days, F.col("last_day")),
        "leave_date": value_at(catalog.days, F.col("leave_day")),
    }
    archetype, *rest = [
        F.when(~F.col("is_prospect"), value).alias(name) for name, value in planted.items()
    ]
    profile_archetype = F.col("archetype").alias("profile_archetype")
    return users.select("user_id", archetype, profile_archetype, *rest)


def _known(plan: LedgerPlan, name: str, value: Column) -> Column:
    is_told = uniform_draw(plan.seed, f"profile/{name}/known", F.col("user_number"))
    return F.when(is_told >= MISSING_SHARE, value)


def _region(plan: LedgerPlan, number: Column) -> Column:
    group = uniform_draw(plan.seed, "profile/metropolis", number)
    place = uniform_draw(plan.seed, "profile/region", number)
    lives_in_metropolis = group < archetype_parameter("metropolis_share")
    index = F.when(lives_in_metropolis, place * len(METROPOLES)).otherwise(
        place * len(OTHER_REGIONS) + len(METROPOLES)
    )
    return value_at(METROPOLES + OTHER_REGIONS, F.floor(index).cast("int"))


def _income(plan: LedgerPlan, number: Column) -> Column:
    deviation = INCOME_SPREAD * normal_draw(plan.seed, "profile/income", number)
    income = archetype_parameter("income_median") * F.exp(deviation)
    return (nearest_whole(income / INCOME_STEP) * INCOME_STEP).cast("decimal(18,2)")


def _age(plan: LedgerPlan, number: Column) -> Column:
    deviation = AGE_SPREAD * normal_draw(plan.seed, "profile/age", number)
    age = nearest_whole(archetype_parameter("age_mean") + deviation).cast("int")
    return F.greatest(F.least(age, F.lit(OLDEST)), F.lit(YOUNGEST))


def _risk_tolerance(plan: LedgerPlan, number: Column) -> Column:
    draw = uniform_draw(plan.seed, "profile/risk", number)
    is_conservative = draw < archetype_parameter("conservative_share")
    is_aggressive = draw > 1.0 - archetype_parameter("aggressive_share")
    return (
        F.when(is_conservative, "conservative")
        .when(is_aggressive, "aggressive")
        .otherwise("steady")
    )


def _wants_to_learn(plan: LedgerPlan, number: Column) -> Column:
    draw = uniform_draw(plan.seed, "profile/learning", number)
    return draw < archetype_parameter("learning_share")


def _registered_on(plan: LedgerPlan, catalog: Catalog, number: Column) -> Column:
    waited = exponential_draw(plan.seed, "profile/registration", number)
    first_order = value_at(catalog.application_days, F.col("first_day"))
    lag = F.floor(waited * archetype_parameter("registration_lag")).cast("int")
    prospect_lag = F.floor(waited * PROSPECT_REGISTRATION_LAG).cast("int")
    return F.when(F.col("is_prospect"), F.date_sub(F.lit(plan.end), prospect_lag)).otherwise(
        F.date_sub(first_order, lag)
    )
