"""Recency, frequency and monetary value of every user, from holdings (Huang 2019, section 1).

All values are whole numbers of their smallest unit, so that equal users are really equal; see
``config/bases.py`` for the unit of each basis.
"""

from __future__ import annotations

import datetime as dt

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.bases import BASES
from rfmf_spark.config.sections.features import Basis
from rfmf_spark.features.fee_curve import FeeCurves
from rfmf_spark.ledger.fixed_point import grown_units, multiply_units, to_decimal
from rfmf_spark.schemas.types import MONEY, VALUE
from rfmf_spark.session.exact import difference_of, product_of, sum_of


def build_user_features(
    holdings: DataFrame,
    curves: FeeCurves | None,
    as_of: dt.date,
    basis: Basis,
    overdrawn_tolerance_units: float,
    income_tolerance_units: float = 1.0,
) -> DataFrame:
    """Features of every user in the ledger.

    Result: the columns of table ``user_features``; users without a purchase (in the rolling window,
    where there is one) have frequency 0 and no recency. Positions short by more than the tolerance
    are overdrawn: they bring no monetary value and no holding, their purchases count. Positions
    that grow by income have a tolerance of their own, up to which they are not held either.
    Without ``curves`` holdings are unknown (null).
    """
    valued = holdings
    if curves is not None:
        tolerances = overdrawn_tolerance_units, income_tolerance_units
        valued = _value_positions(holdings, curves, *tolerances)
    per_user = _sum_positions(valued, curves is not None)
    value = BASES[basis]
    days_since = F.date_diff(F.lit(as_of), F.col("last_purchase_date"))
    return per_user.select(
        "user_id",
        F.when(F.col("frequency") > 0, days_since).alias("recency_days"),
        "frequency",
        to_decimal(F.col(value.column), value.scale, VALUE).alias("monetary"),
        "first_purchase_date",
        "last_purchase_date",
        to_decimal(F.col("purchase_cents"), 2, MONEY).alias("cumulative_amount"),
        to_decimal(F.col("holding_e8"), 8, MONEY).alias("holding_amount"),
        F.col("products_held").cast("int").alias("products_held"),
        (F.col("products_held") > 0).alias("retained"),
        F.col("overdrawn_positions").cast("int").alias("overdrawn_positions"),
    )


def monetary_integer(monetary: Column, basis: Basis) -> Column:
    """The published decimal back as the whole number that was summed."""
    return (monetary * F.lit(10 ** BASES[basis].scale)).cast("bigint")


def _value_positions(
    holdings: DataFrame, curves: FeeCurves, tolerance: float, income_tolerance: float
) -> DataFrame:
    """Positions with accrued fee and value at the business date; whether held, or overdrawn."""
    at_as_of = curves.rows.select("product_id", "fee_at_as_of", "nav_at_as_of", "growth_at_as_of")
    joined = holdings.join(F.broadcast(at_as_of), on="product_id", how="inner")
    earned = multiply_units(joined, F.col("units_e4"), F.col("fee_at_as_of"))
    accrued = difference_of(joined, earned, F.col("fee_offset_e8"))
    units = F.col("units_e4")
    is_held, is_overdrawn = units > 0, units < F.lit(-round(tolerance * 10_000))
    if curves.grows:
        growth = F.col("growth_at_as_of")
        units, crumb = grown_units(units, growth), F.lit(round(income_tolerance * 10_000))
        is_held = F.when(growth.isNull(), is_held).otherwise(units > crumb)
        is_overdrawn = F.when(growth.isNull(), is_overdrawn).otherwise(units < -crumb)
    held = F.when(is_held, units).otherwise(F.lit(0))
    value = product_of(joined, held, F.col("nav_at_as_of"))
    return joined.withColumns(
        {
            "accrued_e8": accrued,
            "value_e8": value,
            "is_held": is_held,
            "is_overdrawn": is_overdrawn,
        }
    )


def _sum_positions(valued: DataFrame, has_units: bool) -> DataFrame:
    """Positions added up per user; what no value is made of is dropped from the plan."""
    if has_units:
        is_held, is_overdrawn = F.col("is_held"), F.col("is_overdrawn")
        zero = F.when(is_overdrawn, F.lit(0))
        sums = {
            "fee_e8": sum_of(valued, zero.otherwise(F.col("accrued_e8"))),
            "holding_e8": sum_of(valued, "value_e8"),
            "products_held": F.count_if(is_held),
            "overdrawn_positions": F.count_if(is_overdrawn),
            "principal_days": sum_of(valued, zero.otherwise(F.col("principal_days"))),
        }
    else:
        unknown = F.lit(None).cast("bigint")
        names = ("fee_e8", "holding_e8", "products_held", "overdrawn_positions", "principal_days")
        sums = {name: F.max(unknown) for name in names}
    return valued.groupBy("user_id").agg(
        sum_of(valued, "frequency").alias("frequency"),
        F.min("first_purchase_date").alias("first_purchase_date"),
        F.max("last_purchase_date").alias("last_purchase_date"),
        sum_of(valued, "purchase_cents").alias("purchase_cents"),
        *[column.alias(name) for name, column in sums.items()],
    )
