"""The catalog as the two small tables ``nav`` and ``products`` of the data contract."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.synthetic.defects import UNVALUED_PRODUCT_ID
from rfmf_spark.synthetic.products import NAV_SCALE, Catalog, Product

_NAV_SCHEMA = "product_id string, nav_date date, unit_nav decimal(18,4)"
_PRODUCTS_SCHEMA = (
    "product_id string, product_name string, product_type string, risk_level string, "
    "management_fee_rate decimal(9,6), effective_from date, inception_date date, "
    "settlement_days int, sales_service_fee_rate decimal(9,6), "
    "trailing_commission_rate decimal(9,6)"
)
RATE_STEP = Decimal("0.000001")


def build_nav(spark: SparkSession, catalog: Catalog) -> DataFrame:
    """NAV on trading days from each product's first; money funds have no rows.

    Columns: product_id, nav_date, unit_nav decimal(18,4) yuan.
    """
    rows: list[tuple[str, date, Decimal]] = []
    for product, path in zip(catalog.products, catalog.nav.tolist(), strict=True):
        if product.is_money:
            continue
        rows.extend(
            (product.product_id, day, Decimal(value) / NAV_SCALE)
            for day, value in zip(catalog.nav_days, path, strict=True)
            if day >= product.first_nav_date
        )
    return spark.createDataFrame(rows, _NAV_SCHEMA)


def build_products(
    spark: SparkSession, catalog: Catalog, *, has_unvalued: bool = False
) -> DataFrame:
    """One row per product and management fee rate, rates annual (0.015 = 1.5 %).

    ``has_unvalued`` adds a bond fund that has no NAV at all.

    Columns: product_id, product_name, product_type, risk_level, management_fee_rate
    decimal(9,6), effective_from, inception_date, settlement_days, sales_service_fee_rate
    and trailing_commission_rate decimal(9,6).
    """
    rows = [
        _product_row(product, effective_from, rate)
        for product in catalog.products
        for effective_from, rate in product.rates
    ]
    if has_unvalued:
        like = next(p for p in catalog.products if p.product_type.name == "bond")
        terms = _product_row(like, like.inception_date, like.rates[0][1])
        rows.append((UNVALUED_PRODUCT_ID, "Synthetic bond without NAV", *terms[2:]))
    return spark.createDataFrame(rows, _PRODUCTS_SCHEMA)


def _product_row(product: Product, effective_from: date, rate: Decimal) -> tuple[Any, ...]:
    return (
        product.product_id,
        product.product_name,
        product.product_type.name,
        product.risk_level,
        rate.quantize(RATE_STEP),
        effective_from,
        product.inception_date,
        product.product_type.settlement_days,
        product.sales_service_fee_rate.quantize(RATE_STEP),
        product.trailing_commission_rate(rate).quantize(RATE_STEP),
    )
