"""Which engine computes where none is asked for by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfmf_spark.config.loading import Profile, load_settings
from rfmf_spark.session import doctor
from rfmf_spark.session.engine_choice import EngineChoice, choose_engine


@pytest.fixture(autouse=True)
def no_spark_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPARK_REMOTE", "SPARK_API_MODE", "PYSPARK_GATEWAY_PORT", "HADOOP_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)


def choice(*assignments: str, profile: Profile = "local") -> EngineChoice:
    return choose_engine(load_settings(profile, assignments=assignments).settings)


def test_one_computer_suffices_where_nothing_asks_for_spark(tmp_path: Path) -> None:
    inputs = f"input.trades={tmp_path / 'trades'}"
    assert choice(inputs, f"output.root={tmp_path}") == ("embedded", "one computer")


@pytest.mark.parametrize("assignment", ["output.root=results.v2", "input.trades=trades.parquet"])
def test_names_of_files_that_are_not_there_are_no_tables(assignment: str) -> None:
    assert choice(assignment).name == "embedded"


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ("session.engine=spark", "session.engine"),
        ("session.master=local[2]", "session.master"),
        ("spark.master=yarn", "spark.master"),
        ("spark.sql.catalogImplementation=hive", "spark.sql.catalogImplementation"),
        ("spark.hadoop.fs.defaultFS=hdfs://host", "spark.hadoop.fs.defaultFS"),
        ("session.remote=sc://host:15002", "Spark Connect"),
        ("spark.api.mode=connect", "Spark Connect"),
        ("clustering.space=values", "clustering.space"),
        ("output.lock=table", "output.lock"),
        ("scoring.quantile_method=sketch", "scoring.quantile_method"),
        ("output.root=s3a://bucket/results", "output.root is on no disk of this computer"),
        ("input.nav=hdfs:///nav", "input.nav is on no disk of this computer"),
        ("input.trades=sales.trades", "input.trades is a table of a catalog"),
    ],
)
def test_what_only_spark_can_do_takes_spark(assignment: str, reason: str) -> None:
    assert choice(assignment) == ("spark", reason)


@pytest.mark.parametrize("name", ["PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "HADOOP_CONF_DIR"])
def test_the_environment_can_ask_for_spark(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "25333")
    assert choice().name == "spark"


def test_jobs_on_clusters_take_spark() -> None:
    assert choice(profile="cluster") == ("spark", "session.engine")


@pytest.mark.parametrize("found", [None, "0.7.1"])
def test_without_the_embedded_engine_spark_is_taken(
    found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "installed_version", lambda name: found)
    assert choice() == ("spark", "no engine is embedded")


def test_who_asks_for_the_embedded_engine_gets_it_or_an_error() -> None:
    assert choice("session.engine=embedded") == ("embedded", "session.engine")
    with pytest.raises(Exception, match=r"session\.master is yarn, which session\.engine=embedded"):
        choice("session.engine=embedded", "session.master=yarn")
