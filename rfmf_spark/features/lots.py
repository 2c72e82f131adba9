"""Lots: redemptions matched to purchases first-in-first-out within one (user, product).

The basis ``principal_days`` needs them; the fee, which is linear in trades, does not. Nothing here
loops over lots: they are intervals on the axis of units ever added, and windows cut them up.
"""

from __future__ import annotations

import datetime as dt

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from rfmf_spark.session.exact import product_of, sum_of

_POSITION = ("user_id", "product_id")

# Cents times units need more than 64 bits; a factor has at most 18 digits.
_FACTOR = "decimal(18,0)"


def add_principal_days(trades: DataFrame, as_of: dt.date) -> DataFrame:
    """Trades with ``principal_days``: principal × days held, in cent·days (Huang 2019).

    ``trades``: ``user_id``, ``product_id``, ``trade_id``, ``trade_date``, ``units_e4`` (added units
    positive, removed ones negative, 1/10,000) and ``principal_cents`` (0 for lots without). Lots
    are used up by trade date, then by trade id; what is left is held until ``as_of``. The column is
    exact in its sum per position and means nothing in a single row. Removals beyond all lots take
    nothing, and no lot is held for less than no day.

    The first lot covers the units 0 … its size, the next one begins where it ends; removals lie on
    the same axis in the same way. First-in-first-out means that a removal takes what it covers.
    So between two neighbouring ends, of lots or of removals, lies a stretch of one lot that
    leaves at one time: one per trade, hence as many rows as trades, however long the history is.
    """
    return _measure_stretches(_add_ends(trades), as_of)


def _add_ends(trades: DataFrame) -> DataFrame:
    """Where each lot and each removal ends on the axis; null for a trade that moves no units.

    Additions need not come before the removals of their day: both are cumulated apart.
    """
    so_far = (
        Window.partitionBy(*_POSITION)
        .orderBy("trade_date", "trade_id")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    units = F.col("units_e4")
    added = sum_of(trades, F.when(units > 0, units).otherwise(F.lit(0)), so_far)
    removed = sum_of(trades, F.when(units < 0, -units).otherwise(F.lit(0)), so_far)
    return trades.withColumn("end", F.when(units > 0, added).when(units < 0, removed))


def _measure_stretches(ended: DataFrame, as_of: dt.date) -> DataFrame:
    """Each stretch with the lot that it is part of and the day on which it leaves.

    Both are the next ends on the axis. Windows run from the far end, so that the next ones are the
    latest seen: a frame of following rows would cost the square of the number of trades.
    """
    from_far = Window.partitionBy(*_POSITION).orderBy(F.col("end").desc_nulls_last())
    seen = from_far.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    units, day = F.col("units_e4"), F.unix_date("trade_date")
    lot = F.struct(
        (F.col("end") - units).alias("start"),
        units.alias("units_e4"),
        "principal_cents",
        day.alias("entry_day"),
    )
    placed = ended.withColumns(
        {
            "from": F.coalesce(F.lead("end").over(from_far), F.lit(0)),
            "lot": F.last(F.when(units > 0, lot), ignorenulls=True).over(seen),
            "exit_day": F.last(F.when(units < 0, day), ignorenulls=True).over(seen),
        }
    )
    start, lot_units = F.col("lot.start"), F.col("lot.units_e4")
    principal = _share(F.col("end") - start, lot_units) - _share(F.col("from") - start, lot_units)
    exit_day = F.coalesce(F.col("exit_day"), F.unix_date(F.lit(as_of)))
    days = F.greatest(exit_day - F.col("lot.entry_day"), F.lit(0))
    has_principal = F.col("end").isNotNull() & (F.col("lot.principal_cents") > 0)
    principal_days = product_of(placed, principal, days)
    principal_days = F.when(has_principal, principal_days).otherwise(F.lit(0))
    return placed.withColumn("principal_days", principal_days.cast("bigint")).drop(
        "end", "from", "lot", "exit_day"
    )


def _share(units: Column, of_units: Column) -> Column:
    """Principal of the lot's first ``units``, rounded half up.

    Differences of it telescope: the parts of a lot add up to its principal to the cent.
    """
    product = F.col("lot.principal_cents").cast(_FACTOR) * units.cast(_FACTOR)
    half = F.call_function("div", of_units, F.lit(2))
    return F.call_function("div", product + half, of_units.cast(_FACTOR)).cast("bigint")
