"""Inputs that are late, or have arrived by half."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.config.loading import load_settings
from rfmf_spark.errors import ConfigurationError, GateStoppedError
from rfmf_spark.ledger.arrival import (
    EarlierRows,
    find_earlier_rows,
    require_fresh,
    require_volume,
)
from rfmf_spark.tables.store import RunKey, TableStore
from tests.tables.published import AUGUST, publish_run

EARLIER = EarlierRows(RunKey(dt.date(2019, 8, 13), "r1"), {"trades": 1000, "nav": 10})


@pytest.mark.parametrize("newest", [AUGUST, dt.date(2019, 8, 12)])
def test_trades_as_old_as_the_limit_are_fresh(newest: dt.date) -> None:
    require_fresh(newest, AUGUST, 2)


def test_older_trades_stop_a_run_with_date_age_and_limit() -> None:
    with pytest.raises(GateStoppedError) as stopped:
        require_fresh(dt.date(2019, 8, 11), AUGUST, 2)
    assert str(stopped.value).startswith(
        "input.trades: has its newest trade up to 2019-08-14 on 2019-08-11, 3 days before, and "
        "quality.max_age_days = 2 allows no older; nothing was published. Wait "
    )


def test_so_does_a_ledger_without_a_trade_up_to_the_date() -> None:
    with pytest.raises(GateStoppedError, match="has no trade up to 2019-08-14, and"):
        require_fresh(None, AUGUST, 1000)


def test_inputs_may_grow_and_shrink_to_the_share() -> None:
    require_volume({"trades": 900, "nav": 12, "profiles": 1}, EARLIER, 0.9)


def test_an_input_that_shrank_further_stops_a_run_with_both_numbers() -> None:
    with pytest.raises(GateStoppedError) as stopped:
        require_volume({"nav": 10, "trades": 512}, EARLIER, 0.9)
    assert str(stopped.value).startswith(
        "input.trades: 512 rows are 51.2% of the 1,000 that run r1 of 2019-08-13 has read, less "
        "than quality.min_rows_share = 0.9 allows; nothing was published. Was it loaded by half?"
    )


def test_rows_are_held_against_the_latest_run_up_to_the_date(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = TableStore(spark, str(tmp_path / "out"))
    given = ["quality.min_rows_share=0.5", "as_of=2019-08-14", "input.trades=t", "input.nav=n"]
    given.append("input.products=p")
    settings = load_settings(assignments=given).settings
    assert find_earlier_rows(store, settings) is None
    for run_id, day, rows in (("r1", 12, 10), ("r2", 13, 20), ("r3", 15, 30)):
        run = publish_run(spark, store, run_id, ["u1"], dt.date(2019, 8, day))
        outcomes = [("trades", "accepted", "", rows), ("trades", "excluded", "late", 1)]
        table = pd.DataFrame(outcomes, columns=["source", "outcome", "reason", "rows"])
        store.write_small("reconciliation", table.assign(amount=None, units=None), run)
    earlier = find_earlier_rows(store, settings)
    assert earlier is not None
    assert (earlier.run.run_id, earlier.rows) == ("r2", {"trades": 21})
    # Nobody reads anything where nobody asks.
    assert find_earlier_rows(store, load_settings(assignments=given[1:]).settings) is None


def test_given_features_have_no_dates_to_be_too_old() -> None:
    given = ["input.features=f", "quality.max_age_days=3"]
    with pytest.raises(ConfigurationError, match=r"input\.features has no dates of trades"):
        load_settings(assignments=given)
