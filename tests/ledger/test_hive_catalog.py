"""Tables of an embedded Hive metastore as inputs, in a process of its own: only there is Hive.

One session makes the tables and is then asked whether a run would accept them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.quick_spark import quick_spark
from tests.whole_job.running import settings

pytestmark = pytest.mark.slow

_PREPARE_AND_VALIDATE = """
import sys
from rfmf_spark.cli import main
from rfmf_spark.config.loading import load_settings
from rfmf_spark.session.spark_session import spark_session

hive = sys.argv[1 : sys.argv.index("validate")]
given = [text for text in hive if text != "--set"]
with spark_session(load_settings("local", [], given).settings) as spark:
    for statement in (
        "CREATE DATABASE fund",
        "CREATE TABLE fund.trades (trade_id STRING, user_id STRING, product_id STRING, "
        "trade_date DATE, trade_type STRING, amount DECIMAL(18, 2), units DECIMAL(20, 4)) "
        "STORED AS PARQUET",
        "INSERT INTO fund.trades VALUES "
        "('t1', 'u1', 'p1', DATE'2019-01-02', 'subscription', 100, 100), "
        "('t2', 'u2', 'p1', DATE'2019-01-02', 'gift', 200, 200)",
        "CREATE TABLE fund.nav (product_id STRING, nav_date DATE, unit_nav DECIMAL(18, 4)) "
        "STORED AS ORC",
        "INSERT INTO fund.nav VALUES ('p1', DATE'2019-01-02', 1), ('p1', DATE'2019-01-03', 1.1)",
        "CREATE TABLE fund.products (product_id STRING, product_type STRING, "
        "management_fee_rate DECIMAL(12, 8)) USING delta",
        "INSERT INTO fund.products VALUES ('p1', 'equity', 0.015)",
        "INSERT INTO fund.products VALUES ('p2', 'equity', 9.9)",
    ):
        spark.sql(statement)
    main([*sys.argv[len(hive) + 1 :], *hive])
"""


def test_hive_and_delta_tables_of_a_metastore_are_inputs(tmp_path: Path) -> None:
    hive = settings(
        {
            **{f"spark.{name}": value for name, value in quick_spark().items()},
            "spark.spark.sql.catalogImplementation": "hive",
            "spark.spark.sql.warehouse.dir": tmp_path / "warehouse",
            "spark.spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:;databaseName="
            f"{tmp_path / 'metastore'};create=true",
        }
    )
    hive = [part.replace("spark.spark.", "spark.") for part in hive]
    tables = {
        "input.trades": "spark_catalog.fund.trades",
        "input.nav": "fund.nav",
        "input.products": "spark_catalog.fund.products",
        "input.versions.products": 1,
        "quality.max_bad_share": 0.5,
    }
    asked = ("validate", "--as-of", "2019-08-14", *settings(tables))
    ended = subprocess.run(
        [sys.executable, "-c", _PREPARE_AND_VALIDATE, *hive, *asked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 0, ended.stderr
    assert "rfmf: " not in ended.stderr
    told = [" ".join(line.replace("│", " ").split()) for line in ended.stdout.splitlines()]
    assert "A run would accept these inputs." in told
    for outcome in (
        "products accepted 1",
        "nav accepted 2",
        "trades accepted 1",
        "trades quarantined unknown_trade_type 1",
    ):
        assert any(line.startswith(outcome) for line in told), ended.stdout
