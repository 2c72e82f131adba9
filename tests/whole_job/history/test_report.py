"""The report of real runs: written at their end and by its command, and never in their way."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfmf_spark.tables.store import TableStore
from tests.whole_job.history.test_privacy import leaks
from tests.whole_job.results import FinishedRun
from tests.whole_job.running import LedgerFiles, rfmf, settings

pytestmark = pytest.mark.slow

WITH_REPORT = settings({"report.enabled": "true"})


@pytest.fixture(scope="module")
def first_report(first_run: FinishedRun) -> Path:
    told = first_run.ended.stdout.splitlines()[-1]
    assert told.startswith("Report: ")
    return Path(told.removeprefix("Report: "))


def of_root(store: TableStore) -> list[str]:
    return settings({"output.root": store.root})


def test_a_run_ends_with_the_path_of_its_report(
    first_report: Path, first_run: FinishedRun, store: TableStore
) -> None:
    assert first_report == Path(store.root) / "reports" / f"{first_run.run.run_id}.html"
    page = first_report.read_text(encoding="utf-8")
    assert len(page.encode()) < 3_000_000
    for name in first_run.table("segment_profile")["name_zh"]:
        assert name in page


def test_the_report_names_no_user_and_no_amount_of_one(
    first_report: Path, first_run: FinishedRun
) -> None:
    users = first_run.table("user_features")
    amounts = {f"{value:f}" for name in ("monetary", "holding_amount") for value in users[name]}
    secrets = set(users["user_id"]) | {a for a in amounts if len(a.strip("0.")) >= 7}
    assert leaks(first_report.read_text(encoding="utf-8"), secrets) == set()


def test_the_command_writes_the_report_of_a_date_beside_an_earlier_one(
    first_run: FinishedRun, earlier_date_run: FinishedRun, store: TableStore, tmp_path: Path
) -> None:
    file = tmp_path / "new" / "report.html"
    chosen = ["--as-of", "2019-08-14", "--run", first_run.run.run_id, "--lang", "en"]
    ended = rfmf("report", *chosen, "--out", str(file), *of_root(store))
    assert (ended.code, ended.stdout) == (0, f"Report: {file}\n"), ended.stderr
    page = file.read_text(encoding="utf-8")
    assert '<html lang="en"' in page
    assert f"2019-06-28, {earlier_date_run.run.run_id}" in page


def test_a_run_that_is_not_there_is_told(first_run: FinishedRun, store: TableStore) -> None:
    ended = rfmf("report", "--as-of", "2018-12-31", *of_root(store))
    assert ended.code == 2
    assert "--run latest: no such run of 2018-12-31 has completed in " in ended.stderr


def test_a_report_that_cannot_be_written_leaves_the_run_complete(
    ledger: LedgerFiles, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    folder = settings({"report.folder": tmp_path / "taken"})
    ended = rfmf(*ledger.arguments(tmp_path / "results"), *WITH_REPORT, *folder)
    assert ended.code == 0, ended.stderr
    told = ended.stdout.splitlines()[-1]
    assert told.startswith(f"Report: not written, report {tmp_path}/taken/")
    assert told.endswith("the run is complete; write it again with rfmf report")


def test_reports_can_be_switched_off(ledger: LedgerFiles, spark: object, tmp_path: Path) -> None:
    ended = rfmf(*ledger.arguments(tmp_path / "results"), *settings({"report.enabled": "false"}))
    assert ended.code == 0, ended.stderr
    assert "Report" not in ended.stdout
    assert not (tmp_path / "results" / "reports").exists()
