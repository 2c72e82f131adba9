"""What happens around the one commit that makes a run current."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.tables.runs import find_current_run, record_event
from rfmf_spark.tables.store import TableStore
from tests.whole_job.results import events_of
from tests.whole_job.running import AS_OF, QUICK_JOB, rfmf, settings, write_features

pytestmark = pytest.mark.slow

Record = Callable[..., None]


def lose_the_answer(record: Record) -> Record:
    def recorded(*what: Any, **details: Any) -> None:
        record(*what, **details)
        raise OSError("the connection was lost")

    return recorded


def tell_to_stop(record: Record) -> Record:
    def recorded(*what: Any, **details: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        record(*what, **details)
        os.kill(os.getpid(), signal.SIGTERM)

    return recorded


def do_not_commit(record: Record) -> Record:
    def recorded(*what: Any, **details: Any) -> None:
        raise ConfigurationError("the folder cannot be written")

    return recorded


@pytest.mark.parametrize(
    ("trouble", "code", "last"),
    [(lose_the_answer, 0, "complete"), (tell_to_stop, 0, "complete"), (do_not_commit, 2, "failed")],
)
def test_a_run_is_recorded_as_what_readers_see_of_it(
    trouble: Callable[[Record], Record],
    code: int,
    last: str,
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = write_features(tmp_path / "features.csv")
    store = TableStore(spark, str(tmp_path / "results"))
    chosen = {"input.features": given, "clustering.fixed_k": 3, "output.root": store.root}
    monkeypatch.setattr("rfmf_spark.pipeline.record_event", trouble(record_event))

    ended = rfmf("run", "--as-of", AS_OF, *settings(QUICK_JOB | chosen))

    assert (ended.code, events_of(store)["status"].tolist()[-1]) == (code, last), ended.stderr
    assert (find_current_run(store) is not None) == (last == "complete")


def test_a_run_whose_spark_was_ended_in_the_cluster_is_aborted_whatever_it_failed_with(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = write_features(tmp_path / "features.csv")
    store = TableStore(spark, str(tmp_path / "results"))
    chosen = {"input.features": given, "clustering.fixed_k": 3, "output.root": store.root}
    broken = Mock(side_effect=RuntimeError("java.lang.NullPointerException"))
    monkeypatch.setattr("rfmf_spark.pipeline.record_event", broken)
    monkeypatch.setattr("rfmf_spark.run.recording.spark_has_stopped", lambda: True)

    ended = rfmf("run", "--as-of", AS_OF, *settings(QUICK_JOB | chosen))

    assert ended.code == 1
    assert "published nothing: its Spark application was killed in the cluster" in ended.stderr
    assert events_of(store)["status"].tolist() == ["running", "aborted"]
