"""The same ledgers on the embedded engine and on Spark: every row of every table is the same.

A clean ledger is in ``history/``, a dirty one of Parquet on the cluster of ``tests/cluster/``.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.sessions import speaking_classic
from tests.whole_job.results import RESULT_TABLES, FinishedRun, finished_run
from tests.whole_job.running import AS_OF, QUICK_JOB, generate_ledger, rfmf, settings

pytestmark = pytest.mark.slow

USERS = 400
OPENING = "2019-04-30"
INPUTS = ("trades", "nav", "products", "opening_positions", "profiles")

# Numbers as people write them, values that are none, quotes, and lines that do not fit.
_FEATURES = (
    "customer;recency_days;frequency;monetary",
    "u1;3;1;1.50",
    "u2;10;2;2.5e1",
    "张三;20;3;+7",
    '"u;4";30;1;0.00000001',
    '"say ""hi""";40;1;9',
    "u6;;1;1",
    "u7;x;1;1",
    "u8;1;1",
    "u9;1;1;1;1",
    "u1;3;1;1.50",
    "u10;1;1000000000000000;1",
    "u11;60;2;3.25",
    "u12;61;2;3.250",
    "u13;400;7;1e3",
    '"u14" ;70;1;2',
    '"u15"x;71;1;2',
    '"F "A" g";72;1;2',
    "u16;73;1;1.2345678901234E9",
    "u17;74;1;1.2345649996e-3",
    "u18;75;1;9.999999999999999e-05",
    "u19;76;1;1.4210854715202004e-14",
)


def run_both(
    spark: SparkSession, jvm_spark: SparkSession, folder: Path, given: Mapping[str, object]
) -> tuple[FinishedRun, FinishedRun]:
    """The same run on the embedded engine and on Spark, each into a root of its own."""
    runs = []
    for engine in ("embedded", "spark"):
        store = TableStore(spark, str(folder / engine))
        chosen = {**QUICK_JOB, "clustering.k_max": 4, **given, "output.root": store.root}
        arguments = ("run", "--as-of", AS_OF, *settings(chosen))
        if engine == "embedded":
            ended = rfmf(*arguments)
        else:
            with speaking_classic():
                ended = rfmf(*arguments)
        runs.append(finished_run(ended, store))
    return runs[0], runs[1]


def assert_same_rows(embedded: FinishedRun, on_spark: FinishedRun, *filled: str) -> None:
    """All tables are equal, and those that a case is about have rows."""
    assert [name for name in filled if not embedded.rows[name]] == []
    assert embedded.rows.keys() == on_spark.rows.keys() <= set(RESULT_TABLES)
    for table in embedded.rows:
        found = embedded.rows_on_any_engine(table)
        assert found == on_spark.rows_on_any_engine(table), table


def inputs_in(folder: Path) -> dict[str, object]:
    found = {f"input.{name}": folder / name for name in INPUTS}
    return {name: path for name, path in found.items() if path.exists()}


def as_text(folder: Path, encoding: str, delimiter: str) -> dict[str, object]:
    """Write the CSV files of a ledger anew, with some odd lines; the settings that read them."""
    inputs = inputs_in(folder)
    for table in inputs.values():
        for number, file in enumerate(sorted(Path(str(table)).glob("*.csv"))):
            text = file.read_text(encoding="utf-8").replace(",", delimiter)
            # A line that is too short, one that is too long, one of blanks, and values in quotes.
            first = text.splitlines()[1] if number == 0 else ""
            quoted = delimiter.join(f'"{value}"' for value in first.split(delimiter))
            odd = [first.rpartition(delimiter)[0], first + delimiter, "   ", quoted]
            file.write_text(text + "\n".join(odd) + "\n", encoding=encoding)
    how = {"input.csv.encoding": encoding, "input.csv.delimiter": f'"{delimiter}"'}
    return inputs | how | {"quality.max_bad_share": 0.9}


def test_a_dirty_ledger_as_chinese_text_with_net_revenue_in_a_window(
    spark: SparkSession, jvm_spark: SparkSession, tmp_path: Path
) -> None:
    dirty = ("--dirty", "0.05", "--format", "csv")
    generate_ledger(tmp_path / "ledger", USERS, *dirty, seed=7)
    given = as_text(tmp_path / "ledger", "GB18030", ",") | {
        "features.basis": "net_revenue",
        "features.window_days": 150,
        "scoring.ties": "low",
        "output.write_holdings": "true",
    }
    embedded, on_spark = run_both(spark, jvm_spark, tmp_path, given)
    assert_same_rows(embedded, on_spark, "quarantine", "user_segments", "holdings")


def test_an_opened_ledger_as_text_with_principal_days_and_weights_of_the_users(
    spark: SparkSession, jvm_spark: SparkSession, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    generate_ledger(ledger, USERS, "--opening", OPENING, seed=5)
    # Lots of an opening position are a list, which CSV cannot hold.
    for table in ("trades", "nav", "products"):
        rows = pd.read_parquet(ledger / table)
        shutil.rmtree(ledger / table)
        (ledger / table).mkdir()
        rows.to_csv(ledger / table / "rows.csv", index=False)
    given = as_text(ledger, "UTF-16", ";") | {
        "features.basis": "principal_days",
        "weights.method": "critic",
    }
    embedded, on_spark = run_both(spark, jvm_spark, tmp_path, given)
    assert_same_rows(embedded, on_spark, "quarantine", "user_segments")


def test_given_features_as_text(
    spark: SparkSession, jvm_spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "features.csv").write_text("\n".join(_FEATURES), encoding="utf-8")
    given = {
        "input.features": tmp_path / "features.csv",
        "input.columns.features.user_id": "customer",
        "input.csv.delimiter": '";"',
        "quality.max_bad_share": 0.9,
        "clustering.fixed_k": 3,
    }
    embedded, on_spark = run_both(spark, jvm_spark, tmp_path, given)
    assert_same_rows(embedded, on_spark, "quarantine", "user_segments")
    users = set(embedded.table("user_features")["user_id"])
    assert {"张三", "u;4", 'say "hi"', "u13", "u14", '"u15"x', '"F "A" g"'} <= users
