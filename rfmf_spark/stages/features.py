"""Second stage: holdings and features of every user, or features that were given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.features.given_features import build_given_features
from rfmf_spark.features.holdings import publish_holdings
from rfmf_spark.features.of_ledger import build_users
from rfmf_spark.features.priced_ledger import LedgerRows, PricedLedger
from rfmf_spark.features.purchases import feature_options, total_purchases
from rfmf_spark.features.user_features import monetary_integer
from rfmf_spark.ledger.profiles import count_profiles
from rfmf_spark.ledger.reconciliation import check_equal
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.ledger.trade_types import purchase_types
from rfmf_spark.run.context import RunContext
from rfmf_spark.session.exact import sum_of
from rfmf_spark.session.observing import observe
from rfmf_spark.stages.clean import StoredLedger, read_ledger


def write_features(context: RunContext, ledger: PricedLedger | StoredLedger) -> None:
    """Write the features of every user with a purchase: computed, or as they were given."""
    if context.settings.input.features is None:
        _build_features(context, ledger)
    else:
        _take_features(context, ledger)


def read_features(context: RunContext) -> DataFrame:
    """Features as they were written, the three scored ones as whole numbers."""
    basis = context.settings.features.basis
    return context.store.read_run("user_features", context.run).select(
        "user_id",
        F.col("recency_days").cast("bigint").alias("recency"),
        "frequency",
        monetary_integer(F.col("monetary"), basis).alias("monetary"),
        "cumulative_amount",
        "holding_amount",
        "retained",
    )


def _build_features(context: RunContext, ledger: PricedLedger | StoredLedger) -> None:
    settings, as_of = context.settings, context.run.as_of
    with context.progress.stage("features") as stage:
        found, accounted = read_ledger(context, ledger, lambda rows: _write_users(context, rows))
        written = _total_features(context)
        expected = Totals(accounted.purchases.rows, accounted.purchases.cents)
        options = feature_options(settings.features, as_of)
        if not options.counts_every_purchase:
            purchases = purchase_types(settings.features)
            expected = total_purchases(ledger.rows.trades, purchases, options)
        check_equal(
            "table user_features (purchases)",
            expected,
            Totals(written["purchases"], written["purchase_cents"]),
        )
        if written["users"] == 0:
            raise InputRefusedError(
                f"input.trades: no user has a purchase up to {as_of}; check as_of, the trade types "
                f"of the input, and features.window_days and features.window_start where set"
            )
        # Observations can count a repeated task twice: these figures inform and decide nothing.
        context.result.control_totals = context.result.control_totals.counted(
            **written,
            users_without_purchase=found["users"] - written["users"],
            overdrawn_positions=found["overdrawn_positions"],
            **_total_profiles(context, ledger.rows),
        )
        stage.rows = written["users"]


def _write_users(context: RunContext, rows: LedgerRows) -> Mapping[str, Any]:
    """Figures of all users of the ledger, of whom those with a purchase were written."""
    settings = context.settings
    holdings, everyone = build_users(rows, settings, context.run.as_of)
    if settings.output.write_holdings and rows.curves is not None:
        context.write("holdings", publish_holdings(holdings))
    figures = [
        F.count("*").alias("users"),
        F.coalesce(F.sum("overdrawn_positions"), F.lit(0)).alias("overdrawn_positions"),
    ]

    def write(users: DataFrame) -> None:
        context.write("user_features", users.where(F.col("frequency") > 0))

    _, found = observe(everyone, "users of the ledger", figures, write)
    return found


def _take_features(context: RunContext, ledger: PricedLedger | StoredLedger) -> None:
    def write(rows: LedgerRows) -> None:
        context.write("user_features", build_given_features(rows.trades, context.run.as_of))

    with context.progress.stage("features") as stage:
        _, accounted = read_ledger(context, ledger, write)
        written = _total_features(context)
        accepted = accounted.accepted_rows["features"]
        check_equal("table user_features (users)", Totals(accepted), Totals(written["users"]))
        if written["users"] == 0:
            raise InputRefusedError("input.features: no row could be used; see table quarantine")
        context.result.control_totals = context.result.control_totals.counted(
            **written,
            users_without_purchase=0,
            overdrawn_positions=0,
            **_total_profiles(context, ledger.rows),
        )
        stage.rows = written["users"]


def _total_features(context: RunContext) -> dict[str, int]:
    """Users, purchases and cents as they stand in the table that was written."""
    cents = (F.col("cumulative_amount") * 100).cast("decimal(38,0)")
    written = context.store.read_run("user_features", context.run)
    row = written.agg(
        F.count("*").alias("users"),
        F.coalesce(sum_of(written, "frequency"), F.lit(0)).alias("purchases"),
        F.coalesce(F.sum(cents), F.lit(0)).alias("purchase_cents"),
    ).collect()[0]
    return {name: int(value) for name, value in row.asDict().items()}


def _total_profiles(context: RunContext, ledger: LedgerRows) -> dict[str, int]:
    """Profiles, where they are given, and those of users who have no features."""
    if ledger.profiles is None:
        return {}
    return count_profiles(ledger.profiles, context.store.read_run("user_features", context.run))
