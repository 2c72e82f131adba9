"""Options of ours beside those of spark-submit."""

from __future__ import annotations

import pytest

from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.redaction import REDACTED
from rfmf_spark.session.launch_options import LaunchOptions, join_options, settle_options

DELTA = "io.delta.sql.DeltaSparkSessionExtension"
OTHER = "org.example.Authorisation"
SCRIPT = "run_pipeline.py"
DEFAULT_JAVA = "spark.executor.defaultJavaOptions"
EXTRA_JAVA = "spark.executor.extraJavaOptions"


def settled(ours: dict[str, str], theirs: dict[str, str]) -> LaunchOptions:
    return settle_options(ours, theirs, SCRIPT)


def test_of_two_values_the_later_one_counts_but_lists_hold_both() -> None:
    first = {"spark.sql.extensions": DELTA, "spark.a": "1", "spark.b": "1"}
    later = {"spark.sql.extensions": f"{OTHER}, {DELTA}", "spark.b": "2", "spark.c": "2"}
    assert join_options(first, later) == {
        "spark.sql.extensions": f"{DELTA},{OTHER}",
        "spark.a": "1",
        "spark.b": "2",
        "spark.c": "2",
    }


def test_what_spark_submit_says_stays_and_is_told_where_we_said_something_else() -> None:
    ours = {"spark.a": "1", "spark.b": "1", "spark.c": "1"}
    assert settled(ours, {"spark.b": "2", "spark.c": "1", "spark.d": "2"}) == LaunchOptions(
        given={"spark.a": "1"}, in_effect={"spark.b": "2"}, overruled=("spark.b",)
    )


def test_an_empty_value_is_a_value() -> None:
    assert settled({"spark.a": "1"}, {"spark.a": ""}) == LaunchOptions(
        given={}, in_effect={"spark.a": ""}, overruled=("spark.a",)
    )


def test_extensions_and_options_of_java_are_joined_ours_first() -> None:
    ours = {"spark.sql.extensions": DELTA, EXTRA_JAVA: "-Da=1 -Db=1"}
    joined = {"spark.sql.extensions": f"{DELTA},{OTHER}", EXTRA_JAVA: "-Da=1 -Db=1 -Db=2"}
    theirs = {"spark.sql.extensions": OTHER, EXTRA_JAVA: "-Db=2"}
    assert settled(ours, theirs) == LaunchOptions(given=joined, in_effect=joined)


def test_an_extension_that_both_name_is_left_as_spark_submit_has_it() -> None:
    named = {"spark.sql.extensions": DELTA}
    assert settled(named, named) == LaunchOptions(given={})


@pytest.mark.parametrize("theirs", [{}, {EXTRA_JAVA: "-Db=3"}])
def test_options_of_java_that_spark_puts_first_come_after_ours_too(theirs: dict[str, str]) -> None:
    found = settled({EXTRA_JAVA: "-Da=1 -Db=1"}, {DEFAULT_JAVA: "-Db=2", **theirs})
    joined = {DEFAULT_JAVA: "-Da=1 -Db=1 -Db=2"}
    assert found.given == joined
    assert found.in_effect == {**joined, EXTRA_JAVA: theirs.get(EXTRA_JAVA)}
    assert found.overruled == ()


def test_the_catalog_of_the_platform_is_kept() -> None:
    name = "spark.sql.catalog.spark_catalog"
    found = settled({name: "delta"}, {name: "unity"})
    assert (found.given, found.overruled) == ({}, (name,))


@pytest.mark.parametrize("theirs", [{}, {"spark.driver.memory": "8g"}])
def test_memory_of_a_driver_that_runs_already_is_not_ours_to_set(theirs: dict[str, str]) -> None:
    name = "spark.driver.memory"
    assert settled({name: "4g"}, theirs) == LaunchOptions(
        given={}, in_effect={name: theirs.get(name)}, overruled=(name,)
    )


@pytest.mark.parametrize(
    ("theirs", "given"),
    [
        ({"spark.master": "local[*]", "spark.app.name": SCRIPT}, {"master": "yarn", "app": "ours"}),
        ({"spark.master": "k8s://h", "spark.app.name": "theirs"}, {}),
    ],
)
def test_the_names_that_spark_submit_makes_up_are_nobodys_word(
    theirs: dict[str, str], given: dict[str, str]
) -> None:
    found = settled({"spark.master": "yarn", "spark.app.name": "ours"}, theirs)
    expected = {"master": "spark.master", "app": "spark.app.name"}
    assert found.given == {expected[short]: value for short, value in given.items()}
    assert found.overruled == (() if given else ("spark.master",))


def test_runs_record_what_is_in_effect_without_secrets_of_the_platform() -> None:
    given = ["spark.a=1", "spark.b=1", "spark.c=1", f"{EXTRA_JAVA}=-Da=1"]
    in_effect = {"spark.b": "2", "spark.c": None, EXTRA_JAVA: "-Da=1 -DtrustStorePassword=hush"}
    recorded = load_settings(assignments=given).effective_beside(in_effect)
    found = {name: value for name, value in recorded.items() if name.startswith("spark.")}
    hidden = f"-Da=1 -DtrustStorePassword={REDACTED}"
    assert found == {"spark.a": "1", "spark.b": "2", EXTRA_JAVA: hidden}
    assert recorded["clustering.k_max"] == 10
