-- Features and scores of every user with a purchase, from a ledger of Parquet files, by DuckDB.
-- Whole numbers throughout: cents, 1/10,000 units, 1e-16 yuan per unit in the fee curve (summed
-- from 1970), 1e-8 yuan in fees, each trade rounded half up.

CREATE MACRO kind(t) AS CASE
    WHEN t IN ('initial_subscription', 'subscription', 'recurring_subscription') THEN 'bought'
    WHEN t = 'conversion_in' THEN 'paid in'
    WHEN t IN ('dividend_reinvestment', 'money_fund_income', 'adjust_in', 'transfer_in') THEN 'in'
    WHEN t IN ('redemption', 'conversion_out', 'forced_redemption') THEN 'paid out'
    WHEN t IN ('adjust_out', 'transfer_out') THEN 'out'
    WHEN t = 'cash_dividend' THEN 'paid'
    WHEN t = 'split' THEN 'split'
END;

CREATE TEMP TABLE product AS
SELECT product_id, effective_from, (management_fee_rate * 100000000)::BIGINT AS rate_e8
FROM read_parquet(getvariable('products'));

CREATE TEMP TABLE judged AS
SELECT
    trade_id, user_id, product_id, trade_date, kind(trade_type) AS kind,
    coalesce(application_date, trade_date) AS ordered_on,
    (coalesce(amount, 0) * 100)::BIGINT AS cents,
    (coalesce(units, 0) * 10000)::BIGINT AS units_e4,
    CASE
        WHEN trade_id IS NULL OR user_id IS NULL OR product_id IS NULL OR trade_date IS NULL
            OR trade_type IS NULL THEN 'missing_value'
        WHEN kind(trade_type) IS NULL THEN 'unknown_trade_type'
        WHEN kind(trade_type) IN ('bought', 'paid in', 'paid out', 'paid')
            AND NOT coalesce(amount > 0 AND amount <= 10000000000, false) THEN 'out_of_range'
        WHEN kind(trade_type) NOT IN ('paid', 'split') AND NOT coalesce(units > 0, false)
            THEN 'out_of_range'
        WHEN application_date > trade_date OR fee < 0 THEN 'out_of_range'
        WHEN product_id NOT IN (SELECT product_id FROM product) THEN 'unknown_product'
        WHEN trade_date > getvariable('as_of') THEN 'after_as_of'
    END AS reason
FROM read_parquet(getvariable('trades'));

CREATE TEMP TABLE repeated AS
SELECT trade_id FROM judged WHERE reason IS NULL GROUP BY trade_id HAVING count(*) > 1;

-- Of equal copies one counts; of contradictions none.
CREATE TEMP VIEW trade AS
SELECT * FROM judged WHERE reason IS NULL AND trade_id NOT IN (FROM repeated)
UNION ALL
SELECT DISTINCT ON (trade_id) * FROM judged
WHERE reason IS NULL AND trade_id IN (
    SELECT trade_id FROM judged WHERE reason IS NULL AND trade_id IN (FROM repeated)
    GROUP BY trade_id
    HAVING count(DISTINCT (user_id, product_id, trade_date, kind, ordered_on, cents, units_e4)) = 1
);

CREATE TEMP TABLE reconciliation AS
SELECT coalesce(reason, 'passed') AS outcome, count(*) AS n, sum(cents) AS cents, sum(units_e4) AS units_e4
FROM judged GROUP BY ALL;

