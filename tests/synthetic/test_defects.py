"""Planted bad rows: cleaning finds all of them, each for its reason, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.ledger.clean_ledger import CleanLedger, clean_ledger
from rfmf_spark.ledger.parsing import RAW
from rfmf_spark.ledger.rules import REASON
from rfmf_spark.schemas.reasons import EXCLUDING_REASONS
from rfmf_spark.synthetic.defects import list_defects
from rfmf_spark.synthetic.ledger import LedgerPlan, generate_ledger, write_ledger
from rfmf_spark.synthetic.products import build_catalog

# A bad row beside every purchase, so that all kinds occur in a small ledger.
PLAN = LedgerPlan(users=600, products=15, seed=11, dirty=1.0)
CLEAN_PLAN = LedgerPlan(users=600, products=15, seed=11)


class Found(NamedTuple):
    """What was planted, the same ledger without it, and what cleaning made of it."""

    planted: pd.DataFrame
    clean: pd.DataFrame
    accepted: pd.DataFrame
    rejected: pd.DataFrame


@pytest.fixture(scope="module")
def found(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    folder = str(tmp_path_factory.mktemp("dirty"))
    write_ledger(generate_ledger(spark, PLAN, partitions=1), folder, "parquet")
    paths = {name: f"{folder}/{name}" for name in ("trades", "nav", "products")}
    ledger = clean_ledger(spark, Settings.model_validate({"input": paths}), PLAN.end)
    yield Found(
        planted=spark.read.parquet(f"{folder}/planted").toPandas(),
        clean=generate_ledger(spark, CLEAN_PLAN, partitions=1).trades.toPandas(),
        accepted=_accepted(ledger),
        rejected=_rejected(ledger),
    )
    ledger.release()


def _accepted(ledger: CleanLedger) -> pd.DataFrame:
    columns = ["trade_id", "user_id", "product_id", "trade_type", "amount_cents", "units_e4"]
    return ledger.trades.accepted.select(*columns).toPandas()


def _rejected(ledger: CleanLedger) -> pd.DataFrame:
    rejected = ledger.count().inputs[-1].rejected
    assert rejected is not None
    return rejected.select(F.col(f"{RAW}.trade_id"), REASON).toPandas()


def _rows(table: pd.DataFrame) -> Counter[tuple[str, str]]:
    return Counter(table[["trade_id", "reason"]].itertuples(index=False, name=None))


def test_every_kind_of_defect_is_planted(found: Found) -> None:
    reasons = {defect.reason for defect in list_defects(PLAN, build_catalog(PLAN))}
    assert set(found.planted["reason"]) == reasons
    assert len(reasons) == 14


def test_exactly_the_listed_rows_are_refused_each_for_its_reason(found: Found) -> None:
    refused = found.planted[found.planted["outcome"] != "flagged"]
    assert _rows(found.rejected) == _rows(refused)


def test_outcomes_are_those_of_the_rules(found: Found) -> None:
    excluded = found.planted["outcome"] == "excluded"
    assert (found.planted["reason"].isin(EXCLUDING_REASONS) == excluded).all()


def test_contradictions_are_listed_with_their_originals(found: Found) -> None:
    contradicted = found.planted[found.planted["reason"] == "conflicting_duplicate"]
    assert (contradicted.groupby("trade_id").size() == 2).all()
    originals = found.clean[found.clean["trade_id"].isin(set(contradicted["trade_id"]))]
    assert len(originals) * 2 == len(contradicted) > 20
    assert set(originals["trade_type"]) == {"redemption"}


def test_all_other_trades_are_accepted_as_they_would_be_without(found: Found) -> None:
    contradicted = found.planted.loc[found.planted["reason"] == "conflicting_duplicate", "trade_id"]
    expected = found.clean[~found.clean["trade_id"].isin(set(contradicted))].set_index("trade_id")
    flagged = set(found.planted.loc[found.planted["outcome"] == "flagged", "trade_id"])
    accepted = found.accepted[~found.accepted["trade_id"].isin(flagged)].set_index("trade_id")
    assert len(found.accepted) == len(accepted) + len(flagged)
    assert len(flagged) > 10
    assert set(accepted.index) == set(expected.index)
    cents = (expected["amount"] * 100).astype("int64")
    assert (accepted["amount_cents"].loc[cents.index] == cents).all()
    assert (accepted["units_e4"].loc[cents.index] == (expected["units"] * 10_000)).all()


def test_the_listed_positions_and_no_others_are_overdrawn(found: Found) -> None:
    flagged = found.planted[found.planted["outcome"] == "flagged"]
    takes = ["redemption", "conversion_out", "forced_redemption", "adjust_out", "transfer_out"]
    sign = found.accepted["trade_type"].isin(takes).map({True: -1, False: 1})
    moves = found.accepted.assign(change=found.accepted["units_e4"].astype("int64") * sign)
    units = moves.groupby(["user_id", "product_id"])["change"].sum()
    overdrawn = set(units[units < 0].index)
    assert overdrawn == set(flagged[["user_id", "product_id"]].itertuples(index=False, name=None))
