"""Whole runs on ledgers of a few rows, each at an edge of what a run must be able to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.builders import NAV_TYPES, PRODUCT_TYPES, TRADE_TYPES, Row, nav, product, trade, typed
from tests.whole_job.results import FinishedRun, finished_run
from tests.whole_job.running import QUICK_JOB, LedgerFiles, rfmf, settings

pytestmark = pytest.mark.slow

AS_OF = "2019-04-12"
TRADE_DAY = dt.date(2019, 1, 2)


def run_on(
    spark: SparkSession, folder: Path, trades: Sequence[Row], **given: object
) -> FinishedRun:
    """A complete run on some trades of one product at face value and 1.5 % a year."""
    for name, types, rows in (
        ("trades", TRADE_TYPES, trades),
        ("nav", NAV_TYPES, [nav()]),
        ("products", PRODUCT_TYPES, [product()]),
    ):
        typed(spark, types, rows).coalesce(1).write.parquet(str(folder / name))
    store = TableStore(spark, str(folder / "out"))
    arguments = LedgerFiles.in_folder(folder).arguments(folder / "out", AS_OF)
    chosen = {name.replace("__", "."): value for name, value in given.items()}
    return finished_run(rfmf(*arguments, *settings(chosen)), store)


def test_one_user_is_one_segment(spark: SparkSession, tmp_path: Path) -> None:
    run = run_on(spark, tmp_path, [trade()])
    (user,) = run.table("user_features").to_dict("records")
    # 100 days from 2 January to 12 April: 100 units at 1.00 for 100 nights at 1.5 % / 365.
    assert (user["recency_days"], user["frequency"], user["retained"]) == (100, 1, True)
    assert float(user["monetary"]) == pytest.approx(100 * 100 * 0.015 / 365, abs=1e-8)
    (segment,) = run.table("user_segments").to_dict("records")
    # Half of the users, counting one half of the user, are worse: 1 + 10 / 2.
    assert [segment[name] for name in ("r_score", "f_score", "m_score")] == [6, 6, 6]
    assert (segment["segment_id"], segment["own_distance"]) == (1, 0)
    assert np.isnan(segment["second_distance"])
    (choice,) = run.table("k_selection").to_dict("records")
    assert (choice["k"], choice["chosen"]) == (1, True)
    assert "no other K was possible" in choice["reason"]


def test_users_who_are_all_alike_share_the_middle_of_five_scores(
    spark: SparkSession, tmp_path: Path
) -> None:
    alike = [trade(trade_id=f"t{n}", user_id=f"u{n}") for n in range(8)]
    run = run_on(spark, tmp_path, alike, scoring__bins=5, clustering__fixed_k=4)
    (cell,) = run.table("score_cells").to_dict("records")
    assert [cell[name] for name in ("r_score", "f_score", "m_score")] == [3, 3, 3]
    assert cell["users"] == 8
    cuts = run.table("score_cut_points")
    assert sorted(set(cuts["score"])) == [1, 2, 3, 4, 5]
    assert cuts["tie_mass"].dropna().unique().tolist() == [1.0]
    assert cuts.loc[cuts["score"] != 3, "users"].unique().tolist() == [0]
    (choice,) = run.table("k_selection").to_dict("records")
    assert choice["k"] == 1
    assert "clustering.fixed_k is 4, but there are only 1" in choice["reason"]


def test_no_more_segments_than_cells_are_tried(spark: SparkSession, tmp_path: Path) -> None:
    # Each user is ahead of the one before in all three features: four users, four cells.
    trades = [
        trade(trade_id=f"t{n}-{m}", user_id=f"u{n}", trade_date=TRADE_DAY + dt.timedelta(days=n))
        for n in range(4)
        for m in range(n + 1)
    ]
    run = run_on(spark, tmp_path, trades)
    assert len(run.rows["score_cells"]) == 4
    k_selection = run.table("k_selection").sort_values("k")
    assert k_selection["k"].tolist() == [2, 3, 4]
    assert k_selection["cost"].iloc[-1] == pytest.approx(0, abs=1e-9)
    assert k_selection["chosen"].sum() == 1


def test_amounts_need_nothing_but_trades_from_a_csv_file(
    spark: SparkSession, tmp_path: Path
) -> None:
    trades = tmp_path / "trades.csv"
    trades.write_text(
        "trade_id,user_id,trade_date,trade_type,amount\n"
        "t1,u1,2019-01-02,subscription,100.00\n"
        "t2,u1,2019-03-03,subscription,50.50\n"
        "t3,u2,2019-02-01,subscription,2000\n"
        "t4,u2,2019-04-01,redemption,500\n"
        "t5,u3,2019-04-11,recurring_subscription,10\n"
        "t6,u4,2019-04-12,redemption,10\n"
    )
    given = {
        "input.trades": trades,
        "output.root": tmp_path / "out",
        "features.basis": "amount",
        "clustering.fixed_k": 2,
    }
    ended = rfmf("run", "--as-of", AS_OF, *settings(QUICK_JOB | given))
    run = finished_run(ended, TableStore(spark, str(tmp_path / "out")))
    users = run.table("user_features").sort_values("user_id")
    assert users["user_id"].tolist() == ["u1", "u2", "u3"]
    assert users["recency_days"].tolist() == [40, 70, 1]
    assert users["frequency"].tolist() == [2, 1, 1]
    assert [float(value) for value in users["monetary"]] == [150.5, 2000, 10]
    assert users[["holding_amount", "products_held", "retained"]].isna().all(axis=None)
    profile = run.table("segment_profile")
    assert profile["users"].sum() == 3
    assert profile[["holding_amount_mean", "retention_rate"]].isna().all(axis=None)
    (choice,) = run.table("k_selection").to_dict("records")
    assert (choice["k"], choice["chosen"]) == (2, True)
    assert "1 users of the ledger without a purchase" in ended.stdout


def test_a_ledger_without_a_purchase_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exit code 3") as refused:
        run_on(spark, tmp_path, [trade(trade_type="dividend_reinvestment")])
    assert "no user has a purchase up to 2019-04-12" in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_sums_beyond_64_bits_are_refused_in_one_line(spark: SparkSession, tmp_path: Path) -> None:
    # Since 1970 one unit at 1.00 has cost 0.74 yuan of fees: 7.4e18 of 1e-8 yuan for each trade.
    huge = [trade(trade_id=f"t{n}", units=Decimal(100_000_000_000)) for n in range(2)]
    with pytest.raises(RuntimeError, match="exit code 3") as refused:
        run_on(spark, tmp_path, huge, quality__max_units=100_000_000_000)
    last = str(refused.value).splitlines()[-1]
    assert last.startswith(
        "rfmf: stage features: amounts, units, fees or values of one user do not "
    )
    assert "Traceback" not in str(refused.value)
