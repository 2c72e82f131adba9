"""A clean ledger with its fee curves: which days they cover, and when there are none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.features.priced_ledger import open_priced_ledger, validate_inputs
from rfmf_spark.ledger.reconciliation import as_table
from tests.builders import nav, product, trade, write_ledger

AS_OF = dt.date(2019, 6, 30)
TRADES = [
    trade(trade_id="late", trade_date=AS_OF + dt.timedelta(days=1)),
    trade(trade_id="first", trade_date=dt.date(2019, 1, 1)),
    trade(trade_id="second", product_id="p4"),
]
PRODUCTS = [
    product(),
    product(product_id="p2"),
    product(product_id="p3"),
    product(product_id="p4", product_type=" Money "),
]


def at(as_of: dt.date, settings: Settings) -> Settings:
    return settings.model_copy(update={"as_of": as_of})


def test_curves_cover_the_accepted_trades_of_every_product(
    spark: SparkSession, tmp_path: Path
) -> None:
    settings = write_ledger(spark, tmp_path, TRADES, [nav()], PRODUCTS)
    with open_priced_ledger(spark, at(AS_OF, settings)) as ledger:
        assert ledger.curves is not None
        assert not ledger.curves.grows

        curves = {row["product_id"]: row for row in ledger.curves.rows.collect()}

        assert sorted(curves) == ["p1", "p2", "p3", "p4"]
        assert len(curves["p1"]["fee_curve"]) == (AS_OF - dt.date(2019, 1, 1)).days + 1


def test_what_was_made_of_the_rows_comes_with_what_became_of_them(
    spark: SparkSession, tmp_path: Path
) -> None:
    settings = write_ledger(spark, tmp_path, TRADES, [nav()], PRODUCTS)
    with open_priced_ledger(spark, at(AS_OF, settings)) as ledger:
        ids, audit = ledger.read(
            lambda rows: sorted(row["trade_id"] for row in rows.trades.collect())
        )

        assert ids == ["first", "second"]
        assert audit.accounted.accepted_rows == {"products": 4, "nav": 1, "trades": 2}
        assert audit.accounted.purchases.rows == 2
        assert as_table(audit.outcomes).equals(as_table(ledger.count().outcomes))


def test_a_value_that_no_fee_curve_can_hold_is_refused_before_a_run(
    spark: SparkSession, tmp_path: Path
) -> None:
    dear = [product(management_fee_rate=Decimal("0.99"))]
    settings = write_ledger(spark, tmp_path, TRADES[:2], [nav(unit_nav=Decimal(900_000))], dear)

    with pytest.raises(InputRefusedError, match=r"^input\.nav: product p1 would have cost "):
        validate_inputs(spark, at(AS_OF, settings))


def test_the_basis_amount_has_no_curves_where_products_are_not_told(
    spark: SparkSession, tmp_path: Path
) -> None:
    settings = write_ledger(spark, tmp_path, TRADES, [nav()], PRODUCTS)
    given = {"trades": settings.input.trades}
    told = {"as_of": AS_OF, "input": given, "features": {"basis": "amount"}}
    with open_priced_ledger(spark, Settings.model_validate(told)) as ledger:
        assert ledger.curves is None
        assert ledger.rows.curves is None
