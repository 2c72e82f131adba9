"""An expert's segmentation with Polars and scikit-learn: python -m benchmarks.peers.polars_peer …

Arguments and work as in ``duckdb_peer.py``; every step is a lazy query on the streaming engine.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from pathlib import Path

import polars as pl

from benchmarks.peers.clusters import CELL, cluster_cells

_KINDS = {
    "initial_subscription": "bought",
    "subscription": "bought",
    "recurring_subscription": "bought",
    "conversion_in": "paid in",
    "dividend_reinvestment": "in",
    "money_fund_income": "in",
    "adjust_in": "in",
    "transfer_in": "in",
    "redemption": "paid out",
    "conversion_out": "paid out",
    "forced_redemption": "paid out",
    "adjust_out": "out",
    "transfer_out": "out",
    "cash_dividend": "paid",
    "split": "split",
}
_OVERDRAWN_E4 = -10_000
_HALF_OF_E12, _E12 = 500_000_000_000, 1_000_000_000_000


def main(ledger: str, out: str, as_of: str) -> None:
    """Segment all users, write Parquet files, and print seconds by phase as JSON."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    day = dt.date.fromisoformat(as_of)
    started = time.monotonic()
    products = pl.read_parquet(f"{ledger}/products/*.parquet")
    judged = _judge(pl.scan_parquet(f"{ledger}/trades/*.parquet"), products, day)
    curve = _fee_curve(products, pl.read_parquet(f"{ledger}/nav/*.parquet"), day)
    scored = _score(_features(_without_repeats(judged), curve, day))
    features_done = time.monotonic()
    cells = scored.group_by(CELL).agg(users=pl.len()).sort(CELL)
    clustered = cluster_cells(cells.to_pandas())
    segments = cells.drop("users").with_columns(segment_id=pl.Series(clustered))
    clusters_done = time.monotonic()
    _publish(scored.join(segments, on=CELL), judged, folder)
    seconds = {
        "features and scores": features_done - started,
        "clusters": clusters_done - features_done,
        "results": time.monotonic() - clusters_done,
    }
    print(json.dumps({name: round(taken, 2) for name, taken in seconds.items()}))


def _judge(trades: pl.LazyFrame, products: pl.DataFrame, as_of: dt.date) -> pl.LazyFrame:
    """Trades as whole numbers, with the reason why a row does not count."""
    kind, keys = pl.col("kind"), ("trade_id", "user_id", "product_id", "trade_date", "trade_type")
    moves_money = kind.is_in(["bought", "paid in", "paid out", "paid"])
    cents = pl.col("cents")
    is_bad = (
        (moves_money & ~cents.is_between(1, 10**12))
        | (~kind.is_in(["paid", "split"]) & (pl.col("units_e4") <= 0))
        | (pl.col("application_date") > pl.col("trade_date"))
        | (pl.col("fee") < 0)
    )
    return trades.with_columns(
        kind=pl.col("trade_type").replace_strict(_KINDS, default=None, return_dtype=pl.String),
        ordered_on=pl.coalesce("application_date", "trade_date"),
        cents=(pl.col("amount").fill_null(0) * 100).cast(pl.Int64),
        units_e4=(pl.col("units").fill_null(0) * 10_000).cast(pl.Int64),
    ).select(
        "trade_id",
        "user_id",
        "product_id",
        "trade_date",
        "kind",
        "ordered_on",
        "cents",
        "units_e4",
        reason=pl.when(pl.any_horizontal(pl.col(*keys).is_null()))
        .then(pl.lit("missing_value"))
        .when(kind.is_null())
        .then(pl.lit("unknown_trade_type"))
        .when(is_bad)
        .then(pl.lit("out_of_range"))
        .when(~pl.col("product_id").is_in(products["product_id"].unique().to_list()))
        .then(pl.lit("unknown_product"))
        .when(pl.col("trade_date") > as_of)
        .then(pl.lit("after_as_of")),
    )


def _without_repeats(judged: pl.LazyFrame) -> pl.LazyFrame:
    """Of equal copies one counts; of contradictions none."""
    good = judged.filter(pl.col("reason").is_null()).drop("reason")
    hashed = good.select(key=pl.col("trade_id").hash())
    repeated = (
        hashed.group_by("key").len().filter(pl.col("len") > 1).collect(engine="streaming")["key"]
    )
    if repeated.is_empty():
        return good
    is_suspect = pl.col("trade_id").hash().is_in(repeated.to_list())
    copies = good.filter(is_suspect).unique()
    agreeing = copies.filter(pl.len().over("trade_id") == 1)
    return pl.concat([good.filter(~is_suspect), agreeing])


