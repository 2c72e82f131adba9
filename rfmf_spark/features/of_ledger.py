"""From a clean ledger to holdings and the features of every user."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import DataFrame

from rfmf_spark.config.settings import Settings
from rfmf_spark.features.holdings import build_holdings
from rfmf_spark.features.priced_ledger import LedgerRows
from rfmf_spark.features.purchases import feature_options
from rfmf_spark.features.user_features import build_user_features
from rfmf_spark.ledger.trade_types import purchase_types


def build_users(
    ledger: LedgerRows, settings: Settings, as_of: dt.date
) -> tuple[DataFrame, DataFrame]:
    """Holdings, and the features of every user of the ledger, with a purchase or without."""
    options = feature_options(settings.features, as_of)
    purchases, quality = purchase_types(settings.features), settings.quality
    holdings = build_holdings(ledger.trades, ledger.curves, purchases, options, ledger.opening)
    tolerances = quality.overdrawn_tolerance_units, quality.income_tolerance_units
    basis = settings.features.basis
    return holdings, build_user_features(holdings, ledger.curves, as_of, basis, *tolerances)
