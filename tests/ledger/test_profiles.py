"""Profiles: each counts or has its reason, and those who have not bought yet are counted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.ledger.clean_ledger import clean_given_features
from rfmf_spark.ledger.profiles import classify_profiles, clean_profiles, count_profiles
from rfmf_spark.ledger.reconciliation import check_balance
from tests.builders import Row, as_text

AS_OF = dt.date(2019, 6, 30)
TYPES = (
    "user_id string, region string, monthly_income decimal(18,2), age int, risk_tolerance string, "
    "wants_to_learn boolean, registered_on date, channel string"
)


def profile(**changed: object) -> Row:
    """Somebody of whom everything is known."""
    return {
        "user_id": "u1",
        "region": "Sichuan",
        "monthly_income": "6500.00",
        "age": 31,
        "risk_tolerance": "steady",
        "wants_to_learn": "true",
        "registered_on": AS_OF,
        "channel": "app",
    } | changed


UNKNOWN: Row = dict.fromkeys(profile())
REASONS: dict[str, tuple[str | None, Row]] = {
    "all": (None, {}),
    "nothing else": (None, UNKNOWN),
    "blanks": (None, {"risk_tolerance": " ", "wants_to_learn": "", "age": " "}),
    "newborn": (None, {"age": 0, "monthly_income": 0}),
    "oldest": (None, {"age": 150, "risk_tolerance": " Aggressive "}),
    "other scale": (None, {"risk_tolerance": "C5", "wants_to_learn": "No"}),
    "too old": ("out_of_range", {"age": 151}),
    "unborn": ("out_of_range", {"age": -1}),
    "in debt": ("out_of_range", {"monthly_income": "-0.01"}),
    "endless": ("out_of_range", {"monthly_income": "Infinity"}),
    "bold": ("out_of_range", {"risk_tolerance": "bold"}),
    "no number": ("unparseable", {"age": "adult"}),
    "no answer": ("unparseable", {"wants_to_learn": "perhaps"}),
    "no date": ("unparseable", {"registered_on": "30/06/2019"}),
    "tomorrow": ("after_as_of", {"registered_on": AS_OF + dt.timedelta(days=1)}),
}


def rows_of_all_reasons() -> list[Row]:
    rows = [profile() | changed | {"user_id": name} for name, (_, changed) in REASONS.items()]
    return [*rows, profile(user_id=None)]


def test_a_profile_counts_or_has_its_reason(spark: SparkSession) -> None:
    rows = as_text(spark, TYPES, rows_of_all_reasons())

    classified = classify_profiles(rows, AS_OF).collect()

    found = {row["user_id"]: row["reason"] for row in classified}
    expected = {name: reason for name, (reason, _) in REASONS.items()}
    assert found == expected | {None: "missing_value"}
    by_user = {row["user_id"]: row for row in classified}
    names = ("monthly_income_cents", "age", "wants_to_learn", "registered_on")
    assert [by_user["all"][name] for name in names] == [650_000, 31, True, AS_OF]
    assert [by_user["nothing else"][name] for name in names] == [None] * 4
    assert by_user["other scale"]["wants_to_learn"] is False


def test_profiles_are_opened_reconciled_and_counted(spark: SparkSession, tmp_path: Path) -> None:
    repeated = [profile(user_id="twice"), profile(user_id="twice")]
    torn = [profile(user_id="torn"), profile(user_id="torn", age=32)]
    rows = as_text(spark, TYPES, [*rows_of_all_reasons(), *repeated, *torn])
    path = str(tmp_path / "profiles.csv")
    # The column is called otherwise, and the channel is the same for all.
    rows.drop("channel").withColumnRenamed("age", "years").write.csv(path, header=True)
    given = {
        "profiles": path,
        "columns": {"profiles": {"age": "years"}},
        "constants": {"profiles": {"channel": "bank"}},
    }

    source = clean_profiles(spark, Settings.model_validate({"input": given}), AS_OF)

    assert source is not None
    audit = source.count()
    check_balance("profiles", audit.input_totals, audit.outcomes)
    assert {o.reason: o.totals.rows for o in audit.outcomes} == {
        "": 7,
        "after_as_of": 1,
        "conflicting_duplicate": 2,
        "duplicate": 1,
        "missing_value": 1,
        "out_of_range": 5,
        "unparseable": 3,
    }
    assert {row["channel"] for row in source.accepted.collect()} == {"bank"}
    users = spark.createDataFrame([("all",), ("twice",), ("stranger",)], "user_id string")
    assert count_profiles(source.accepted, users) == {
        "profiles": 7,
        "profiles_without_purchase": 5,
    }
    source.release()


def test_without_profiles_nothing_is_opened(spark: SparkSession) -> None:
    assert clean_profiles(spark, Settings(), AS_OF) is None


def test_profiles_stand_beside_given_features(spark: SparkSession, tmp_path: Path) -> None:
    features = [("u1", 3, 2, Decimal("1.5")), ("u2", 4, 1, Decimal("0.5"))]
    columns = "user_id string, recency_days int, frequency int, monetary decimal(10,2)"
    spark.createDataFrame(features, columns).write.parquet(str(tmp_path / "features"))
    as_text(spark, TYPES, [profile()]).write.parquet(str(tmp_path / "profiles"))
    inputs = {name: str(tmp_path / name) for name in ("features", "profiles")}

    ledger = clean_given_features(spark, Settings.model_validate({"input": inputs}), AS_OF)

    number, audit = ledger.read(DataFrame.count)
    assert sorted(audit.versions) == ["features", "profiles"]
    assert ledger.profiles is not None
    assert [row["user_id"] for row in ledger.profiles.accepted.collect()] == ["u1"]
    assert number == 2
    ledger.release()
