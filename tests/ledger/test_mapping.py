"""A company's own columns, constants, dates and trade types, as the contract's."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.sections.input import InputSettings
from rfmf_spark.config.sections.quality import QualitySettings
from rfmf_spark.errors import ConfigurationError, InputRefusedError
from rfmf_spark.ledger.mapping import InputMapping, mapping_of
from rfmf_spark.ledger.parsing import parse_columns
from rfmf_spark.ledger.rules import classify_trades
from rfmf_spark.ledger.sources import open_source
from rfmf_spark.schemas.inputs import NAV_COLUMNS, TRADE_COLUMNS, TRADE_COLUMNS_WITHOUT_UNITS
from tests.builders import TRADE_TYPES, as_text, trade, typed

AS_OF = dt.date(2019, 8, 14)


def settings(*assignments: str) -> InputSettings:
    return load_settings(assignments=assignments).settings.input


def test_a_foreign_table_is_read_through_its_mapping(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "number,customer_id,day,kind,yuan\n"
        "1,u1,20190102,申购,10.00\n"
        "2,u1,03.01.2019,定投,11.00\n"
        "3,u2,20190104,赎回,12.00\n"
        "4,u2,20190105,gift,13.00\n"
        "5,u2,5 Jan 2019,买入,14.00\n"
        "6,u2,20190106,买入,15.00\n",
        encoding="utf-8",
    )
    given = settings(
        f"input.trades={tmp_path / 'orders.csv'}",
        "input.columns.trades.trade_id=number",
        "input.columns.trades.user_id=customer_id",
        "input.columns.trades.trade_date=day",
        "input.columns.trades.trade_type=kind",
        "input.columns.trades.amount=yuan",
        "input.constants.trades.status=confirmed",
        "input.date_formats=[yyyyMMdd, dd.MM.yyyy]",
        "input.trade_types.买入=subscription",
    )
    mapping = mapping_of(given, "trades", TRADE_COLUMNS_WITHOUT_UNITS)

    source = open_source(spark, "trades", given.trades, TRADE_COLUMNS_WITHOUT_UNITS, given, mapping)
    classified = classify_trades(source.rows, None, AS_OF, QualitySettings(), mapping)

    found = classified.select(
        "trade_id", "user_id", "trade_date", "trade_type", "amount_cents", "reason"
    )
    day = dt.date(2019, 1, 1)
    assert [tuple(row) for row in found.orderBy("trade_id").collect()] == [
        ("1", "u1", day.replace(day=2), "subscription", 1000, None),
        ("2", "u1", day.replace(day=3), "recurring_subscription", 1100, None),
        ("3", "u2", day.replace(day=4), "redemption", 1200, None),
        ("4", "u2", day.replace(day=5), "gift", 1300, "unknown_trade_type"),
        ("5", "u2", None, "subscription", 1400, "unparseable"),
        ("6", "u2", day.replace(day=6), "subscription", 1500, None),
    ]


def test_undone_trades_are_excluded_whatever_their_rows_lack(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [
            ("1", "u1", "2019-01-02", "subscription", "10", "confirmed", None),
            ("2", "u1", "2019-01-02", "subscription", "10", None, None),
            ("3", "u1", None, None, None, "Cancelled", None),
            ("4", "u1", "2019-01-02", "subscription", "10", "failed", None),
            ("5", "u1", "2019-01-02", "subscription", "10", "perhaps", None),
            (None, "u1", "2019-01-02", "subscription", "10", "failed", None),
            ("7", "u1", "2019-01-02", "subscription", "10", None, "2019-01-03"),
            ("8", "u1", "2019-01-02", "subscription", "10", None, "2019-01-01"),
            ("9", "u1", "2018-01-02", "subscription", "10", None, None),
        ],
        "trade_id string, user_id string, trade_date string, trade_type string, amount string, "
        "status string, application_date string",
    )
    quality = QualitySettings(company_start=dt.date(2018, 6, 1))

    classified = classify_trades(rows, None, AS_OF, quality)

    found = {row["trade_id"]: row["reason"] for row in classified.collect()}
    assert found == {
        "1": None,
        "2": None,
        "3": "cancelled",
        "4": "failed",
        "5": "out_of_range",
        None: "missing_value",
        "7": "out_of_range",
        "8": None,
        "9": "implausible_date",
    }


def test_trades_before_their_product_existed_are_implausible(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("1", "p", dt.date(2019, 1, 1)), ("2", "p", dt.date(2019, 1, 2)), ("3", "q", AS_OF)],
        "trade_id string, product_id string, trade_date date",
    ).selectExpr(
        "*", "'u1' AS user_id", "'subscription' AS trade_type", "1.0 AS amount", "1.0 AS units"
    )
    products = spark.createDataFrame(
        [("p", True, dt.date(2019, 1, 2)), ("q", True, None)],
        "product_id string, has_nav boolean, inception_date date",
    )

    classified = classify_trades(rows, products, AS_OF, QualitySettings())

    found = {row["trade_id"]: row["reason"] for row in classified.collect()}
    assert found == {"1": "implausible_date", "2": None, "3": None}


def test_a_mapped_column_that_is_not_there_is_told_by_its_own_name(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("trade_id,user,trade_date,trade_type,amount\n")
    given = settings("input.columns.trades.user_id=users")
    mapping = mapping_of(given, "trades", TRADE_COLUMNS_WITHOUT_UNITS)

    with pytest.raises(InputRefusedError, match=r"no column users; is it user\?"):
        open_source(
            spark, "trades", str(tmp_path / "t.csv"), TRADE_COLUMNS_WITHOUT_UNITS, given, mapping
        )


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        (
            "input.columns.trades.customer=user_id",
            r"input\.columns\.trades\.customer: the contract",
        ),
        ("input.constants.trades.state=ok", r"input\.constants\.trades\.state: the contract"),
        ("input.trade_types.买入=buy", r"input\.trade_types\.买入 is 'buy'; expected one of"),
    ],
)
def test_a_mapping_to_something_the_contract_lacks_is_refused(assignment: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        mapping_of(settings(assignment), "trades", TRADE_COLUMNS)


def test_a_catalog_table_and_an_older_delta_version_can_be_read(
    classic_spark: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "delta")
    columns = "'t1' trade_id, 'u1' user_id, DATE'2019-01-02' trade_date, 'subscription' trade_type"
    for amount in (1, 2):
        rows = classic_spark.sql(f"SELECT {columns}, {amount}.00 AS amount")
        rows.write.format("delta").mode("append").save(path)
    classic_spark.sql(f"CREATE OR REPLACE TEMP VIEW trades_view AS SELECT * FROM delta.`{path}`")
    classic_spark.sql("DROP TABLE IF EXISTS default.mapping_trades")
    classic_spark.sql(f"CREATE TABLE default.mapping_trades USING delta LOCATION '{path}'")
    try:
        for name, version, expected in (
            (path, None, 2),
            (path, 0, 1),
            ("default.mapping_trades", None, 2),
            ("default.mapping_trades", 0, 1),
            ("spark_catalog.default.mapping_trades", None, 2),
        ):
            given = settings(*([f"input.versions.trades={version}"] if version == 0 else []))
            source = open_source(classic_spark, "trades", name, TRADE_COLUMNS_WITHOUT_UNITS, given)
            assert source.rows.count() == expected
            assert source.version["version"] == (0 if version == 0 else 1)
    finally:
        classic_spark.sql("DROP TABLE default.mapping_trades")


CONTENT = InputMapping(content=TRADE_COLUMNS[1:])


def id_by_hand(**values: object) -> str:
    """SHA-256 of what is there, as the data contract tells it."""
    told = "".join(f"{name}={len(str(value))}:{value}" for name, value in values.items())
    return hashlib.sha256(told.encode()).hexdigest()


@pytest.mark.parametrize("engine", ["spark", "classic_spark"])
def test_an_id_of_the_content_is_the_same_however_the_row_is_written(
    engine: str, request: pytest.FixtureRequest
) -> None:
    session = request.getfixturevalue(engine)
    row = trade(user_id=" 张三😀 ", trade_date=dt.date(1969, 12, 31), amount=Decimal("-100.5"))
    stamped = "SELECT *, TIMESTAMP'1969-12-31 23:59:59.5Z' AS updated_at, '' AS order_id FROM {it}"

    def ids_of(rows: DataFrame) -> list[str]:
        wider = rows.select("*").drop("trade_id")
        (alone,) = parse_columns(wider, TRADE_COLUMNS[:1], CONTENT).collect()
        (found,) = parse_columns(wider, TRADE_COLUMNS, CONTENT).collect()
        assert not found["trade_id_is_missing"]
        assert alone["trade_id"] == found["trade_id"]
        return [found["trade_id"]]

    plain = {
        "user_id": "张三😀",
        "product_id": "p1",
        "trade_date": -1,
        "trade_type": "subscription",
        "amount": -10050,
        "units": 1000000,
    }
    told = as_text(session, TRADE_TYPES, [row])
    written = typed(session, TRADE_TYPES, [row])
    assert ids_of(told) == ids_of(written) == [id_by_hand(**plain)]
    later = session.sql(stamped, it=written)
    assert ids_of(later) == [id_by_hand(**plain, updated_at=-500_000)]


def test_ids_of_the_content_tell_values_and_their_columns_apart(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("a", "b"), ("ab", None), (None, "ab"), ("a", "b"), ("product_id=1:b", "")],
        "user_id string, product_id string",
    )
    found = parse_columns(rows, TRADE_COLUMNS[:1], CONTENT).select("raw.*", "trade_id").collect()
    ids = {row["trade_id"]: tuple(row)[:2] for row in found}
    assert len(found) == 5
    assert len(ids) == 4
    assert all(len(one) == 64 for one in ids)


def test_the_content_is_an_id_of_trades_only_where_settings_say_so() -> None:
    given = settings("input.trade_ids=content")
    made = mapping_of(given, "trades", TRADE_COLUMNS)
    assert made.content == CONTENT.content
    assert made.makes("trade_id")
    assert not made.makes("user_id")
    assert not mapping_of(given, "nav", NAV_COLUMNS).makes("trade_id")
    assert not mapping_of(settings(), "trades", TRADE_COLUMNS).makes("trade_id")
