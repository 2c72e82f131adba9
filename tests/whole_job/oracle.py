"""Features of every user by DuckDB: SQL written from the model's definitions, not from our code.

The fee is summed night by night for every trade, in double precision: a user who buys u units on
day t and sells them on day s has paid for the nights t … s − 1.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from tests.whole_job.running import LedgerFiles

# Columns that are the same to the last digit; monetary is a double here.
EXACT = [
    "user_id",
    "recency_days",
    "frequency",
    "first_purchase_date",
    "last_purchase_date",
    "cumulative_amount",
    "holding_amount",
    "products_held",
    "retained",
]

_FEATURES = """
WITH trade AS (
    SELECT *,
        -- A user buys on the day of the order; units and fees follow the confirmation.
        coalesce(application_date, trade_date) AS purchase_date,
        trade_type IN ('initial_subscription', 'subscription', 'recurring_subscription')
            AS is_purchase,
        CASE
            WHEN trade_type IN ('initial_subscription', 'subscription', 'recurring_subscription',
                'conversion_in', 'dividend_reinvestment', 'money_fund_income', 'adjust_in',
                'transfer_in') THEN units
            WHEN trade_type IN ('redemption', 'conversion_out', 'forced_redemption', 'adjust_out',
                'transfer_out') THEN -units
            WHEN trade_type = 'split' THEN units
            ELSE 0
        END AS change
    FROM read_parquet($trades)
    WHERE trade_date <= CAST($as_of AS DATE)
),
calendar AS (
    SELECT CAST(unnest(generate_series(
        (SELECT min(trade_date) FROM trade), CAST($as_of AS DATE), INTERVAL 1 DAY)) AS DATE) AS day
),
product AS (SELECT DISTINCT product_id FROM read_parquet($products)),
-- The value of a day is the last published one, and 1 before the first.
valued AS (
    SELECT p.product_id, c.day, coalesce(n.unit_nav, 1) AS nav
    FROM product p CROSS JOIN calendar c
    ASOF LEFT JOIN read_parquet($nav) n
        ON n.product_id = p.product_id AND n.nav_date <= c.day
),
-- A night that begins on a day is charged by the rate of the next day.
night AS (
    SELECT v.product_id, v.day, v.nav::DOUBLE * r.management_fee_rate::DOUBLE / 365 AS fee_per_unit
    FROM valued v
    ASOF JOIN read_parquet($products) r
        ON r.product_id = v.product_id AND r.effective_from <= v.day + 1
    WHERE v.day < CAST($as_of AS DATE)
),
fee AS (
    SELECT t.user_id, sum(t.change::DOUBLE * n.fee_per_unit) AS monetary
    FROM trade t
    JOIN night n ON n.product_id = t.product_id AND n.day >= t.trade_date
    GROUP BY t.user_id
),
position AS (
    SELECT user_id, product_id, sum(change) AS units FROM trade GROUP BY user_id, product_id
),
holding AS (
    SELECT p.user_id,
        sum(p.units::DECIMAL(18, 4) * v.nav::DECIMAL(18, 4)) AS value,
        count(*) FILTER (WHERE p.units > 0) AS products_held
    FROM position p
    JOIN valued v ON v.product_id = p.product_id AND v.day = CAST($as_of AS DATE)
    GROUP BY p.user_id
),
purchase AS (
    SELECT user_id,
        count(*) AS frequency,
        min(coalesce(application_date, trade_date)) AS first_purchase_date,
        max(coalesce(application_date, trade_date)) AS last_purchase_date,
        sum(amount) AS cumulative_amount
    FROM trade WHERE is_purchase GROUP BY user_id
),
traded AS (SELECT user_id, count(*) AS trades FROM trade GROUP BY user_id)
SELECT
    b.user_id,
    CAST($as_of AS DATE) - b.last_purchase_date AS recency_days,
    b.frequency,
    coalesce(f.monetary, 0) AS monetary,
    b.first_purchase_date,
    b.last_purchase_date,
    b.cumulative_amount,
    round(h.value, 2) AS holding_amount,
    h.products_held,
    h.products_held > 0 AS retained,
    t.trades
FROM purchase b
JOIN traded t USING (user_id)
JOIN holding h USING (user_id)
LEFT JOIN fee f USING (user_id)
ORDER BY b.user_id
"""


def features_by_duckdb(ledger: LedgerFiles, as_of: str) -> pd.DataFrame:
    """One row per user with a purchase: the columns of ``user_features``, and ``trades``.

    ``monetary`` is a double, in yuan; amounts are decimals.
    """
    files = {name: f"{getattr(ledger, name)}/*.parquet" for name in ("trades", "nav", "products")}
    with duckdb.connect() as connection:
        connection.execute(_FEATURES, {**files, "as_of": as_of})
        names = [column[0] for column in connection.description or ()]
        return pd.DataFrame(connection.fetchall(), columns=names)


def trades_by_type(ledger: LedgerFiles) -> dict[str, int]:
    """Rows per trade type."""
    query = "SELECT trade_type, count(*) FROM read_parquet($trades) GROUP BY trade_type"
    with duckdb.connect() as connection:
        found = connection.execute(query, {"trades": f"{ledger.trades}/*.parquet"}).fetchall()
    return dict(found)
