"""A ledger small enough to read into memory, as the tests of this folder see it."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from rfmf_spark.synthetic.ledger import Ledger


class Tables(NamedTuple):
    """The tables of a ledger in memory, the large ones in the order of their ids."""

    trades: pd.DataFrame
    nav: pd.DataFrame
    products: pd.DataFrame
    profiles: pd.DataFrame
    truth: pd.DataFrame


def collect_tables(ledger: Ledger) -> Tables:
    return Tables(
        trades=ledger.trades.toPandas().sort_values("trade_id", ignore_index=True),
        nav=ledger.nav.toPandas().sort_values(["product_id", "nav_date"], ignore_index=True),
        products=ledger.products.toPandas(),
        profiles=ledger.profiles.toPandas().sort_values("user_id", ignore_index=True),
        truth=ledger.truth.toPandas().sort_values("user_id", ignore_index=True),
    )