def _fee_curve(products: pl.DataFrame, nav: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """NAV (1/10,000) and accumulated fee (1e-16 yuan a unit, from 1970) by product and day.

    A night that begins on a day is charged by the rate of the next; the first rate holds before.
    """
    days = pl.DataFrame({"day": pl.date_range(dt.date(1970, 1, 1), as_of, eager=True)})
    is_first = pl.int_range(pl.len()).over("product_id") == 0
    rates = products.sort("product_id", "effective_from").select(
        "product_id",
        charged_from=pl.when(is_first)
        .then(dt.date(1900, 1, 1))
        .otherwise(pl.col("effective_from").dt.offset_by("-1d")),
        rate_e8=(pl.col("management_fee_rate") * 10**8).cast(pl.Int64),
    )
    values = nav.select(
        "product_id", "nav_date", nav_e4=(pl.col("unit_nav") * 10_000).cast(pl.Int64)
    )
    calendar = products.select("product_id").unique().join(days, how="cross").sort("day")
    valued = calendar.join_asof(
        values.sort("nav_date"), left_on="day", right_on="nav_date", by="product_id"
    ).join_asof(rates.sort("charged_from"), left_on="day", right_on="charged_from", by="product_id")
    value = pl.col("nav_e4").fill_null(10_000)
    night = value.cast(pl.Int128) * pl.col("rate_e8")
    so_far = night.cum_sum().shift(1, fill_value=0).over("product_id", order_by="day")
    return valued.select(
        "product_id",
        "day",
        nav_e4=value,
        fee_e16=((so_far * 20_000 + 365) // 730).cast(pl.Int64),
    )


def _times(units: pl.Expr, price: pl.Expr) -> pl.Expr:
    """Units (1/10,000) × price (1e-16), rounded half up to 1e-8, away from zero."""
    product = units.abs().cast(pl.Int128) * price.cast(pl.Int128)
    return units.sign() * ((product + _HALF_OF_E12) // _E12).cast(pl.Int64)


def _features(trades: pl.LazyFrame, curve: pl.DataFrame, as_of: dt.date) -> pl.LazyFrame:
    """Features of every user with a purchase."""
    kind, bought = pl.col("kind"), pl.col("kind") == "bought"
    change = (
        pl.when(kind.is_in(["paid out", "out"]))
        .then(-pl.col("units_e4"))
        .when(kind == "paid")
        .then(0)
        .otherwise(pl.col("units_e4"))
    )
    positions = (
        trades.join(
            curve.lazy(), left_on=["product_id", "trade_date"], right_on=["product_id", "day"]
        )
        .with_columns(change=change)
        .group_by("user_id", "product_id")
        .agg(
            units_e4=pl.col("change").sum(),
            offset_e8=_times(pl.col("change"), pl.col("fee_e16")).sum(),
            purchases=bought.sum(),
            first=pl.col("ordered_on").filter(bought).min(),
            last=pl.col("ordered_on").filter(bought).max(),
            cents=pl.col("cents").filter(bought).sum(),
        )
    )
    units = pl.col("units_e4")
    is_overdrawn = units < _OVERDRAWN_E4
    fee = _times(units, pl.col("fee_e16")) - pl.col("offset_e8")
    return (
        positions.join(curve.filter(pl.col("day") == as_of).lazy(), on="product_id")
        .group_by("user_id")
        .agg(
            frequency=pl.col("purchases").sum().cast(pl.Int64),
            monetary_e8=pl.when(is_overdrawn).then(0).otherwise(fee).sum(),
            first_purchase_date=pl.col("first").min(),
            last_purchase_date=pl.col("last").max(),
            cumulative_cents=pl.col("cents").sum(),
            holding_e8=(units.clip(lower_bound=0) * pl.col("nav_e4")).sum(),
            products_held=(units > 0).sum(),
            overdrawn_positions=is_overdrawn.sum(),
        )
        .filter(pl.col("frequency") > 0)
        .with_columns(recency_days=(as_of - pl.col("last_purchase_date")).dt.total_days())
    )


def _score(features: pl.LazyFrame) -> pl.DataFrame:
    """Features with three scores of 1 … 10 by mid ranks, so that equal values are equal."""
    users = features.collect(engine="streaming")
    for feature, score, descending in (
        ("recency_days", "r_score", True),
        ("frequency", "f_score", False),
        ("monetary_e8", "m_score", False),
    ):
        equal = pl.col("len").cast(pl.Int64)
        worse = equal.cum_sum() - equal
        counts = users.group_by(feature).len().sort(feature, descending=descending)
        scores = counts.select(
            feature,
            (1 + 10 * (2 * worse + equal) // (2 * users.height)).cast(pl.Int32).alias(score),
        )
        users = users.join(scores, on=feature)
    return users


def _publish(segmented: pl.DataFrame, judged: pl.LazyFrame, out: Path) -> None:
    scores = [*CELL, "segment_id"]
    segmented.drop(scores).write_parquet(out / "user_features.parquet")
    segmented.select("user_id", *scores).write_parquet(out / "user_segments.parquet")
    money = ("monetary_e8", "cumulative_cents", "holding_e8")
    profile = segmented.group_by("segment_id").agg(
        pl.len().alias("users"),
        pl.col("recency_days", "frequency", *money).mean().name.suffix("_mean"),
        pl.col("recency_days", "frequency", "monetary_e8").median().name.suffix("_median"),
        (pl.col("products_held") > 0).mean().alias("retention_rate"),
    )
    profile.sort("segment_id").write_parquet(out / "segment_profile.parquet")
    totals = judged.group_by("reason").agg(
        pl.len().alias("rows"), pl.col("cents").sum(), pl.col("units_e4").sum()
    )
    totals.collect(engine="streaming").write_parquet(out / "reconciliation.parquet")


if __name__ == "__main__":
    main(*sys.argv[1:])
