"""The state of all positions at a date, for a ledger that starts in the middle of history."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from rfmf_spark.config.bases import BASES
from rfmf_spark.features.fee_curve import accrued_rates, build_fee_curves, day_number
from rfmf_spark.features.lots import add_principal_days
from rfmf_spark.ledger.fixed_point import CENT_E8, multiply_units, to_decimal
from rfmf_spark.ledger.trade_types import brings_principal, signed_units
from rfmf_spark.schemas.types import MONEY, UNITS, VALUE
from rfmf_spark.synthetic.catalog_tables import RATE_STEP
from rfmf_spark.synthetic.products import Catalog

_PURCHASE = "subscription"
_RATE_SCALE = 8
_POSITION = ("user_id", "product_id")
_LOT = ("entry_date", "units", "units_left", "principal")
_RATES = ("management_fee_rate_e8", "sales_service_fee_rate_e8", "trailing_commission_rate_e8")
_CURVE_SCHEMA = (
    "product_id string, first_day bigint, fee_curve array<bigint>, fee_at bigint, "
    "revenue_curve array<bigint>, revenue_at bigint"
)


def build_opening_positions(
    spark: SparkSession, trades: DataFrame, opening: date, catalog: Catalog
) -> DataFrame:
    """Every position that trades up to and including ``opening`` have led to, closed ones too.

    Columns: user_id, product_id, as_of, units decimal(20,4), purchases, first_purchase_date,
    last_purchase_date (days of the orders), cumulative_amount decimal(20,2) yuan bought,
    accrued_fee decimal(28,8) yuan of management fee up to the night before ``opening`` (365 days a
    year), net_fees decimal(28,8) yuan of everything else that the company keeps, principal_days
    decimal(20,2) yuan-days, open_lots (entry_date, units, units_left, principal; oldest first).
    Purchases are all subscriptions, recurring ones included, conversions not.
    """
    before = trades.where(F.col("trade_date") <= F.lit(opening))
    priced = _price(before, _curves_at(spark, opening, catalog)).repartition("user_id")
    measured = _add_lots(add_principal_days(priced, opening))
    positions = measured.groupBy(*_POSITION).agg(
        F.sum("units_e4").alias("units_e4"),
        F.sum("fee_offset_e8").alias("fee_offset_e8"),
        F.sum("revenue_offset_e8").alias("revenue_offset_e8"),
        F.max("fee_at").alias("fee_at"),
        F.max("revenue_at").alias("revenue_at"),
        F.count("purchased_on").alias("purchases"),
        F.min("purchased_on").alias("first_purchase_date"),
        F.max("purchased_on").alias("last_purchase_date"),
        F.sum("purchase_cents").alias("purchase_cents"),
        F.sum("principal_days").alias("principal_days"),
        F.sort_array(F.collect_list("lot")).alias("lots"),
    )
    fee, revenue = (
        multiply_units(positions, F.col("units_e4"), F.col(f"{name}_at"))
        - F.col(f"{name}_offset_e8")
        for name in ("fee", "revenue")
    )
    lots = F.transform("lots", lambda lot: F.struct(*[lot[name].alias(name) for name in _LOT]))
    return positions.select(
        "user_id",
        "product_id",
        F.lit(opening).alias("as_of"),
        to_decimal(F.col("units_e4"), 4, UNITS).alias("units"),
        "purchases",
        "first_purchase_date",
        "last_purchase_date",
        to_decimal(F.col("purchase_cents"), 2, MONEY).alias("cumulative_amount"),
        to_decimal(fee, 8, VALUE).alias("accrued_fee"),
        to_decimal(revenue - fee, 8, VALUE).alias("net_fees"),
        to_decimal(F.col("principal_days"), 2, MONEY).alias("principal_days"),
        lots.alias("open_lots"),
    )


def _price(trades: DataFrame, curves: DataFrame) -> DataFrame:
    """Trades with what each adds to the sums of its position."""
    priced = trades.join(F.broadcast(curves), on="product_id", how="left").withColumns(
        {
            "units_e4": signed_units(F.col("trade_type"), (F.col("units") * 10_000).cast("bigint")),
            "cents": (F.col("amount") * 100).cast("bigint"),
            "fee_e8": (F.col("fee") * 100).cast("bigint") * CENT_E8,
        }
    )
    index = (F.unix_date("trade_date") - F.col("first_day")).cast("int")
    is_purchase = F.col("trade_type").endswith(_PURCHASE)
    nothing = F.lit(0).cast("bigint")
    units, cents = F.col("units_e4"), F.col("cents")
    brings = brings_principal(F.col("trade_type"))
    return priced.select(
        "user_id",
        "product_id",
        "trade_id",
        "trade_date",
        "units_e4",
        "fee_at",
        "revenue_at",
        multiply_units(priced, units, F.get("fee_curve", index)).alias("fee_offset_e8"),
        (multiply_units(priced, units, F.get("revenue_curve", index)) - F.col("fee_e8")).alias(
            "revenue_offset_e8"
        ),
        F.when(is_purchase, F.coalesce("application_date", "trade_date")).alias("purchased_on"),
        F.when(is_purchase, cents).otherwise(nothing).alias("purchase_cents"),
        F.when(brings, cents).otherwise(nothing).alias("principal_cents"),
    )


def _add_lots(trades: DataFrame) -> DataFrame:
    """Trades with the ``lot`` that is left of them; null where nothing is."""
    position = Window.partitionBy(*_POSITION)
    so_far = position.orderBy("trade_date", "trade_id").rowsBetween(
        Window.unboundedPreceding, Window.currentRow
    )
    units = F.col("units_e4")
    nothing = F.lit(0).cast("bigint")
    added = F.sum(F.greatest(units, nothing)).over(so_far)
    removed = F.sum(F.greatest(-units, nothing)).over(position)
    left = F.least(units, added - removed)
    lot = F.struct(
        F.col("trade_date").alias("entry_date"),
        "trade_id",
        to_decimal(units, 4, UNITS).alias("units"),
        to_decimal(F.col("units_left"), 4, UNITS).alias("units_left"),
        to_decimal(F.col("principal_cents"), 2, MONEY).alias("principal"),
    )
    marked = trades.withColumn("units_left", left)
    return marked.withColumn("lot", F.when(F.col("units_left") > 0, lot))


def _curves_at(spark: SparkSession, opening: date, catalog: Catalog) -> DataFrame:
    """Curves of the management fee and of all that the company keeps, by product."""
    rates = pd.DataFrame(_rates(catalog), columns=["product_id", "effective_day", *_RATES])
    valued = [
        (product.product_id, day_number(day), value)
        for product, path in zip(catalog.products, catalog.nav.tolist(), strict=True)
        for day, value in zip(catalog.nav_days, path, strict=True)
        if not product.is_money and day >= product.first_nav_date
    ]
    nav = pd.DataFrame(valued, columns=["product_id", "nav_day", "unit_nav_e4"])
    first_day = day_number(catalog.days[0])
    fee, revenue = (
        build_fee_curves(nav, accrued_rates(rates, basis.rates), first_day, opening)
        for basis in (BASES["management_fee"], BASES["net_revenue"])
    )
    rows = fee[["product_id", "first_day", "fee_curve", "fee_at_as_of"]].assign(
        revenue_curve=revenue["fee_curve"], revenue_at=revenue["fee_at_as_of"]
    )
    return spark.createDataFrame(rows.astype(object).values.tolist(), _CURVE_SCHEMA)


def _rates(catalog: Catalog) -> list[tuple[str, int, int, int, int]]:
    """Product, first day and the three yearly rates in 1e-8, as the table of products has them."""

    def scaled(rate: Decimal) -> int:
        return int(rate.quantize(RATE_STEP).scaleb(_RATE_SCALE))

    return [
        (
            product.product_id,
            day_number(since),
            scaled(rate),
            scaled(product.sales_service_fee_rate),
            scaled(product.trailing_commission_rate(rate)),
        )
        for product in catalog.products
        for since, rate in product.rates
    ]
