"""What was planted, user by user: something to compare results with, never an input of a run."""

from __future__ import annotations

import math

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.synthetic.lookup import value_at
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import Catalog
from rfmf_spark.synthetic.profiles import (
    add_profile_kind,
    monthly_income,
    risk_tolerance,
    wants_to_learn,
)
from rfmf_spark.synthetic.randomness import normal_draw

HAZARD_PER_YEAR = 0.5
"""First purchases per year that a prospect of average profile can be expected to make."""
TYPICAL_INCOME = 7_500.0
INCOME_EFFECT = 0.8
RISK_EFFECT = 0.5
LEARNING_EFFECT = 0.9
"""Effects on the logarithm of the hazard: of the logarithm of income above the typical one, of a
step from steady to aggressive (less for conservative), of the wish to learn. Unknown is zero."""
NOISE_SPREAD = 0.7
"""Deviation of what profiles do not tell, in the same unit."""


def build_truth(users: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    """What was planted, one row per user.

    Columns: user_id, archetype int (1 … 5, null for a prospect), profile_archetype int (the kind
    behind the profile, also of prospects), and, null for prospects, planned_purchases int,
    plan_spacing_days int (trading days, null without a recurring plan), typical_amount double
    (yuan), favourite_product_id, first_purchase_date, last_purchase_date and leave_date (trade
    dates; leave_date null for who stays beyond the period); purchase_hazard double, for prospects
    only: expected first purchases per calendar day.
    """
    profiled = add_profile_kind(users, plan)
    traders = profiled.where(~F.col("is_prospect")).select(*_planted_columns(catalog))
    prospects = profiled.where(F.col("is_prospect")).select(
        "user_id",
        F.col("profile_kind").alias("profile_archetype"),
        _purchase_hazard(plan).alias("purchase_hazard"),
    )
    # Apart, for the expressions of both together are too large a method for Java to compile.
    return traders.unionByName(prospects, allowMissingColumns=True)


def _planted_columns(catalog: Catalog) -> list[Column]:
    spacing = F.col("plan_spacing")
    planted = {
        "user_id": F.col("user_id"),
        "archetype": F.col("archetype"),
        "profile_archetype": F.col("profile_kind"),
        "planned_purchases": F.col("purchases"),
        "plan_spacing_days": F.when(spacing > 0, spacing),
        "typical_amount": F.col("typical_amount"),
        "favourite_product_id": value_at(catalog.product_ids, F.col("favourite")),
        "first_purchase_date": value_at(catalog.days, F.col("first_day")),
        "last_purchase_date": value_at(catalog.days, F.col("last_day")),
        "leave_date": value_at(catalog.days, F.col("leave_day")),
    }
    return [column.alias(name) for name, column in planted.items()]


def _profile_score(plan: LedgerPlan) -> Column:
    """What a published profile adds to the logarithm of the hazard."""
    income = F.log(monthly_income(plan).cast("double") / TYPICAL_INCOME)
    tolerance = risk_tolerance(plan)
    risk = F.when(tolerance == "aggressive", 1.0).when(tolerance == "conservative", -1.0)
    learns = wants_to_learn(plan).cast("double")
    return (
        INCOME_EFFECT * F.coalesce(income, F.lit(0.0))
        + RISK_EFFECT * F.coalesce(risk, F.lit(0.0))
        + LEARNING_EFFECT * F.coalesce(learns, F.lit(0.0))
    )


def _purchase_hazard(plan: LedgerPlan) -> Column:
    """Hazard whose logarithm is ``profile_signal`` profile, and noise for the rest."""
    signal = plan.profile_signal
    noise = NOISE_SPREAD * normal_draw(plan.seed, "hazard", F.col("user_number"))
    return F.lit(HAZARD_PER_YEAR / 365) * F.exp(
        F.lit(signal) * _profile_score(plan) + F.lit(math.sqrt(1.0 - signal**2)) * noise
    )