CREATE TEMP TABLE curve AS
WITH calendar AS (
    SELECT unnest(generate_series(DATE '1970-01-01', getvariable('as_of'), INTERVAL 1 DAY))::DATE AS day
),
valued AS (
    SELECT p.product_id, c.day, coalesce((n.unit_nav * 10000)::BIGINT, 10000) AS nav_e4
    FROM (SELECT DISTINCT product_id FROM product) p CROSS JOIN calendar c
    ASOF LEFT JOIN read_parquet(getvariable('nav')) n
        ON n.product_id = p.product_id AND n.nav_date <= c.day
),
-- A night that begins on a day is charged by the rate of the next; the first rate holds before.
rated AS (
    SELECT product_id, rate_e8,
        CASE WHEN row_number() OVER (PARTITION BY product_id ORDER BY effective_from) = 1
            THEN DATE '1900-01-01' ELSE effective_from END AS since
    FROM product
),
night AS (
    SELECT v.product_id, v.day, v.nav_e4, v.nav_e4::HUGEINT * r.rate_e8 AS fee_e12
    FROM valued v ASOF JOIN rated r ON r.product_id = v.product_id AND r.since <= v.day + 1
)
SELECT product_id, day, nav_e4,
    ((coalesce(sum(fee_e12) OVER (PARTITION BY product_id ORDER BY day
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) * 20000 + 365) // 730)::BIGINT
        AS fee_e16
FROM night;

CREATE MACRO times(units_e4, price_e16) AS
    sign(units_e4) * ((abs(units_e4)::HUGEINT * price_e16 + 500000000000) // 1000000000000)::BIGINT;

CREATE TEMP TABLE position AS
WITH moved AS (
    SELECT user_id, product_id, kind, ordered_on, cents, trade_date,
        CASE WHEN kind IN ('paid out', 'out') THEN -units_e4 WHEN kind = 'paid' THEN 0
            ELSE units_e4 END AS change
    FROM trade
)
SELECT m.user_id, m.product_id,
    sum(m.change)::BIGINT AS units_e4,
    sum(times(m.change, c.fee_e16))::BIGINT AS offset_e8,
    count(*) FILTER (kind = 'bought') AS purchases,
    min(ordered_on) FILTER (kind = 'bought') AS first_purchase,
    max(ordered_on) FILTER (kind = 'bought') AS last_purchase,
    coalesce(sum(cents) FILTER (kind = 'bought'), 0)::BIGINT AS cents
FROM moved m JOIN curve c ON c.product_id = m.product_id AND c.day = m.trade_date
GROUP BY m.user_id, m.product_id;

CREATE TEMP TABLE user_features AS
SELECT p.user_id,
    getvariable('as_of') - max(p.last_purchase) AS recency_days,
    sum(p.purchases)::BIGINT AS frequency,
    sum(CASE WHEN p.units_e4 < -10000 THEN 0 ELSE times(p.units_e4, c.fee_e16) - p.offset_e8 END)::BIGINT
        AS monetary_e8,
    min(p.first_purchase) AS first_purchase_date,
    max(p.last_purchase) AS last_purchase_date,
    sum(p.cents)::BIGINT AS cumulative_cents,
    sum(greatest(p.units_e4, 0)::HUGEINT * c.nav_e4)::BIGINT AS holding_e8,
    count(*) FILTER (p.units_e4 > 0) AS products_held,
    count(*) FILTER (p.units_e4 < -10000) AS overdrawn_positions
FROM position p JOIN curve c ON c.product_id = p.product_id AND c.day = getvariable('as_of')
GROUP BY p.user_id
HAVING sum(p.purchases) > 0;

-- Mid ranks: ten scores, equal values equal.
CREATE MACRO score_of(worse, equal, everyone) AS
    CAST(1 + 10 * (2 * worse + equal) // (2 * everyone) AS INTEGER);

CREATE TEMP TABLE n AS SELECT count(*) AS n FROM user_features;
CREATE TEMP TABLE r_scores AS
SELECT v, score_of(coalesce(sum(c) OVER (ORDER BY v DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), c, (FROM n)) AS score
FROM (SELECT recency_days AS v, count(*) AS c FROM user_features GROUP BY 1);
CREATE TEMP TABLE f_scores AS
SELECT v, score_of(coalesce(sum(c) OVER (ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), c, (FROM n)) AS score
FROM (SELECT frequency AS v, count(*) AS c FROM user_features GROUP BY 1);
CREATE TEMP TABLE m_scores AS
SELECT v, score_of(coalesce(sum(c) OVER (ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), c, (FROM n)) AS score
FROM (SELECT monetary_e8 AS v, count(*) AS c FROM user_features GROUP BY 1);

CREATE TEMP TABLE scored AS
SELECT u.*, r.score AS r_score, f.score AS f_score, m.score AS m_score
FROM user_features u
JOIN r_scores r ON r.v = u.recency_days
JOIN f_scores f ON f.v = u.frequency
JOIN m_scores m ON m.v = u.monetary_e8;
