"""``deploy/yarn`` as it is handed over, on a real HDFS and YARN, against a run of this process."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from pyspark.sql import SparkSession

from deploy.proofs.hadoop import Hadoop, NoHadoopError, start_hadoop
from deploy.yarn.make_package import PYTHON, make_package
from rfmf_spark.tables.store import TableStore
from tests.quick_spark import spark_environment
from tests.whole_job.results import FinishedRun, finished_run
from tests.whole_job.running import AS_OF, QUICK_JOB, Ended, LedgerFiles, rfmf, settings

_SECONDS = 1_200
_REFUSED = {"input.trades": "hdfs:///none"}


@pytest.fixture(scope="module")
def hadoop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hadoop]:
    try:
        with start_hadoop(tmp_path_factory.mktemp("hadoop")) as running:
            yield running
    except NoHadoopError as missing:
        pytest.skip(str(missing))


@dataclass(frozen=True)
class EdgeNode:
    """An unpacked package, and a configuration whose inputs lie in HDFS."""

    folder: Path
    hadoop: Hadoop

    def call(self, script: str, *arguments: str) -> Ended:
        """A script of the package with the environment that an edge node has."""
        options = {
            "spark.driver.memory": "1g",
            "spark.executor.memory": "1g",
            "spark.executor.instances": "1",
            "spark.sql.shuffle.partitions": "2",
            "spark.ui.enabled": "false",
            # Many small plans: to compile them well takes longer than it saves.
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
            # One Spark for all nodes of this computer; elsewhere it would be in HDFS.
            "spark.yarn.jars": f"local:{spark_environment()['SPARK_HOME']}/jars/*",
            "spark.yarn.appMasterEnv.JAVA_HOME": self.hadoop.java_home,
            "spark.executorEnv.JAVA_HOME": self.hadoop.java_home,
        }
        words = [word for name, text in options.items() for word in ("--conf", f"{name}={text}")]
        # Not the virtual environment, which holds the checkout: what has been packed must do.
        python = os.path.realpath(spark_environment()["PYSPARK_PYTHON"])
        own = {
            "HADOOP_CONF_DIR": str(self.hadoop.conf_folder),
            "PYSPARK_PYTHON": python,
            "SUBMIT_OPTIONS": " ".join(words),
        }
        ended = subprocess.run(
            [str(self.folder / script), "production.yaml", *arguments],
            env=spark_environment() | own,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="module")
def edge_node(
    hadoop: Hadoop, wheel: Path, ledger: LedgerFiles, tmp_path_factory: pytest.TempPathFactory
) -> EdgeNode:
    place = tmp_path_factory.mktemp("edge")
    with tarfile.open(make_package(wheel)) as package:
        package.extractall(place, filter="tar")
    (folder,) = place.iterdir()
    inputs = {
        name: hadoop.put(getattr(ledger, name), f"/ledger/{name}")
        for name in ("trades", "nav", "products")
    }
    chosen = {"input": inputs}
    (folder / "production.yaml").write_text(yaml.safe_dump(chosen))
    return EdgeNode(folder, hadoop)


@pytest.fixture(scope="module")
def local_run(
    spark: SparkSession, ledger: LedgerFiles, tmp_path_factory: pytest.TempPathFactory
) -> FinishedRun:
    store = TableStore(spark, str(tmp_path_factory.mktemp("local") / "results"))
    return finished_run(rfmf(*ledger.arguments(Path(store.root))), store)


@pytest.mark.parametrize("mode", ["client", "cluster"])
def test_a_run_ends_with_0_and_its_rows_are_those_of_a_local_one(
    mode: str,
    edge_node: EdgeNode,
    local_run: FinishedRun,
    spark: SparkSession,
    tmp_path: Path,
) -> None:
    ended = edge_node.call(f"submit-{mode}.sh", *_arguments(mode, f"{mode}-1"))
    assert ended.code == 0, ended.stderr[-4000:]
    edge_node.hadoop.get(f"/{mode}", tmp_path / "results")
    found = finished_run(ended, TableStore(spark, str(tmp_path / "results")))
    assert found.run.run_id == f"{mode}-1"
    assert local_run.rows["quarantine"]
    for table in local_run.rows:
        assert found.rows_on_any_engine(table) == local_run.rows_on_any_engine(table), table


def test_a_refused_input_ends_with_3_in_client_mode(edge_node: EdgeNode) -> None:
    ended = edge_node.call("submit-client.sh", *_arguments("client", "client-3", _REFUSED))
    assert ended.code == 3, ended.stderr[-4000:]


def test_a_refused_input_ends_with_3_by_its_marker_in_cluster_mode(edge_node: EdgeNode) -> None:
    ended = edge_node.call("submit-cluster.sh", *_arguments("cluster", "cluster-3", _REFUSED))
    assert ended.code == 1
    (application,) = set(re.findall(r"application_(\d+_\d+)", ended.stderr))
    drivers = edge_node.hadoop.logs.rglob(f"container_{application}_*_000001")
    assert len({driver.name for driver in drivers}) == 1
    root = settings({"output.root": "hdfs:///cluster"})
    told = edge_node.call("ended.sh", "cluster-3", *root)
    assert told.code == 3, told.stderr[-4000:]
    assert '"status": "failed"' in told.stdout


def test_the_package_says_which_python_it_fits(edge_node: EdgeNode) -> None:
    assert (edge_node.folder / "PYTHON").read_text() == f"{PYTHON}\n"


def _arguments(mode: str, run: str, chosen: Mapping[str, object] = QUICK_JOB) -> list[str]:
    """Of a run into a root for each mode."""
    root = {"output.root": f"hdfs:///{mode}"}
    return ["--run", run, "--as-of", AS_OF, *settings({**chosen, **root})]
