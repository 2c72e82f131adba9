"""A whole run on a ledger with planted bad rows: found, counted, and without effect on others."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.whole_job.oracle import EXACT, features_by_duckdb
from tests.whole_job.results import FinishedRun, finished_run
from tests.whole_job.running import AS_OF, LedgerFiles, generate_ledger, rfmf, settings

pytestmark = pytest.mark.slow

USERS = 10_000
KEY = ["user_id", "product_id"]

# What the reader of money and units makes of a text: null where it is none, halves away from 0.
_TOTALS = """
SELECT
    count(*) AS rows,
    sum(CASE WHEN isfinite(TRY_CAST(amount AS DOUBLE)) THEN TRY_CAST(amount AS DECIMAL(18, 2)) END)
        AS amount,
    sum(CASE WHEN isfinite(TRY_CAST(units AS DOUBLE)) THEN TRY_CAST(units AS DECIMAL(18, 4)) END)
        AS units
FROM {rows}
"""


class DirtyRun(NamedTuple):
    """A run on a dirty ledger, what was planted, and DuckDB's features of the clean ledger."""

    finished: FinishedRun
    ledger: LedgerFiles
    planted: pd.DataFrame
    clean_features: pd.DataFrame


@pytest.fixture(scope="module")
def dirty_run(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DirtyRun:
    folder = tmp_path_factory.mktemp("dirty")
    clean = generate_ledger(folder / "clean", USERS, seed=23)
    dirty = generate_ledger(folder / "dirty", USERS, "--dirty", "0.01", seed=23)
    raised = settings(
        {
            "quality.max_bad_share": 0.5,
            "output.write_holdings": "true",
            "clustering.k_max": 4,
        }
    )
    store = TableStore(spark, str(folder / "results"))
    return DirtyRun(
        finished_run(rfmf(*dirty.arguments(Path(store.root)), *raised), store),
        dirty,
        pd.read_parquet(folder / "dirty" / "planted"),
        features_by_duckdb(clean, AS_OF),
    )


def planted_rows(planted: pd.DataFrame, outcome: str) -> Counter[tuple[str, str]]:
    rows = planted.loc[planted["outcome"] == outcome, ["reason", "trade_id"]]
    return Counter(rows.itertuples(index=False, name=None))


def test_the_quarantine_is_the_list_of_what_was_planted(dirty_run: DirtyRun) -> None:
    quarantine = dirty_run.finished.table("quarantine")
    ids = [json.loads(record)["trade_id"] for record in quarantine["record"]]
    expected = planted_rows(dirty_run.planted, "quarantined")

    assert set(quarantine["source"]) == {"trades"}
    assert Counter(zip(quarantine["reason"], ids, strict=True)) == expected
    assert {reason for reason, _ in expected} >= {"duplicate", "unparseable", "no_nav"}
    assert sum(reason == "conflicting_duplicate" for reason, _ in expected.elements()) >= 2


def test_exclusions_are_those_that_were_planted(dirty_run: DirtyRun) -> None:
    outcomes = dirty_run.finished.table("reconciliation")
    excluded = outcomes[outcomes["outcome"] == "excluded"]
    planted = dirty_run.planted[dirty_run.planted["outcome"] == "excluded"]

    found = dict(zip(excluded["reason"], excluded["rows"], strict=True))
    assert found == planted["reason"].value_counts().to_dict()
    assert len(found) >= 3


def test_overdrawn_positions_are_those_that_were_planted(dirty_run: DirtyRun) -> None:
    flagged = dirty_run.planted[dirty_run.planted["outcome"] == "flagged"]
    holdings, users = (dirty_run.finished.table(name) for name in ("holdings", "user_features"))

    overdrawn = holdings.loc[holdings["units"] < 0, KEY]
    assert len(overdrawn) > 3
    assert set(overdrawn.itertuples(index=False, name=None)) == set(
        flagged[KEY].itertuples(index=False, name=None)
    )
    counted = users.set_index("user_id")["overdrawn_positions"]
    assert counted[counted > 0].to_dict() == overdrawn["user_id"].value_counts().to_dict()


def test_every_outcome_reconciles_to_the_cent(dirty_run: DirtyRun) -> None:
    outcomes = dirty_run.finished.table("reconciliation")
    of_trades = outcomes[outcomes["source"] == "trades"]
    files = f"read_parquet('{dirty_run.ledger.trades}/*.parquet')"
    planted = dirty_run.planted
    refused = planted[planted["outcome"] != "flagged"]
    with duckdb.connect() as connection:
        connection.register("refused", refused[["trade_id", "reason"]].drop_duplicates())
        whole = connection.execute(_TOTALS.format(rows=files)).fetchall()[0]
        alone = f"{files} t WHERE trade_id NOT IN (SELECT trade_id FROM refused)"
        untouched = connection.execute(_TOTALS.format(rows=alone)).fetchall()[0]
        # Every id with a suffix of its own is one row; ids that repeat are told apart below.
        own = f"(SELECT t.* FROM {files} t JOIN refused r USING (trade_id) WHERE r.reason = '{{}}')"
        by_reason = {
            reason: connection.execute(_TOTALS.format(rows=own.format(reason))).fetchall()[0]
            for reason in sorted(set(refused["reason"]))
        }

    found = {
        row.reason: (row.rows, row.amount, row.units) for row in of_trades.itertuples(index=False)
    }
    totals = tuple(of_trades[name].sum() for name in ("rows", "amount", "units"))
    assert totals == whole
    one_of_two = ("duplicate", "superseded")
    for reason in set(by_reason) - set(one_of_two):
        assert found[reason] == tuple(value or 0 for value in by_reason[reason]), reason
    # One of two rows stays: of equal ones half, of corrected ones that of the lower amount.
    rows, amount, units = by_reason["duplicate"]
    assert found["duplicate"] == (rows / 2, amount / 2, units / 2)
    rows, amount, units = by_reason["superseded"]
    assert found["superseded"] == (rows / 2, (amount + rows // 2) / 2, units / 2)
    kept = [by_reason[name][1] - found[name][1] for name in one_of_two]
    assert found[""][1] == untouched[1] + sum(kept)


def compare_with_clean(dirty_run: DirtyRun, users: set[str]) -> None:
    """Hold the features of some users against those that DuckDB finds in the clean ledger."""
    dirty, clean = (
        features[features["user_id"].isin(users)].sort_values("user_id", ignore_index=True)
        for features in (dirty_run.finished.table("user_features"), dirty_run.clean_features)
    )
    pd.testing.assert_frame_equal(dirty[EXACT], clean[EXACT], check_dtype=False)
    difference = (dirty["monetary"].astype(float) - clean["monetary"]).abs()
    assert (difference <= 1e-6 + 1e-8 * clean["trades"]).all()


def test_users_beside_whom_nothing_was_planted_have_the_features_of_the_clean_ledger(
    dirty_run: DirtyRun,
) -> None:
    everyone = set(dirty_run.clean_features["user_id"])
    others = everyone - set(dirty_run.planted["user_id"])
    assert 5_000 < len(others) < len(everyone)
    compare_with_clean(dirty_run, others)


def test_only_contradictions_and_overdrafts_change_features_of_their_users(
    dirty_run: DirtyRun,
) -> None:
    planted = dirty_run.planted
    takes = planted["reason"].isin(["conflicting_duplicate", "overdrawn_position"])
    harmless = set(planted["user_id"]) - set(planted.loc[takes, "user_id"])
    assert len(harmless) > 20
    compare_with_clean(dirty_run, harmless)
