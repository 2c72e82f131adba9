"""Opening positions as holdings, and among the rows that holdings are summed from.

A position is one row with its state. Where lots matter there are further rows: each open lot enters
on the day of the opening as it once was opened, and one removal takes what has left it since. So no
day before the opening is counted again, and later cents are rounded as in a whole ledger.
"""

from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.bases import BasisOfValue
from rfmf_spark.features.fee_curve import FeeCurves, day_number
from rfmf_spark.ledger.fixed_point import multiply_units, normalise_units
from rfmf_spark.schemas.tables import own_fields
from rfmf_spark.session.exact import difference_of

PRINCIPAL_DAYS_BEFORE = "principal_days_before"

_PURCHASE_DATES = ("first_purchase_date", "last_purchase_date")

# Lots keep their order by trade id: their number in the position, with leading zeros.
_DIGITS = 12

# Said once, because not every engine concatenates arrays whose fields differ in what may be null.
_ROWS_OF_POSITION = (
    "array<struct<trade_id:string,units_e4:bigint,principal_cents:bigint,is_state:boolean>>"
)


def opening_state(
    accepted: DataFrame, curves: FeeCurves | None, day: dt.date, basis: BasisOfValue
) -> DataFrame:
    """Accepted opening positions as holdings, to be added to those of the trades.

    Result, the columns of table ``clean_opening``: ``user_id``, ``product_id``, ``units_e4``,
    ``fee_offset_e8`` (units × C(day) less what has accrued), ``purchases``,
    ``first_purchase_date``, ``last_purchase_date``, ``purchase_cents``, ``principal_days``
    (cent·days up to ``day``), ``opened_on`` (``day``) and ``open_lots`` (first-in-first-out;
    ``units_e4`` as opened, ``principal_cents``). The last three are null where the basis has no
    lots. Without ``curves`` product, units and fee offset are null.
    """
    columns = {
        "units_e4": F.lit(None).cast("bigint"),
        "fee_offset_e8": F.lit(None).cast("bigint"),
        "product_id": F.lit(None).cast("string"),
    }
    priced = accepted
    if curves is not None:
        index = F.lit(day_number(day) + 1) - F.col("first_day")
        at_opening = curves.rows.select(
            "product_id",
            F.element_at("fee_curve", index).alias("fee_e16"),
            F.element_at("growth", index).alias("growth_e12"),
        )
        priced = accepted.join(F.broadcast(at_opening), on="product_id", how="inner")
        units = normalise_units(F.col("units_e4"), F.col("growth_e12"))
        columns = {
            "units_e4": units,
            "fee_offset_e8": difference_of(
                priced, multiply_units(priced, units, F.col("fee_e16")), _accrued(basis)
            ),
            "product_id": F.col("product_id"),
        }
    has_purchases = F.col("purchases") > 0
    state = [
        F.col("user_id"),
        columns["product_id"].alias("product_id"),
        columns["units_e4"].alias("units_e4"),
        columns["fee_offset_e8"].alias("fee_offset_e8"),
        F.col("purchases"),
        *[F.when(has_purchases, F.col(name)).alias(name) for name in _PURCHASE_DATES],
        F.col("cumulative_amount_cents").alias("purchase_cents"),
    ]
    return priced.select(*state, *_lots_of_state(day, basis))


def add_opening(trades: DataFrame, opening: DataFrame, *, has_lots: bool) -> DataFrame:
    """Rows that holdings are summed from, of trades and opening positions together.

    ``has_lots``: the basis follows lots.
    ``trades``: ``user_id``, ``product_id``, ``units_e4``, ``fee_offset_e8``, ``purchase_date``,
    ``purchase_cents`` and, for lots, ``trade_id``, ``trade_date`` and ``principal_cents``;
    ``opening``: see ``opening_state``. Result: those columns, with ``purchases``,
    ``first_purchase_date`` and ``last_purchase_date`` in the place of ``purchase_date``, and with
    ``principal_days_before`` (cent·days up to the opening) where there are lots.
    """
    day = F.col("purchase_date")
    counted = trades.withColumns(
        {
            "purchases": day.isNotNull().cast("bigint"),
            "first_purchase_date": day,
            "last_purchase_date": day,
        }
    ).drop("purchase_date")
    if not has_lots:
        return counted.unionByName(opening.select(*counted.columns))
    nothing_before = F.lit(None).cast("bigint").alias(PRINCIPAL_DAYS_BEFORE)
    return counted.select("*", nothing_before).unionByName(_with_lots(opening))


