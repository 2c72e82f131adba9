"""A ledger that is cut off: positions at the opening, computed again by DuckDB, and the rest."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.features.holdings import build_holdings
from rfmf_spark.features.priced_ledger import price_ledger
from rfmf_spark.features.purchases import feature_options
from rfmf_spark.features.user_features import build_user_features
from rfmf_spark.ledger.clean_ledger import clean_ledger
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.synthetic.ledger import Ledger, LedgerPlan, generate_ledger, write_ledger

OPENING = date(2019, 4, 30)
AS_OF = date(2019, 8, 14)

# Night by night in double precision: who holds u units overnight pays u * NAV * rate / 365.
_POSITIONS = """
WITH trade AS (
    SELECT *, trade_type LIKE '%subscription' AS is_purchase,
        CASE WHEN trade_type IN ('redemption', 'conversion_out', 'forced_redemption', 'adjust_out',
            'transfer_out') THEN -units WHEN trade_type = 'cash_dividend' THEN 0 ELSE units
        END AS change
    FROM trades WHERE trade_date <= $opening
),
day AS (
    SELECT CAST(unnest(generate_series(DATE '2018-12-11', $opening, INTERVAL 1 DAY)) AS DATE) AS day
),
valued AS (
    SELECT p.product_id, d.day, coalesce(n.unit_nav, 1) AS nav
    FROM (SELECT DISTINCT product_id FROM products) p CROSS JOIN day d
    ASOF LEFT JOIN nav n ON n.product_id = p.product_id AND n.nav_date <= d.day
),
night AS (
    SELECT v.product_id, v.day, v.nav::DOUBLE * r.management_fee_rate::DOUBLE / 365 AS fee
    FROM valued v
    ASOF JOIN products r ON r.product_id = v.product_id AND r.effective_from <= v.day + 1
    WHERE v.day < $opening
),
charged AS (
    SELECT t.trade_id, sum(n.fee) AS fee
    FROM trade t JOIN night n ON n.product_id = t.product_id AND n.day >= t.trade_date
    GROUP BY t.trade_id
)
SELECT user_id, product_id, sum(change)::DECIMAL(20,4) AS units,
    count(*) FILTER (WHERE is_purchase) AS purchases,
    min(application_date) FILTER (WHERE is_purchase) AS first_purchase_date,
    max(application_date) FILTER (WHERE is_purchase) AS last_purchase_date,
    coalesce(sum(amount) FILTER (WHERE is_purchase), 0)::DECIMAL(20,2) AS cumulative_amount,
    coalesce(sum(change::DOUBLE * charged.fee), 0) AS accrued_fee
FROM trade LEFT JOIN charged USING (trade_id)
GROUP BY ALL ORDER BY ALL
"""


@pytest.fixture(scope="module")
def whole(spark: SparkSession) -> Ledger:
    return generate_ledger(spark, LedgerPlan(users=400, products=15, seed=11), partitions=1)


@pytest.fixture(scope="module")
def opened(spark: SparkSession) -> Ledger:
    plan = LedgerPlan(users=400, products=15, seed=11, opening=OPENING)
    return generate_ledger(spark, plan, partitions=2)


@pytest.fixture(scope="module")
def written(
    whole: Ledger, opened: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("ledgers")
    ledgers = {"whole": whole, "opened": opened}
    for name, ledger in ledgers.items():
        write_ledger(ledger, str(folder / name), "parquet")
    return {name: folder / name for name in ledgers}


@pytest.fixture(scope="module")
def trades(whole: Ledger) -> pd.DataFrame:
    return whole.trades.toPandas()


def test_positions_are_what_the_earlier_trades_have_led_to(
    whole: Ledger, opened: Ledger, trades: pd.DataFrame
) -> None:
    with duckdb.connect() as oracle:
        oracle.register("trades", trades)
        oracle.register("nav", whole.nav.toPandas())
        oracle.register("products", whole.products.toPandas())
        expected = oracle.execute(_POSITIONS, {"opening": OPENING}).df()
    assert opened.opening_positions is not None
    found = opened.opening_positions.toPandas()
    found = found.sort_values(["user_id", "product_id"], ignore_index=True)
    assert (found["as_of"] == OPENING).all()
    assert len(found) == len(expected) > 300
    for name in ("user_id", "product_id", "purchases"):
        assert found[name].tolist() == expected[name].tolist()
    for name in ("units", "cumulative_amount"):
        assert (found[name].astype(float) == expected[name].astype(float)).all()
    for name in ("first_purchase_date", "last_purchase_date"):
        days = pd.to_datetime(found[name]).astype("datetime64[us]")
        assert days.equals(expected[name].astype("datetime64[us]"))
    fees = expected["accrued_fee"].tolist()
    assert found["accrued_fee"].astype(float).tolist() == pytest.approx(fees, rel=1e-9, abs=1e-7)


def user_features(spark: SparkSession, folder: Path, basis: str) -> list[str]:
    names = ["trades", "nav", "products", "opening_positions"]
    paths = {name: str(folder / name) for name in names if (folder / name).exists()}
    settings = Settings.model_validate({"input": paths, "features": {"basis": basis}})
    clean = clean_ledger(spark, settings, AS_OF)
    ledger = price_ledger(spark, clean, settings.features, AS_OF)
    assert {o.reason for o in ledger.count().outcomes if o.totals.rows and o.reason} == set()
    features = settings.features
    holdings = build_holdings(
        ledger.rows.trades,
        ledger.curves,
        purchase_types(features),
        feature_options(features, AS_OF),
        ledger.rows.opening,
    )
    users = build_user_features(holdings, ledger.curves, AS_OF, features.basis, 0.01)
    rows = sorted(repr(tuple(row)) for row in users.collect())
    ledger.release()
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("basis", ["management_fee", "net_revenue", "principal_days"])
def test_features_from_the_opening_are_those_of_the_whole_ledger(
    spark: SparkSession, written: dict[str, Path], basis: str
) -> None:
    whole = user_features(spark, written["whole"], basis)
    assert len(whole) > 300
    assert user_features(spark, written["opened"], basis) == whole


def test_lots_are_left_out_of_text_files(
    spark: SparkSession, opened: Ledger, tmp_path: Path
) -> None:
    assert opened.opening_positions is not None
    few = opened._replace(
        trades=opened.trades.limit(1),
        profiles=opened.profiles.limit(1),
        truth=opened.truth.limit(1),
        opening_positions=opened.opening_positions.limit(1),
    )
    write_ledger(few, str(tmp_path), "csv")
    columns = spark.read.csv(str(tmp_path / "opening_positions"), header=True).columns
    assert columns == opened.opening_positions.drop("open_lots").columns


def test_trades_on_or_before_the_opening_are_left_out(opened: Ledger, trades: pd.DataFrame) -> None:
    later = set(trades.loc[trades["trade_date"] > OPENING, "trade_id"])
    assert set(opened.trades.toPandas()["trade_id"]) == later
