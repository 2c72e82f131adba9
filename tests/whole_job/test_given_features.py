"""Runs on features that a company has computed itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.whole_job.results import finished_run
from tests.whole_job.running import QUICK_JOB, rfmf, settings

pytestmark = pytest.mark.slow

AS_OF = "2019-08-14"


def test_given_features_are_scored_and_segmented(spark: SparkSession, tmp_path: Path) -> None:
    rows = [f"u{n},{10 * n},{1 + n % 3},{n}.5" for n in range(1, 21)]
    bad = ["u21,,1,1", "u22,5,0,1", "u23,x,1,1", "u24,1,1,1", "u24,1,1,1", "u25,1,1,1", "u25,1,1,2"]
    given_file = tmp_path / "features.csv"
    given_file.write_text("\n".join(["customer,recency_days,frequency,monetary", *rows, *bad]))
    given = {
        "input.features": given_file,
        "input.columns.features.user_id": "customer",
        "output.root": tmp_path / "out",
        "quality.max_bad_share": 0.5,
        "clustering.fixed_k": 3,
    }

    ended = rfmf("run", "--as-of", AS_OF, *settings(QUICK_JOB | given))
    run = finished_run(ended, TableStore(spark, str(tmp_path / "out")))

    users = run.table("user_features").set_index("user_id")
    assert sorted(users.index) == sorted([*(f"u{n}" for n in range(1, 21)), "u24"])
    assert (users.loc["u7", "recency_days"], users.loc["u7", "frequency"]) == (70, 2)
    assert str(users.loc["u7", "monetary"]) == "7.50000000"
    assert str(users.loc["u7", "last_purchase_date"]) == "2019-06-05"
    reasons = run.table("quarantine")["reason"].value_counts().to_dict()
    assert reasons == {
        "missing_value": 1,
        "out_of_range": 1,
        "unparseable": 1,
        "duplicate": 1,
        "conflicting_duplicate": 2,
    }
    profile = run.table("segment_profile")
    assert profile["users"].sum() == 21
    assert profile["cumulative_amount_mean"].isna().all()
    scores = run.table("user_segments").set_index("user_id")
    # Of 21 users u20 has the largest value: 20 are worse, so 1 + 10 · 41 // 42.
    assert scores.loc["u20", "m_score"] == 10
    assert scores.loc["u20", "r_score"] == 1


def test_frequencies_that_no_64_bits_hold_together_are_blamed_on_the_features(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = "\n".join(f"u{n},1,{2**62},1" for n in range(2))
    (tmp_path / "features.csv").write_text(f"user_id,recency_days,frequency,monetary\n{rows}\n")
    given = {"input.features": tmp_path / "features.csv", "output.root": tmp_path / "out"}

    ended = rfmf("run", "--as-of", AS_OF, *settings(QUICK_JOB | given))

    assert ended.code == 3
    assert ended.stderr.startswith("rfmf: input.features: stage features: the frequencies of all ")
    assert str(2**62) not in ended.stderr
