"""A signal to spark-submit, which gets as far as its JVM and no further by itself."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.store import TableStore
from rfmf_spark.tables.table_lock import find_row_holder
from tests.cluster.standalone import Submitter
from tests.wheel import CHECKOUT
from tests.whole_job.results import events_of
from tests.whole_job.running import AS_OF, QUICK_JOB, rfmf, settings, write_features

pytestmark = pytest.mark.slow

_CODE_OF_A_JVM_THAT_WAS_TOLD_TO_END = 128 + signal.SIGTERM


def test_a_run_ends_in_order_where_only_spark_submit_gets_the_signal(
    spark: SparkSession, submit: Submitter, tmp_path: Path
) -> None:
    store = TableStore(spark, str(tmp_path / "results"))
    given = {"input.features": write_features(tmp_path / "features.csv"), "clustering.fixed_k": 3}
    arguments = ["--as-of", AS_OF, *settings(QUICK_JOB | given | {"output.root": store.root})]
    # A lock that Spark has to let go of: it must not have stopped by then.
    locked = settings({"output.lock": "table"})
    job = CHECKOUT / "jobs" / "run_pipeline.py"
    with submit.started(job, *arguments, *locked, conf={"spark.master": "local[1]"}) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("start "))
        process.send_signal(signal.SIGTERM)
        told = process.stdout.read().splitlines()
        assert process.wait() == _CODE_OF_A_JVM_THAT_WAS_TOLD_TO_END

    end = json.loads(told[-1])
    assert end["exit_code"] == 1
    assert "was told to stop and published nothing" in end["reason"]
    assert events_of(store)["status"].tolist() == ["running", "aborted"]
    assert find_row_holder(store) is None
    ended = rfmf("run", *arguments)
    assert ended.code == 0, ended.stderr
    assert events_of(store)["status"].tolist()[2:] == ["running", "complete"]