def _with_lots(opening: DataFrame) -> DataFrame:
    """A row without units for the state, one for each lot, and one for what has left the lots."""
    rows = opening.withColumn("row", F.explode(_rows_of_position()))
    is_state = F.col("row.is_state")
    nothing = F.lit(0).cast("bigint")

    def only_state(name: str) -> Column:
        return F.when(is_state, F.col(name))

    return rows.select(
        "user_id",
        "product_id",
        F.col("row.units_e4").alias("units_e4"),
        F.coalesce(only_state("fee_offset_e8"), nothing).alias("fee_offset_e8"),
        F.coalesce(only_state("purchases"), nothing).alias("purchases"),
        only_state("first_purchase_date").alias("first_purchase_date"),
        only_state("last_purchase_date").alias("last_purchase_date"),
        F.coalesce(only_state("purchase_cents"), nothing).alias("purchase_cents"),
        F.col("row.trade_id").alias("trade_id"),
        F.col("opened_on").alias("trade_date"),
        F.col("row.principal_cents").alias("principal_cents"),
        only_state("principal_days").alias(PRINCIPAL_DAYS_BEFORE),
    )


def _rows_of_position() -> Column:
    nothing = F.lit(0).cast("bigint")
    lots = F.col("open_lots")

    def row(trade_id: Column, units: Column, principal: Column, *, is_state: bool) -> Column:
        return F.struct(
            trade_id.alias("trade_id"),
            units.alias("units_e4"),
            principal.alias("principal_cents"),
            F.lit(is_state).alias("is_state"),
        )

    def lot_row(lot: Column, number: Column) -> Column:
        trade_id = F.lpad(number.cast("string"), _DIGITS, "0")
        return row(trade_id, lot["units_e4"], lot["principal_cents"], is_state=False)

    opened = F.aggregate(lots, nothing, lambda total, lot: total + lot["units_e4"])
    removed = row(F.lit("removed"), F.col("units_e4") - opened, nothing, is_state=False)
    state = row(F.lit("state"), nothing, nothing, is_state=True)
    parts = (F.array(state, removed), F.transform(lots, lot_row))
    return F.concat(*[part.cast(_ROWS_OF_POSITION) for part in parts])


def _accrued(basis: BasisOfValue) -> Column:
    """What the position has brought up to the opening, in 1e-8 yuan; zero where it is not asked."""
    nothing = F.lit(0).cast("bigint")
    return reduce(add, [F.col(f"{name}_e8") for name in basis.accrued_before] or [nothing])


def _lots_of_state(day: dt.date, basis: BasisOfValue) -> list[Column]:
    lots = {
        "principal_days": F.col("principal_days_cents"),
        "opened_on": F.lit(day),
        "open_lots": _lots_as_opened(),
    }
    if not basis.has_lots:
        kinds = {field.name: field.dataType for field in own_fields("clean_opening")}
        lots = {name: F.lit(None).cast(kinds[name]) for name in lots}
    return [column.alias(name) for name, column in lots.items()]


def _lots_as_opened() -> Column:
    def opened(lot: Column) -> Column:
        units = normalise_units(lot["units_e4"], F.col("growth_e12"))
        return F.struct(units.alias("units_e4"), lot["principal_cents"].alias("principal_cents"))

    return F.transform(F.coalesce(F.col("open_lots"), F.array()), opened)
