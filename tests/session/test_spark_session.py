"""Manners towards a Spark session that is already there, and towards a Connect server.

Sessions of our own: see ``whole_job``.
"""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from pyspark.errors import AnalysisException, NumberFormatException
from pyspark.sql import SparkSession

from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, EnvironmentMismatchError
from rfmf_spark.session import spark_session as session
from rfmf_spark.session.spark_session import spark_session

SKIPS = ("spark.sql.files.ignoreCorruptFiles", "spark.sql.files.ignoreMissingFiles")
RUNTIME = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled")


def runtime_settings(spark: SparkSession) -> list[str | None]:
    return [spark.conf.get(name) for name in RUNTIME]


@pytest.fixture
def settings() -> Settings:
    given = ["time_zone=Asia/Shanghai", "spark.sql.shuffle.partitions=99", "session.master=moon"]
    return load_settings("local", assignments=given).settings


def test_an_active_session_is_used_and_not_stopped(
    classic_spark: SparkSession, settings: Settings
) -> None:
    with spark_session(settings) as found:
        assert found is classic_spark
    assert classic_spark.range(3).count() == 3


def test_results_depend_on_two_settings_which_are_put_back(
    classic_spark: SparkSession, settings: Settings
) -> None:
    classic_spark.conf.set("spark.sql.ansi.enabled", "false")
    try:
        before = runtime_settings(classic_spark)
        with spark_session(settings):
            assert runtime_settings(classic_spark) == ["Asia/Shanghai", "true"]
        assert runtime_settings(classic_spark) == before == ["UTC", "false"]
    finally:
        classic_spark.conf.set("spark.sql.ansi.enabled", "true")


def test_no_setting_makes_spark_skip_files(classic_spark: SparkSession, settings: Settings) -> None:
    for name in SKIPS:
        classic_spark.conf.set(name, "true")
    try:
        with spark_session(settings):
            assert [classic_spark.conf.get(name) for name in SKIPS] == ["false"] * 2
        assert [classic_spark.conf.get(name) for name in SKIPS] == ["true"] * 2
    finally:
        for name in SKIPS:
            classic_spark.conf.unset(name)


def test_an_error_puts_the_settings_back_too(
    classic_spark: SparkSession, settings: Settings
) -> None:
    before = runtime_settings(classic_spark)
    with pytest.raises(ZeroDivisionError), spark_session(settings):
        _ = 1 / 0
    assert runtime_settings(classic_spark) == before


def test_a_time_zone_that_java_does_not_know_is_refused(
    classic_spark: SparkSession, settings: Settings
) -> None:
    before = runtime_settings(classic_spark)
    unknown = settings.model_copy(update={"time_zone": "Asia/Beijing"})
    told = r"^time_zone is 'Asia/Beijing': the Java of this Spark does not know it; give a name"

    with pytest.raises(ConfigurationError, match=told), spark_session(unknown):
        pass
    assert runtime_settings(classic_spark) == before


def test_an_active_session_keeps_its_own_settings(
    classic_spark: SparkSession, settings: Settings
) -> None:
    before = classic_spark.conf.get("spark.sql.shuffle.partitions")
    with spark_session(settings) as found:
        assert found.conf.get("spark.sql.shuffle.partitions") == before
        assert found.conf.get("spark.master") == "local[2]"


def test_a_session_of_another_spark_is_refused(
    classic_spark: SparkSession, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SUPPORTED_SPARK", "9.9")
    refused = rf"this is Spark {classic_spark.version}, but rfmf supports Spark 9\.9; use a cluster"
    with pytest.raises(EnvironmentMismatchError, match=refused), spark_session(settings):
        pass


def test_time_zones_of_sessions_do_not_leak_into_dates(
    classic_spark: SparkSession, settings: Settings
) -> None:
    with spark_session(settings) as found:
        at_night = found.sql("SELECT to_date(timestamp'2019-08-13T18:00:00Z') AS day")
        assert str(at_night.collect()[0].day) == "2019-08-14"


def test_a_failed_query_is_not_printed_with_the_values_of_its_rows(
    classic_spark: SparkSession, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    with spark_session(settings) as found, pytest.raises(NumberFormatException):
        found.sql("SELECT CAST('user-4711' AS int)").collect()
    printed = capfd.readouterr()
    assert "4711" not in printed.out + printed.err


@pytest.fixture
def server_session(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """A session as a Connect server gives it, with Delta and fixed memory."""

    def refuse_memory(name: str, value: str) -> None:
        if name == "spark.driver.memory":
            raise AnalysisException("[CANNOT_MODIFY_CONFIG]")

    remote = Mock(version="4.2.0")
    remote.conf.set.side_effect = refuse_memory
    remote.conf.get.return_value = "io.delta.sql.DeltaSparkSessionExtension"
    classes = Mock()
    classes.getActiveSession.return_value = None
    classes.builder.remote.return_value.getOrCreate.return_value = remote
    monkeypatch.setattr(session, "SparkSession", classes)
    monkeypatch.setattr(session, "require_answer", lambda address: None)
    return remote


@pytest.fixture
def server_settings() -> Settings:
    given = [
        "session.remote=sc://host:15002/;token=hush",
        "spark.driver.memory=9g",
        "spark.sql.shuffle.partitions=99",
    ]
    return load_settings("cluster", assignments=given).settings


def test_a_server_gets_the_settings_that_it_lets_a_session_have(
    server_session: Mock, server_settings: Settings
) -> None:
    with spark_session(server_settings) as found:
        assert found is server_session
        server_session.conf.set.assert_any_call("spark.sql.shuffle.partitions", "99")
        server_session.conf.set.assert_any_call("spark.sql.session.timeZone", "Asia/Shanghai")
        server_session.stop.assert_not_called()
    server_session.stop.assert_called_once_with()


def test_a_server_without_delta_is_refused_with_what_its_start_needs(
    server_session: Mock, server_settings: Settings
) -> None:
    server_session.conf.get.return_value = ""
    refused = (
        r"^the Spark Connect server at sc://host:15002 has no Delta; start it with --packages "
        r"io\.delta:delta-spark_4\.2_2\.13:4\.4\.0 --conf spark\.sql\.extensions="
    )
    with pytest.raises(EnvironmentMismatchError, match=refused), spark_session(server_settings):
        pass
    server_session.stop.assert_called_once_with()


def test_a_server_of_another_version_is_refused(
    server_session: Mock, server_settings: Settings
) -> None:
    server_session.version = "4.1.1"
    refused = r"^this is Spark 4\.1\.1, but rfmf supports Spark 4\.2"
    with pytest.raises(EnvironmentMismatchError, match=refused), spark_session(server_settings):
        pass


def test_a_server_that_refuses_the_client_is_told_without_the_token(
    server_session: Mock, server_settings: Settings
) -> None:
    server_session.conf.get.side_effect = RuntimeError("UNAUTHENTICATED\nand a long trace")
    with pytest.raises(EnvironmentMismatchError) as error, spark_session(server_settings):
        pass
    assert str(error.value) == (
        "the Spark Connect server at sc://host:15002 gives no session (RuntimeError: "
        "UNAUTHENTICATED); check the address, its token and the server's log"
    )
