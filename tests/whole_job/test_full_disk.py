"""A disk that is full while a run publishes: one line, and readers stay with the earlier run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.pipeline import publish
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import TableStore
from tests.limits import largest_file
from tests.whole_job.results import events_of
from tests.whole_job.running import AS_OF, QUICK_JOB, rfmf, settings, write_features


def test_a_full_disk_publishes_nothing_and_the_next_run_goes_on_as_ever(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = write_features(tmp_path / "features.csv")
    store = TableStore(spark, str(tmp_path / "results"))
    chosen = {"input.features": given, "clustering.fixed_k": 3, "output.root": store.root}
    arguments = ["run", "--as-of", AS_OF, *settings(QUICK_JOB | chosen)]

    def publish_on_a_full_disk(*what: Any) -> None:
        with largest_file(1000):
            publish(*what)

    assert rfmf(*arguments).code == 0
    current = find_current_run(store)
    with monkeypatch.context() as patched:
        patched.setattr("rfmf_spark.pipeline.publish", publish_on_a_full_disk)
        ended = rfmf(*arguments)

    assert (ended.code, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.startswith("rfmf: a file would become larger than this process may write")
    assert "u1," not in ended.stderr
    assert find_current_run(store) == current
    assert rfmf(*arguments).code == 0
    assert events_of(store)["status"].tolist() == [
        *("running", "complete"),
        *("running", "failed"),
        *("running", "complete"),
    ]
