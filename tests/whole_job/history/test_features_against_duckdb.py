"""Features of a whole run against an independent computation in DuckDB."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.whole_job.history.conftest import EARLIER_DATE
from tests.whole_job.oracle import EXACT, features_by_duckdb, trades_by_type
from tests.whole_job.results import FinishedRun
from tests.whole_job.running import AS_OF, LedgerFiles

pytestmark = pytest.mark.slow


def test_the_ledger_has_what_makes_fees_hard(ledger: LedgerFiles) -> None:
    counted = trades_by_type(ledger)
    assert min(counted["redemption"], counted["recurring_subscription"]) > 100
    assert counted["conversion_in"] == counted["conversion_out"] > 50
    rates = pd.read_parquet(ledger.products).groupby("product_id")["management_fee_rate"].nunique()
    assert (rates > 1).any()


@pytest.mark.parametrize(
    ("run", "as_of"), [("first_run", AS_OF), ("earlier_date_run", EARLIER_DATE)]
)
def test_features_equal_those_of_duckdb(
    run: str, as_of: str, ledger: LedgerFiles, request: pytest.FixtureRequest
) -> None:
    finished: FinishedRun = request.getfixturevalue(run)
    found = finished.table("user_features").sort_values("user_id", ignore_index=True)
    expected = features_by_duckdb(ledger, as_of)
    pd.testing.assert_frame_equal(found[EXACT], expected[EXACT], check_dtype=False)
    difference = (found["monetary"].astype(float) - expected["monetary"]).abs()
    assert (difference <= 1e-6 + 1e-8 * expected["trades"]).all()
    assert (expected["monetary"] > 0).any()


def test_trades_after_the_business_date_are_excluded_and_counted(
    earlier_date_run: FinishedRun, ledger: LedgerFiles
) -> None:
    outcomes = earlier_date_run.table("reconciliation")
    trades = pd.read_parquet(ledger.trades)
    later = trades[trades["trade_date"] > pd.Timestamp(EARLIER_DATE).date()]
    of_trades = outcomes[(outcomes["source"] == "trades") & (outcomes["reason"] == "after_as_of")]
    (excluded,) = of_trades.to_dict("records")
    assert (excluded["outcome"], excluded["rows"]) == ("excluded", len(later))
    assert excluded["amount"] == later["amount"].sum()
    assert excluded["units"] == later["units"].sum()


def test_reconciliation_accounts_for_every_row_and_cent(
    first_run: FinishedRun, ledger: LedgerFiles
) -> None:
    outcomes = first_run.table("reconciliation")
    trades = pd.read_parquet(ledger.trades)
    of_trades = outcomes[outcomes["source"] == "trades"]
    assert of_trades["rows"].sum() == len(trades)
    assert of_trades["amount"].sum() == trades["amount"].sum()
    assert of_trades["units"].sum() == trades["units"].sum()
    for name in ("nav", "products"):
        rows = outcomes.loc[outcomes["source"] == name, "rows"].sum()
        assert rows == len(pd.read_parquet(getattr(ledger, name)))


def test_holdings_add_up_to_what_users_hold(first_run: FinishedRun, ledger: LedgerFiles) -> None:
    holdings, users = first_run.table("holdings"), first_run.table("user_features")
    held = holdings[holdings["units"] > 0].groupby("user_id").size()
    told = users.set_index("user_id")["products_held"]
    pd.testing.assert_series_equal(
        held.reindex(told.index, fill_value=0), told, check_names=False, check_dtype=False
    )
    assert holdings["purchases"].sum() == users["frequency"].sum()
