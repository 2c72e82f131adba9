"""What a company would know of each user, mildly tied to the kind of user.

The tie is what a prediction for users without history can find; prospects have it too. What was
planted beside it is in ``truth``.
"""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.synthetic.archetypes import ARCHETYPES, archetype_parameter
from rfmf_spark.synthetic.lookup import value_at
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import Catalog
from rfmf_spark.synthetic.randomness import (
    exponential_draw,
    integer_below,
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
UNTIED_REGISTRATION_LAG = 180.0
"""The same between registration and start of the period where a profile tells nothing."""


def build_profiles(users: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    """One row per user, prospects included, from the columns of ``draw_users``.

    Columns: user_id, region, monthly_income decimal(18,2) yuan, age int, risk_tolerance,
    wants_to_learn boolean, registered_on date, channel. A user registers on or before the day of
    the first order.
    """
    return add_profile_kind(users, plan).select(
        "user_id",
        _region(plan).alias("region"),
        monthly_income(plan).alias("monthly_income"),
        age(plan).alias("age"),
        risk_tolerance(plan).alias("risk_tolerance"),
        wants_to_learn(plan).alias("wants_to_learn"),
        _registered_on(plan, catalog).alias("registered_on"),
        "channel",
    )


def add_profile_kind(users: DataFrame, plan: LedgerPlan) -> DataFrame:
    """Users with ``profile_kind``, the kind of user that the profile looks like.

    It is the user's own for a share ``plan.profile_signal`` and that of a stranger for the rest, so
    that the signal changes no distribution. ``is_tied`` tells which.
    """
    if plan.profile_signal == 1.0:
        return users.withColumns({"profile_kind": F.col("archetype"), "is_tied": F.lit(True)})
    number = F.col("user_number")
    # One kind per hundredth of the users: less code in a method that must stay below the 8,000
    # bytes that Java compiles.
    kinds = [kind.number for kind in ARCHETYPES for _ in range(round(kind.share * 100))]
    stranger = value_at(kinds, integer_below(100, plan.seed, "profile/stranger", number))
    is_tied = uniform_draw(plan.seed, "profile/signal", number) < plan.profile_signal
    kind = F.when(F.col("is_tied"), F.col("archetype")).otherwise(stranger)
    return users.withColumn("is_tied", is_tied).withColumn("profile_kind", kind)


def _known(plan: LedgerPlan, name: str, value: Column) -> Column:
    is_told = uniform_draw(plan.seed, f"profile/{name}/known", F.col("user_number"))
    return F.when(is_told >= MISSING_SHARE, value)


def _of_kind(field: str) -> Column:
    return archetype_parameter(field, "profile_kind")


def _region(plan: LedgerPlan) -> Column:
    number = F.col("user_number")
    group = uniform_draw(plan.seed, "profile/metropolis", number)
    place = uniform_draw(plan.seed, "profile/region", number)
    index = F.when(group < _of_kind("metropolis_share"), place * len(METROPOLES)).otherwise(
        place * len(OTHER_REGIONS) + len(METROPOLES)
    )
    return value_at(METROPOLES + OTHER_REGIONS, F.floor(index).cast("int"))


def monthly_income(plan: LedgerPlan) -> Column:
    """Declared income in yuan per month, null where unknown."""
    deviation = INCOME_SPREAD * normal_draw(plan.seed, "profile/income", F.col("user_number"))
    income = _of_kind("income_median") * F.exp(deviation)
    in_steps = (nearest_whole(income / INCOME_STEP) * INCOME_STEP).cast("decimal(18,2)")
    return _known(plan, "income", in_steps)


def age(plan: LedgerPlan) -> Column:
    """Age in years, null where unknown."""
    deviation = AGE_SPREAD * normal_draw(plan.seed, "profile/age", F.col("user_number"))
    years = nearest_whole(_of_kind("age_mean") + deviation).cast("int")
    return _known(plan, "age", F.greatest(F.least(years, F.lit(OLDEST)), F.lit(YOUNGEST)))


def risk_tolerance(plan: LedgerPlan) -> Column:
    """``conservative``, ``steady`` or ``aggressive``, null where unknown."""
    draw = uniform_draw(plan.seed, "profile/risk", F.col("user_number"))
    is_conservative = draw < _of_kind("conservative_share")
    is_aggressive = draw > 1.0 - _of_kind("aggressive_share")
    tolerance = (
        F.when(is_conservative, "conservative")
        .when(is_aggressive, "aggressive")
        .otherwise("steady")
    )
    return _known(plan, "risk", tolerance)


def wants_to_learn(plan: LedgerPlan) -> Column:
    """Whether the user asked for lessons on investing, null where unknown."""
    draw = uniform_draw(plan.seed, "profile/learning", F.col("user_number"))
    return _known(plan, "learning", draw < _of_kind("learning_share"))


def _registered_on(plan: LedgerPlan, catalog: Catalog) -> Column:
    waited = exponential_draw(plan.seed, "profile/registration", F.col("user_number"))
    first_order = value_at(catalog.application_days, F.col("first_day"))
    # Before anybody could order, so that the date cannot tell when somebody did.
    untied = F.lit(catalog.application_days[0] - timedelta(days=1))
    is_prospect, is_tied = F.col("is_prospect"), F.col("is_tied")
    latest = F.when(is_prospect, F.lit(plan.end)).when(is_tied, first_order).otherwise(untied)
    mean_lag = (
        F.when(is_prospect, F.lit(PROSPECT_REGISTRATION_LAG))
        .when(is_tied, _of_kind("registration_lag"))
        .otherwise(F.lit(UNTIED_REGISTRATION_LAG))
    )
    return F.date_sub(latest, F.floor(waited * mean_lag).cast("int"))
