"""The tables ``nav`` and ``products`` follow the data contract."""

from __future__ import annotations

from decimal import Decimal

from pyspark.sql import SparkSession

from rfmf_spark.synthetic.catalog_tables import build_nav, build_products
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import build_catalog


def test_nav_rows_are_those_of_the_catalog_without_money_funds(spark: SparkSession) -> None:
    catalog = build_catalog(LedgerPlan(products=5))
    nav = build_nav(spark, catalog)
    last = {
        row["product_id"]: row["unit_nav"]
        for row in nav.where(nav.nav_date == catalog.days[-1]).collect()
    }
    assert dict(nav.dtypes)["unit_nav"] == "decimal(18,4)"
    assert last == {
        product.product_id: Decimal(int(catalog.nav[product.number, -1])) / 10_000
        for product in catalog.products[1:]
    }


def test_nav_starts_at_the_first_valuation(spark: SparkSession) -> None:
    catalog = build_catalog(LedgerPlan(products=5))
    launched = catalog.products[4]
    nav = build_nav(spark, catalog)
    first = nav.where(nav.product_id == launched.product_id).orderBy("nav_date").first()
    assert first is not None
    assert first["nav_date"] == catalog.days[launched.first_nav_day]
    assert first["unit_nav"] == Decimal("1.0000")


def test_a_product_has_a_row_per_rate(spark: SparkSession) -> None:
    catalog = build_catalog(LedgerPlan(products=5))
    products = build_products(spark, catalog)
    bond = products.where(products.product_type == "bond").orderBy("effective_from").collect()
    assert [row["management_fee_rate"] for row in bond] == [
        Decimal("0.005000"),
        Decimal("0.003000"),
    ]
    assert products.count() == 6
