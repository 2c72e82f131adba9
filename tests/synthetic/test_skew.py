"""A skewed ledger has one heavy user and one heavy product, and methods that Java compiles."""

from __future__ import annotations

import contextlib
import io
import re

import pytest
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.synthetic.ledger import LedgerPlan, generate_ledger

LARGEST_COMPILED_METHOD = 8_000


def test_one_user_buys_as_often_as_planned_and_half_goes_to_one_product(
    spark: SparkSession,
) -> None:
    plan = LedgerPlan(users=1_000, seed=5, skew=True, skew_purchases=700)
    ledger = generate_ledger(spark, plan, partitions=2)
    trades = ledger.trades.select("trade_id", "user_id", "product_id", "trade_type").toPandas()
    purchases = trades[trades["trade_type"].str.endswith("subscription")]
    assert trades["trade_id"].is_unique
    assert purchases["user_id"].value_counts().iloc[0] == 700
    assert purchases["user_id"].value_counts().iloc[1] < 200
    assert 0.45 < purchases["product_id"].value_counts(normalize=True).iloc[0] < 0.7


@pytest.mark.parametrize(
    "plan",
    [
        LedgerPlan(users=100),
        LedgerPlan(users=100, dirty=0.1, profile_signal=0.5),
        LedgerPlan(users=100, skew=True),
    ],
    ids=["plain", "dirty", "skew"],
)
def test_no_method_is_too_large_for_java_to_compile(
    classic_spark: SparkSession, plan: LedgerPlan
) -> None:
    ledger = generate_ledger(classic_spark, plan, partitions=1)
    sizes = {name: _largest_method(table) for name, table in ledger.tables().items()}
    assert {n: size for n, size in sizes.items() if size > LARGEST_COMPILED_METHOD} == {}
    assert sizes["trades"] > 0


def _largest_method(table: DataFrame) -> int:
    spark = table.sparkSession
    adaptive = spark.conf.get("spark.sql.adaptive.enabled")
    # An adaptive plan is not generated before it runs.
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    try:
        with contextlib.redirect_stdout(io.StringIO()) as told:
            table.explain("codegen")
    finally:
        spark.conf.set("spark.sql.adaptive.enabled", str(adaptive))
    return max(int(size) for size in re.findall(r"maxMethodCodeSize:(\d+)", told.getvalue()))
