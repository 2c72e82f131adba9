from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, EnvironmentMismatchError
from rfmf_spark.session import doctor, embedded
from rfmf_spark.session.doctor import PINNED_PYSAIL
from rfmf_spark.session.embedded import describe_engine, embedded_session
from rfmf_spark.session.engines import SPARK, engine_of
from rfmf_spark.session.observing import observe

SCRATCH = Path("/scratch/of-this-session")


def settings(**sections: dict[str, object]) -> Settings:
    return Settings.model_validate({"session": {"engine": "embedded"}} | sections)


@pytest.mark.parametrize("found", [None, "0.6.0"])
def test_a_missing_or_other_engine_ends_with_what_to_install(
    found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "installed_version", lambda name: found)
    with (
        pytest.raises(EnvironmentMismatchError) as failure,
        embedded_session(settings()),
    ):
        pass
    assert str(failure.value) == (
        f"Embedded engine: found pysail {found or 'missing'}; "
        f"pip install pysail=={PINNED_PYSAIL}, or set session.engine=spark"
    )


def test_results_in_a_store_are_refused_before_anything_starts() -> None:
    with (
        pytest.raises(ConfigurationError, match=r"output\.root is s3a://bucket/results, but "),
        embedded_session(settings(output={"root": "s3a://bucket/results"})),
    ):
        pass


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("session", "remote", "sc://host:15002"),
        ("clustering", "space", "values"),
        ("output", "lock", "table"),
        ("scoring", "quantile_method", "sketch"),
    ],
)
def test_what_the_engine_cannot_do_is_refused_as_a_setting(
    section: str, name: str, value: str
) -> None:
    given = {"session": {"engine": "embedded"}}
    given[section] = given.get(section, {}) | {name: value}
    with pytest.raises(ValueError, match=f"{section}.{name} is {value}, which session.engine"):
        Settings.model_validate(given)
    given["session"]["engine"] = "spark"
    Settings.model_validate(given)


def test_memory_is_bounded_by_half_of_the_computer_and_the_log_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded, "available_memory", lambda: 8 * 2**30)
    monkeypatch.delenv("RUST_LOG", raising=False)
    variables = embedded._server_variables(None, SCRATCH)
    assert variables["RUST_LOG"] == "off"
    assert variables["SAIL_RUNTIME__TEMPORARY_FILES__PATHS"] == f'["{SCRATCH}"]'
    assert variables["SAIL_RUNTIME__MEMORY_POOL__TYPE"] == "fair"
    assert variables["SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE"] == str(4 * 2**30)
    variables = embedded._server_variables("3g", SCRATCH)
    assert variables["SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE"] == str(3 * 2**30)


def test_what_a_user_has_set_for_the_engine_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUST_LOG", "info")
    variables = embedded._server_variables(None, SCRATCH)
    assert "RUST_LOG" not in variables
    with embedded._environment(variables):
        assert os.environ["SAIL_RUNTIME__MEMORY_POOL__TYPE"] == "fair"
    assert "SAIL_RUNTIME__MEMORY_POOL__TYPE" not in os.environ
    assert os.environ["RUST_LOG"] == "info"


def test_a_session_is_spark_until_it_is_said_to_be_something_else(
    classic_spark: SparkSession,
) -> None:
    assert engine_of(classic_spark) == SPARK
    assert SPARK.observes
    assert not describe_engine().observes


def test_figures_are_the_same_observed_and_counted_by_a_job_of_their_own(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = spark.createDataFrame([(1,), (4,), (2,)], "n bigint")
    most = [F.max("n").alias("most")]
    assert observe(rows, "three rows", most, DataFrame.count) == (3, {"most": 4})
    monkeypatch.setattr("rfmf_spark.session.observing.engine_of", lambda spark: describe_engine())
    plain, counted = observe(rows, "three rows", most, lambda looked_at: looked_at)
    assert plain is rows
    assert counted == {"most": 4}
