"""The DAG of ``deploy/airflow`` in a real Airflow, with the real command on the embedded engine."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from deploy.proofs.tools import tools_of
from rfmf_spark.tables.store import TableStore
from tests.quick_spark import spark_environment
from tests.wheel import CHECKOUT
from tests.whole_job.results import events_of
from tests.whole_job.running import LedgerFiles

# 22:00 of the business date, where users are.
_LOGICAL_DATE = "2019-08-14T14:00:00+00:00"
_SECONDS = 300


@dataclass(frozen=True)
class Airflow:
    """An Airflow of its own, whose only DAG is ours."""

    tools: Path
    home: Path

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "RFMF_RETRY_MINUTES": "0.01",
        }
        return subprocess.run(
            [self.tools / "airflow", *arguments],
            env=spark_environment() | own | environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags").mkdir()
    shutil.copy(CHECKOUT / "deploy" / "airflow" / "rfmf_nightly.py", home / "dags")
    started = Airflow(tools_of("airflow"), home)
    made = started("db", "migrate")
    assert made.returncode == 0, made.stderr[-2000:]
    return started


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scheduled") / "results"


@pytest.fixture(scope="module")
def commands(ledger: LedgerFiles, root: Path) -> dict[str, str]:
    """What the DAG is told to run: ``rfmf`` of this checkout, on the ledger into the root."""
    rfmf = ["env", f"PYTHONPATH={CHECKOUT}", sys.executable, "-m", "rfmf_spark.cli"]
    _, _, _, *arguments = ledger.arguments(root)
    run, ended = [*rfmf, "run", *arguments], [*rfmf, "ended", "--set", f"output.root={root}"]
    return {"RFMF_RUN": shlex.join(run), "RFMF_ENDED": shlex.join(ended)}


def test_airflow_reads_the_dag(airflow: Airflow) -> None:
    errors = airflow("dags", "list-import-errors", "--local")
    assert "No data found" in errors.stdout, errors.stdout + errors.stderr


def test_a_retry_goes_on_with_the_run_whose_first_attempt_failed(
    airflow: Airflow, commands: Mapping[str, str], spark: SparkSession, root: Path, tmp_path: Path
) -> None:
    first = tmp_path / "first"
    late = (
        f"test -e {first} && late= || {{ touch {first}; late='--set input.trades={first}.csv'; }}"
    )
    given = {"RFMF_RUN": f"{late}; {commands['RFMF_RUN']} $late"}
    ended = airflow("dags", "test", "rfmf_nightly", _LOGICAL_DATE, **{**commands, **given})
    assert ended.returncode == 0, ended.stdout[-4000:]
    events = events_of(TableStore(spark, str(root)))
    assert list(events["status"])[-2:] == ["running", "complete"]
    assert {str(date) for date in events["as_of"]} == {"2019-08-14"}
    assert events["run_id"].nunique() == 1
    assert events["run_id"][0].startswith("manual__")


def test_a_run_that_failed_fails_the_dag_where_its_exit_code_is_lost(
    airflow: Airflow, commands: Mapping[str, str], root: Path
) -> None:
    assert root.exists()
    lost = f'lost() {{ {commands["RFMF_RUN"]} "$@" --set input.trades={root}.csv; true; }}; lost'
    given = {**commands, "RFMF_RUN": lost}
    ended = airflow("dags", "test", "rfmf_nightly", _LOGICAL_DATE, **given)
    assert "task_id=run" in ended.stdout
    assert "returned a non-zero exit code 3" in ended.stdout, ended.stdout[-4000:]
    assert ended.returncode != 0
