"""Rows of the inputs with valid defaults, so that a test writes only the fields that matter.

Typed frames look like Parquet inputs, text frames like CSV inputs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.sections.input import InputSettings
from rfmf_spark.config.settings import Settings

Row = dict[str, Any]

TRADE_TYPES = (
    "trade_id string, user_id string, product_id string, trade_date date, trade_type string, "
    "amount decimal(18,2), units decimal(20,4)"
)
NAV_TYPES = "product_id string, nav_date date, unit_nav decimal(18,4)"
PRODUCT_TYPES = (
    "product_id string, product_type string, management_fee_rate decimal(12,8), effective_from date"
)


def trade(**changed: object) -> Row:
    """A subscription of 100 yuan at net asset value 1."""
    return {
        "trade_id": "t1",
        "user_id": "u1",
        "product_id": "p1",
        "trade_date": dt.date(2019, 1, 2),
        "trade_type": "subscription",
        "amount": Decimal("100.00"),
        "units": Decimal("100.0000"),
    } | changed


def nav(**changed: object) -> Row:
    """Face value on the day of the default trade."""
    return {
        "product_id": "p1",
        "nav_date": dt.date(2019, 1, 2),
        "unit_nav": Decimal("1.0000"),
    } | changed


def product(**changed: object) -> Row:
    """An equity fund that costs 1.5 % a year from its beginning."""
    return {
        "product_id": "p1",
        "product_type": "equity",
        "management_fee_rate": Decimal("0.015"),
        "effective_from": None,
    } | changed


def typed(spark: SparkSession, types: str, rows: Iterable[Row]) -> DataFrame:
    """Rows as columns of the named types (a list such as ``TRADE_TYPES``)."""
    names = _names(types)
    return spark.createDataFrame([tuple(row[name] for name in names) for row in rows], types)


def as_text(spark: SparkSession, types: str, rows: Iterable[Row]) -> DataFrame:
    """The same rows with every value as text, as CSV gives them."""
    names = _names(types)
    told = [tuple(None if row[name] is None else str(row[name]) for name in names) for row in rows]
    return spark.createDataFrame(told, ", ".join(f"{name} string" for name in names))


def write_ledger(
    spark: SparkSession,
    folder: Path,
    trades: Sequence[Row],
    navs: Sequence[Row] = (),
    products: Sequence[Row] = (),
    **sections: object,
) -> Settings:
    """Write a ledger as Parquet; the settings that name it, with other ``sections`` as given."""
    paths = {}
    for name, types, rows in (
        ("trades", TRADE_TYPES, trades),
        ("nav", NAV_TYPES, navs or [nav()]),
        ("products", PRODUCT_TYPES, products or [product()]),
    ):
        paths[name] = str(folder / name)
        typed(spark, types, rows).coalesce(1).write.parquet(paths[name])
    return Settings.model_validate({"input": InputSettings.model_validate(paths)} | sections)


def _names(types: str) -> list[str]:
    return [column.split()[0] for column in types.split(", ")]
