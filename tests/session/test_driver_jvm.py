"""What a process learns of a JVM that is not its own; with a real one: ``cluster/test_stopped``."""

from __future__ import annotations

import os
import threading
from unittest.mock import Mock

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.session.driver_jvm import spark_has_stopped, when_jvm_has_gone


def test_the_end_of_a_jvm_is_seen_by_the_pipe_that_it_held() -> None:
    ours, of_jvm = os.pipe()
    seen = threading.Event()
    when_jvm_has_gone(seen.set, ours)
    os.write(of_jvm, b"nothing that matters")
    assert not seen.wait(0.1)
    os.close(of_jvm)
    assert seen.wait(10)
    os.close(ours)


def test_a_session_that_goes_on_has_not_stopped(classic_spark: SparkSession) -> None:
    assert not spark_has_stopped()
    assert classic_spark.range(3).count() == 3


@pytest.mark.parametrize("stopped", [True, False])
def test_spark_is_asked_whether_it_was_ended_under_us(
    stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Mock()
    context._jsc.sc().isStopped.return_value = stopped
    monkeypatch.setattr("rfmf_spark.session.driver_jvm.is_remote", lambda: False)
    monkeypatch.setattr("pyspark.SparkContext._active_spark_context", context)
    assert spark_has_stopped() == stopped


def test_a_jvm_that_answers_no_more_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    context = Mock()
    context._jsc.sc.side_effect = ConnectionRefusedError
    monkeypatch.setattr("rfmf_spark.session.driver_jvm.is_remote", lambda: False)
    monkeypatch.setattr("pyspark.SparkContext._active_spark_context", context)
    assert not spark_has_stopped()


def test_a_connect_session_is_not_asked(spark: SparkSession) -> None:
    assert not spark_has_stopped()
