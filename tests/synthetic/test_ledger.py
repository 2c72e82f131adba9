"""The whole ledger: repeatable, typed as the data contract says, and safe to write."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.synthetic.ledger import (
    Ledger,
    LedgerFormat,
    LedgerPlan,
    generate_ledger,
    write_ledger,
)
from tests.synthetic.small_ledger import Tables, collect_tables


@pytest.fixture(scope="module")
def tiny_ledger(spark: SparkSession) -> Ledger:
    return generate_ledger(spark, LedgerPlan(users=20, products=5))


def _description(out: Path) -> dict[str, object]:
    files = (out / "_LEDGER.json").iterdir()
    (part,) = [file for file in files if not file.name.startswith(("_", "."))]
    found: dict[str, object] = json.loads(part.read_text())
    return found


def test_partitions_time_zone_and_session_settings_do_not_change_a_row(
    classic_spark: SparkSession, small: Tables, small_plan: LedgerPlan
) -> None:
    other = classic_spark.newSession()
    other.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
    other.conf.set("spark.sql.shuffle.partitions", "3")
    other.conf.set("spark.sql.codegen.wholeStage", "false")
    again = collect_tables(generate_ledger(other, small_plan, partitions=7))
    for first, second in zip(small, again, strict=True):
        pd.testing.assert_frame_equal(first, second)


def test_another_seed_gives_other_rows(spark: SparkSession, small: Tables) -> None:
    other = collect_tables(generate_ledger(spark, LedgerPlan(2_000, 15, seed=12)))
    assert not set(small.trades["trade_id"]) & set(other.trades["trade_id"])
    assert not set(small.profiles["user_id"]) & set(other.profiles["user_id"])
    assert not small.nav.equals(other.nav)


def test_columns_and_types_are_those_of_the_data_contract(tiny_ledger: Ledger) -> None:
    assert tiny_ledger.trades.dtypes == [
        ("trade_id", "string"),
        ("user_id", "string"),
        ("product_id", "string"),
        ("trade_date", "date"),
        ("trade_type", "string"),
        ("amount", "decimal(18,2)"),
        ("units", "decimal(20,4)"),
        ("application_date", "date"),
        ("channel", "string"),
        ("order_id", "string"),
        ("fee", "decimal(18,2)"),
    ]
    assert tiny_ledger.nav.dtypes == [
        ("product_id", "string"),
        ("nav_date", "date"),
        ("unit_nav", "decimal(18,4)"),
    ]
    assert tiny_ledger.products.dtypes == [
        ("product_id", "string"),
        ("product_name", "string"),
        ("product_type", "string"),
        ("risk_level", "string"),
        ("management_fee_rate", "decimal(9,6)"),
        ("effective_from", "date"),
        ("inception_date", "date"),
        ("settlement_days", "int"),
        ("sales_service_fee_rate", "decimal(9,6)"),
        ("trailing_commission_rate", "decimal(9,6)"),
    ]
    assert tiny_ledger.profiles.dtypes == [
        ("user_id", "string"),
        ("region", "string"),
        ("monthly_income", "decimal(18,2)"),
        ("age", "int"),
        ("risk_tolerance", "string"),
        ("wants_to_learn", "boolean"),
        ("registered_on", "date"),
        ("channel", "string"),
    ]


def test_only_prospects_means_no_trades(spark: SparkSession) -> None:
    ledger = generate_ledger(spark, LedgerPlan(users=20, products=5, prospect_share=1.0))
    assert ledger.trades.isEmpty()
    assert ledger.profiles.count() == 20


@pytest.mark.slow
@pytest.mark.parametrize("format", ["parquet", "csv", "delta"])
def test_every_format_is_written_with_its_counts_last(
    spark: SparkSession, tiny_ledger: Ledger, tmp_path: Path, format: LedgerFormat
) -> None:
    write_ledger(tiny_ledger, str(tmp_path / "out"), format)
    description = _description(tmp_path / "out")
    reader = spark.read.format(format).option("header", "true")
    assert description["status"] == "complete"
    assert description["plan"] == {
        "users": 20,
        "products": 5,
        "seed": 7,
        "start": "2018-12-11",
        "end": "2019-08-14",
        "prospect_share": 0.1,
        "profile_signal": 1.0,
        "opening": None,
        "dirty": 0.0,
        "skew": False,
        "skew_purchases": 1_000_000,
    }
    assert description["rows"] == {
        table: reader.load(str(tmp_path / "out" / table)).count()
        for table in ("trades", "nav", "products", "profiles", "truth")
    }
    assert reader.load(str(tmp_path / "out" / "trades")).columns == tiny_ledger.trades.columns


@pytest.mark.slow
def test_an_own_ledger_is_replaced(
    spark: SparkSession, tiny_ledger: Ledger, tmp_path: Path
) -> None:
    out = str(tmp_path)
    write_ledger(generate_ledger(spark, LedgerPlan(users=30, products=5)), out, "parquet")
    write_ledger(tiny_ledger, out, "parquet")
    assert spark.read.parquet(f"{out}/profiles").count() == 20


@pytest.mark.slow
def test_a_ledger_left_half_written_may_be_written_again(
    spark: SparkSession, tiny_ledger: Ledger, tmp_path: Path
) -> None:
    broken = tiny_ledger._replace(nav=tiny_ledger.nav.selectExpr("raise_error('no disk') as x"))
    with pytest.raises(Exception, match="no disk"):
        write_ledger(broken, str(tmp_path), "parquet")
    assert _description(tmp_path)["status"] == "writing"
    write_ledger(tiny_ledger, str(tmp_path), "parquet")
    assert _description(tmp_path)["status"] == "complete"


def test_a_folder_with_other_files_is_refused_and_left_alone(
    tiny_ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "trades").mkdir()
    (tmp_path / "trades" / "mine.csv").write_text("precious")
    with pytest.raises(ConfigurationError, match=r"holds files that are not a synthetic ledger"):
        write_ledger(tiny_ledger, str(tmp_path), "parquet")
    assert [path.name for path in tmp_path.rglob("*")] == ["trades", "mine.csv"]


@pytest.mark.slow
def test_a_ledger_of_another_format_is_refused(tiny_ledger: Ledger, tmp_path: Path) -> None:
    write_ledger(tiny_ledger, str(tmp_path), "parquet")
    with pytest.raises(ConfigurationError, match=r"format 'parquet', not 'csv'"):
        write_ledger(tiny_ledger, str(tmp_path), "csv")


@pytest.mark.slow
def test_a_table_that_the_new_ledger_lacks_is_not_left_behind(
    spark: SparkSession, tiny_ledger: Ledger, tmp_path: Path
) -> None:
    nothing = spark.createDataFrame([], "trade_id string")
    write_ledger(tiny_ledger._replace(planted=nothing), str(tmp_path), "parquet")
    with pytest.raises(ConfigurationError, match=r"with the table planted, .* remove this one"):
        write_ledger(tiny_ledger, str(tmp_path), "parquet")


def test_an_unknown_format_is_refused(tiny_ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'xlsx' .* parquet, csv, delta"):
        write_ledger(tiny_ledger, str(tmp_path), "xlsx")  # type: ignore[arg-type]
