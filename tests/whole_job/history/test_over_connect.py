"""The same job over Spark Connect: on a server, and with one of its own in local mode."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from tests.whole_job.history.conftest import WITH_HOLDINGS
from tests.whole_job.history.connect_server import start_connect_server
from tests.whole_job.history.stopping import assert_sigterm_ends_it_in_order
from tests.whole_job.results import RESULT_TABLES, FinishedRun, finished_run, last_event
from tests.whole_job.running import (
    AS_OF,
    QUICK_JOB,
    LedgerFiles,
    rfmf,
    rfmf_elsewhere,
    settings,
)

pytestmark = pytest.mark.slow

ELSEWHERE = "Pacific/Honolulu"


@pytest.fixture(scope="module")
def connect_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("connect")


@pytest.fixture(scope="module")
def server(connect_folder: Path) -> Iterator[str]:
    with start_connect_server(connect_folder, master="local[1]", TZ=ELSEWHERE) as url:
        yield url


@pytest.fixture(scope="module")
def server_run(
    server: str, spark: SparkSession, ledger: LedgerFiles, connect_folder: Path
) -> FinishedRun:
    """A run on the server, by the command line in a process of its own.

    In 8 partitions, on a computer on the other side of the date line.
    """
    store = TableStore(spark, str(connect_folder / "on-server"))
    other = settings({"spark.sql.shuffle.partitions": 8})
    arguments = [*ledger.arguments(Path(store.root)), *WITH_HOLDINGS, *other, "--remote", server]
    ended = rfmf_elsewhere(*arguments, folder=connect_folder, TZ=ELSEWHERE)
    return finished_run(ended, store)


@pytest.fixture(scope="module")
def given_features(connect_folder: Path) -> list[str]:
    """Arguments of a run on features of forty users, but for the place of the results."""
    file = connect_folder / "features.csv"
    rows = [f"u{n},{9 * n},{1 + n % 4},{n}.5" for n in range(40)]
    file.write_text("\n".join(["user_id,recency_days,frequency,monetary", *rows]))
    given = QUICK_JOB | {"input.features": file, "clustering.fixed_k": 3}
    return ["run", "--as-of", AS_OF, *settings(given)]


@pytest.fixture(scope="module")
def local_mode_run(
    spark: SparkSession, given_features: list[str], connect_folder: Path
) -> FinishedRun:
    """A run that starts a Connect server in a driver of its own, as SPARK_REMOTE asks for."""
    store = TableStore(spark, str(connect_folder / "local-mode"))
    arguments = [*given_features, *settings({"output.root": store.root})]
    ended = rfmf_elsewhere(*arguments, folder=connect_folder, SPARK_REMOTE="local[2]")
    return finished_run(ended, store)


@pytest.mark.parametrize("table", RESULT_TABLES)
def test_a_server_of_one_core_in_another_time_zone_gives_the_same_rows_as_classic_spark(
    table: str, second_run: FinishedRun, server_run: FinishedRun
) -> None:
    assert server_run.rows[table] == second_run.rows[table]


def test_connect_in_local_mode_gives_the_same_rows_as_the_embedded_engine(
    spark: SparkSession,
    given_features: list[str],
    local_mode_run: FinishedRun,
    connect_folder: Path,
) -> None:
    store = TableStore(spark, str(connect_folder / "embedded"))
    embedded = finished_run(rfmf(*given_features, *settings({"output.root": store.root})), store)
    assert len(embedded.rows["user_segments"]) == 40
    assert local_mode_run.rows.keys() == embedded.rows.keys()
    for table in embedded.rows:
        found = local_mode_run.rows_on_any_engine(table)
        assert found == embedded.rows_on_any_engine(table), table


def test_connect_prints_what_classic_spark_prints_and_no_warning(
    server_run: FinishedRun, local_mode_run: FinishedRun
) -> None:
    for finished in (server_run, local_mode_run):
        assert finished.ended.stderr == ""
        assert f"Run {finished.run.run_id} is current" in finished.ended.stdout


def test_a_corrupt_file_is_refused_with_the_same_message_as_by_classic_spark(
    server: str, spark: SparkSession, ledger: LedgerFiles, tmp_path: Path
) -> None:
    trades = tmp_path / "trades"
    trades.mkdir()
    (trades / "corrupt.parquet").write_text("these bytes are no Parquet")
    store = TableStore(spark, str(tmp_path / "out"))
    arguments = replace(ledger, trades=trades).arguments(Path(store.root))
    ended = rfmf_elsewhere(*arguments, "--remote", server, folder=tmp_path)
    assert ended.code == 3
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"rfmf: input.trades: file:{trades}/corrupt.parquet cannot be read")
    assert last_event(store)["reason"] == line.removeprefix("rfmf: ")


def test_sigterm_ends_a_run_on_a_server_in_order(
    server: str, spark: SparkSession, ledger: LedgerFiles, tmp_path: Path
) -> None:
    store = TableStore(spark, str(tmp_path / "out"))
    arguments = [*ledger.arguments(Path(store.root)), "--remote", server]
    assert_sigterm_ends_it_in_order(store, tmp_path, *arguments)


def test_a_server_that_does_not_answer_ends_with_one_message(
    ledger: LedgerFiles, tmp_path: Path
) -> None:
    arguments = ledger.arguments(tmp_path / "out")
    # Nothing listens on the discard port of a computer of today.
    ended = rfmf_elsewhere(*arguments, "--remote", "sc://127.0.0.1:9/;token=abc", folder=tmp_path)
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr == (
        "rfmf: no Spark Connect server answers at sc://127.0.0.1:9 within 10 s; start the server, "
        "or correct --remote, session.remote or SPARK_REMOTE\n"
    )


def test_connect_in_local_mode_tells_that_its_port_is_taken(
    ledger: LedgerFiles, tmp_path: Path
) -> None:
    arguments = [*ledger.arguments(tmp_path / "out"), "--remote", "local[1]"]
    with socket.create_server(("127.0.0.1", 15002)):
        ended = rfmf_elsewhere(*arguments, folder=tmp_path)
    assert ended.code == 2
    (line,) = ended.stderr.splitlines()
    taken = "another process has the port of Spark Connect in local mode, 15002"
    assert line.startswith(f"rfmf: Spark did not start ({taken}); ")
