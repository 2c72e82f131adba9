"""Products and NAVs: cleaned, in memory, as trades are judged and fee curves are built by them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, DateType, StringType, StructField, StructType

from rfmf_spark.config.settings import Settings
from rfmf_spark.ledger.audit import Audit
from rfmf_spark.ledger.clean_source import CleanSource, clean_source, open_input
from rfmf_spark.ledger.rules import classify_nav, classify_products
from rfmf_spark.schemas.inputs import NAV_COLUMNS, PRODUCT_COLUMNS
from rfmf_spark.session.small_data import to_spark

MONEY_MARKET = "money"
FACE_VALUE_E4 = 10_000

_INCOME_TRADE = "money_fund_income"

_KNOWN_SCHEMA = StructType(
    [
        StructField("product_id", StringType()),
        StructField("has_nav", BooleanType()),
        StructField("inception_date", DateType()),
    ]
)


class ReadSource(NamedTuple):
    """An input that has been read whole, and what has become of its rows."""

    clean: CleanSource
    audit: Audit


@dataclass(frozen=True)
class ProductValues:
    """What products and their units are worth, and which of them a trade may have.

    ``products``: ``product_id``, the yearly rates (``…_e8``) and ``effective_day`` (days from 1970,
    NaN for "always"), one row per product and rate; ``nav`` and ``income``: see ``split_values``.
    ``known`` is what ``classify_trades`` asks for, ``sources`` are where all this comes from.
    """

    sources: tuple[ReadSource, ReadSource]
    products: pd.DataFrame
    nav: pd.DataFrame
    income: pd.DataFrame
    known: DataFrame


def clean_values(spark: SparkSession, settings: Settings, as_of: dt.date) -> ProductValues:
    """Open and clean products and NAVs. Raises ``InputRefusedError``."""
    products = open_input(spark, settings, "products", PRODUCT_COLUMNS)
    clean_products = clean_source(
        products,
        lambda rows: classify_products(rows, products.mapping),
        ("product_id", "effective_from"),
    )
    nav = open_input(spark, settings, "nav", NAV_COLUMNS)
    clean_nav = clean_source(
        nav, lambda rows: classify_nav(rows, as_of, nav.mapping), ("product_id", "nav_date")
    )
    product_table, products_audit = clean_products.read(_collect_products)
    nav_table, nav_audit = clean_nav.read(_collect_nav)
    money_funds = set(product_table.loc[_is_money(product_table), "product_id"])
    values, income = split_values(nav_table, money_funds)
    known = _known_products(spark, product_table, values)
    sources = ReadSource(clean_products, products_audit), ReadSource(clean_nav, nav_audit)
    return ProductValues(sources, product_table, values, income, known)


def split_values(nav: pd.DataFrame, money_funds: set[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """NAVs and incomes of rows that may have either (``unit_nav_e4``, ``income_per_10k_e8``).

    A day on which a money fund tells only its income has the face value. Other products have no
    income. Result: ``product_id``, ``nav_day``, ``unit_nav_e4``; ``product_id``,
    ``nav_day``, ``income_per_10k_e8``; whole numbers without gaps.
    """
    is_money = nav["product_id"].isin(money_funds)
    value = nav["unit_nav_e4"].mask(is_money & nav["unit_nav_e4"].isna(), FACE_VALUE_E4)
    income = nav["income_per_10k_e8"].where(is_money)
    days = nav[["product_id", "nav_day"]]
    values = days.assign(unit_nav_e4=value)[value.notna()].astype({"unit_nav_e4": np.int64})
    incomes = days.assign(income_per_10k_e8=income)[income.notna()]
    return values, incomes.astype({"income_per_10k_e8": np.int64})


def without_credited(income: pd.DataFrame, trades: DataFrame) -> pd.DataFrame:
    """The incomes of products whose accepted trades hold none: nothing is credited twice."""
    if income.empty:
        return income
    credited = trades.where(F.col("trade_type") == _INCOME_TRADE).select("product_id").distinct()
    return income[~income["product_id"].isin({row[0] for row in credited.collect()})]


def _collect_products(products: DataFrame) -> pd.DataFrame:
    columns = products.select(
        "product_id",
        "product_type",
        "management_fee_rate_e8",
        "sales_service_fee_rate_e8",
        "trailing_commission_rate_e8",
        "inception_date",
        F.unix_date("effective_from").alias("effective_day"),
    )
    return columns.toPandas()


def _collect_nav(nav: DataFrame) -> pd.DataFrame:
    columns = nav.select(
        "product_id", F.unix_date("nav_date").alias("nav_day"), "unit_nav_e4", "income_per_10k_e8"
    )
    return columns.toPandas()


def _known_products(spark: SparkSession, products: pd.DataFrame, nav: pd.DataFrame) -> DataFrame:
    """Known products and whether they have a value: a NAV row, or a money fund's face value."""
    has_value = _is_money(products) | products["product_id"].isin(set(nav["product_id"]))
    valued = products.assign(has_nav=has_value).groupby("product_id", as_index=False)
    known = valued.agg({"has_nav": "any", "inception_date": "min"})
    return to_spark(spark, known, _KNOWN_SCHEMA)


def _is_money(products: pd.DataFrame) -> pd.Series[bool]:
    return products["product_type"].str.strip().str.lower() == MONEY_MARKET
