"""The installed wheel under spark-submit, on a standalone cluster of two workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.standalone import WORKERS, Submitter

SCRIPT = """
import json, sys
from pyspark.sql import SparkSession
import rfmf_spark
from rfmf_spark.config.shipped import shipped_folder

spark = (
    SparkSession.builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .getOrCreate()
)
path = sys.argv[1]
spark.range(0, 1000, 1, 8).write.format("delta").save(path)
answer = {
    "rows": spark.read.format("delta").load(path).count(),
    "master": spark.conf.get("spark.master"),
    "package": rfmf_spark.__file__,
    "conf": str(shipped_folder()),
}
print("answer " + json.dumps(answer))
spark.stop()
"""

pytestmark = pytest.mark.slow


def test_a_script_with_the_installed_wheel_runs_on_both_workers(
    submit: Submitter,
    standalone_master_url: str,
    installed_wheel: Path,
    cluster_folder: Path,
    tmp_path: Path,
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    ended = submit(script, str(tmp_path / "table"))
    assert ended.returncode == 0, ended.stderr[-4000:]
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("answer ")]
    assert json.loads(line.removeprefix("answer ")) == {
        "rows": 1000,
        "master": standalone_master_url,
        "package": str(installed_wheel / "rfmf_spark" / "__init__.py"),
        "conf": str(installed_wheel / "rfmf_spark" / "conf"),
    }
    assert len(list(cluster_folder.glob("work-*/app-*"))) == WORKERS


def test_a_script_that_fails_is_seen_by_its_exit_code(submit: Submitter, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; sys.exit(5)")
    assert submit(script).returncode == 5
