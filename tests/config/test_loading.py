"""From layers to settings: order, origins, and mistakes told with their place and remedy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from rfmf_spark.config.loading import load_settings, overridden
from rfmf_spark.config.redaction import REDACTED
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError


def refusal(*assignments: str, files: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(None, files, assignments)
    return str(refused.value)


def test_the_shipped_base_is_what_the_definitions_say() -> None:
    assert load_settings().settings == Settings()


def test_later_layers_win_and_every_value_knows_its_origin(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("scoring:\n  bins: 4\nclustering:\n  k_max: 4\n  seed: 4\n")
    second.write_text("clustering:\n  seed: 5\n  k_max: 5\n")

    loaded = load_settings(
        "local",
        [str(first), str(second)],
        ["clustering.seed=6", "spark.driver.memory=1g"],
        {"as_of": "2019-08-14", "output.root": "results"},
    )

    settings, places = loaded.settings, loaded.places
    assert (settings.scoring.bins, places["scoring.bins"]) == (4, f"{first}:2")
    assert (settings.clustering.k_max, places["clustering.k_max"]) == (5, f"{second}:3")
    assert (settings.clustering.seed, places["clustering.seed"]) == (6, "--set")
    assert (settings.as_of, places["as_of"]) == (dt.date(2019, 8, 14), "--as-of")
    assert (settings.output.root, places["output.root"]) == ("results", "--output.root")
    assert (settings.spark["spark.driver.memory"], places["spark.driver.memory"]) == ("1g", "--set")
    assert settings.session.quiet is True
    assert places["session.quiet"].startswith("conf/local.yaml:")
    assert places["features.basis"].startswith("conf/base.yaml:")
    of_users = {"scoring.bins", "clustering.k_max", "clustering.seed", "as_of", "output.root"}
    assert of_users | {"spark.driver.memory"} <= loaded.given
    assert not {"session.quiet", "features.basis"} & loaded.given


def test_a_file_of_a_user_is_none_of_ours_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "base.yaml").write_text("scoring:\n  bins: 10\ninput:\n  trades: t\n")

    loaded = load_settings("local", ["conf/base.yaml"], ["spark={spark.master: x}"])

    assert loaded.given == {"scoring.bins", "input.trades", "spark.master"}
    as_it_was = overridden(loaded, {"scoring.bins": 5, "clustering.seed": 3})
    assert as_it_was.given == loaded.given


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("scoring.bin=5", "--set: unknown setting scoring.bin; did you mean scoring.bins?"),
        ("quality.max_bad_shares=1", "did you mean quality.max_bad_share?"),
        ("bins=5", "--set: unknown setting bins; did you mean scoring.bins?"),
        ("scorings.bins=5", "--set: unknown setting scorings"),
    ],
)
def test_an_unknown_setting_is_told_with_the_nearest_known_one(assignment: str, told: str) -> None:
    assert told in refusal(assignment)


def test_an_unknown_setting_that_resembles_nothing_is_told_with_its_neighbours() -> None:
    told = refusal("zzzz=1")

    assert told.startswith("--set: unknown setting zzzz; known here: as_of, time_zone, ")
    assert ", scoring, " in told


def test_a_mistake_in_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("scoring:\n  bins: many\nclusterin:\n  k_max: 4\n")

    told = refusal(files=(str(file),)).splitlines()

    assert told[0].startswith(f"{file}:2: scoring.bins is 'many': input should be a valid integer")
    assert told[1].startswith(f"{file}:4: unknown setting clusterin")
    assert "clustering" in told[1]


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("scoring.bins=1", "--set: scoring.bins is 1: input should be greater than or equal to 2"),
        ("scoring.bins=5.5", "--set: scoring.bins is 5.5: input should be a valid integer"),
        ("scoring.bins=true", "--set: scoring.bins is True: input should be a valid integer"),
        (
            "features.basis=fees",
            "--set: features.basis is 'fees': input should be 'management_fee', 'principal_days'",
        ),
        ("as_of=tomorrow", "--set: as_of is 'tomorrow': input should be a valid date"),
        ("quality.max_bad_share=2", "input should be less than or equal to 1"),
        ("quality.allow_zero_amount=1", "input should be a valid boolean"),
        ("input.csv.delimiter=;;", "should have at most 1 character"),
        ("scoring=5", "--set: scoring is 5: input should be a valid dictionary"),
        ("features.day_count=360", "input should be '365' or 'actual'"),
        ("clustering.k_min=11", "clustering: k_min is 11, above k_max 10"),
        (
            "scoring.cut_points.recency=[30, 90]",
            "scoring: cut_points.recency has 2 values, but 10 bins need 9",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_what_is_allowed(assignment: str, told: str) -> None:
    assert told in refusal(assignment)


def test_what_yaml_takes_for_something_else_than_text_is_to_be_quoted(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("input:\n  trades: 5\n  constants: {nav: {product_id: no}}\n")

    assert refusal(files=(str(file),)).splitlines() == [
        f"{file}:2: input.trades is 5: input should be a valid string; put it in quotes where it "
        f"is text",
        f"{file}:3: input.constants.nav.product_id is False: input should be a valid string; put "
        f"it in quotes where it is text",
    ]


def test_bytes_that_are_no_characters_are_told_with_the_remedy() -> None:
    told = refusal("input.trades=/data/\udce9.csv")

    assert told.startswith("--set input.trades: has bytes that are no characters")
    assert told.endswith("set LC_ALL=C.UTF-8, or rename the file")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("|", "|"),
        ("\\t", "\t"),
        ("tab", "\t"),
        ("\t", "\t"),
        ('"|"', "|"),
        ("TAB", "\t"),
        ("#", "#"),
        (",", ","),
    ]
    + [(mark, mark) for mark in ";:^!>&*%"],
)
def test_a_delimiter_is_taken_as_people_type_it(typed: str, meant: str) -> None:
    given = load_settings(assignments=[f"input.csv.delimiter={typed}"]).settings
    assert given.input.csv.delimiter == meant


@pytest.mark.parametrize(
    ("assignments", "told"),
    [
        (["input.csv.quote=,"], "input.csv.delimiter and input.csv.quote are the same character"),
        (['input.csv.escape="\\""'], "input.csv.escape is the quote itself"),
        (
            ["input.trade_ids=content", "input.columns.trades={trade_id: number}"],
            "input.trade_ids is content, but input.columns.trades gives a trade_id",
        ),
        (["input.csv.multiline=true", "input.csv.quote="], "but input.csv.quote is empty"),
        (["input.csv.thousands=."], "input.csv.thousands is '.'; expected a mark"),
        (["input.csv.thousands=0"], "expected a mark that is neither a part of numbers nor"),
    ],
)
def test_characters_of_csv_that_contradict_each_other_are_refused(
    assignments: list[str], told: str
) -> None:
    assert told in refusal(*assignments)


def test_given_cut_points_must_ascend() -> None:
    told = refusal("scoring.bins=3", "scoring.cut_points.monetary=[5, 5]")

    assert "scoring: cut_points.monetary must be strictly ascending" in told


@pytest.mark.parametrize(
    ("assignments", "told"),
    [
        (["clustering.centres=[]"], "clustering: centres is an empty list"),
        (["clustering.centres=[[1, 2]]"], "clustering.centres"),
        (
            ["clustering.centres=[[1, 2, 11]]"],
            "clustering.centres has [1.0, 2.0, 11.0]; scores are from 1 to 10 (scoring.bins)",
        ),
        (
            ["clustering.centres=[[1, 2, 3]]", "clustering.fixed_k=1"],
            "clustering: fixed_k and centres are both set; keep one of the two",
        ),
        (
            ["clustering.centres=[[1, 2, 3]]", "clustering.space=values"],
            "clustering: centres are scores: they need space cells, not values",
        ),
        (["clustering.criteria=[gap, knee]"], "clustering.criteria"),
        (["clustering.criteria=[]"], "clustering.criteria"),
    ],
)
def test_centres_and_criteria_that_do_not_fit_are_refused(
    assignments: list[str], told: str
) -> None:
    assert told in refusal(*assignments)


def test_centres_and_criteria_come_from_lists() -> None:
    loaded = load_settings(
        "local",
        [],
        ["clustering.centres=[[9, 8.5, 9], [1, 2, 3]]", "clustering.criteria=[gap, elbow]"],
    )

    clustering = loaded.settings.clustering
    assert clustering.model_dump()["centres"] == ((9, 8.5, 9), (1, 2, 3))
    assert clustering.criteria == ("gap", "elbow")


def test_names_in_the_section_spark_are_those_of_spark(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("spark:\n  driver.memory: 1g\n")

    assert "spark.driver.memory: names in this section start with 'spark.'" in refusal(
        files=(str(file),)
    )


def test_spark_gets_text_as_it_expects_it() -> None:
    loaded = load_settings(
        None, (), ["spark.ui.enabled=false", "spark.a.b=8", "spark.c=1.5", "spark.d=x"]
    )

    assert loaded.settings.spark == {
        "spark.ui.enabled": "false",
        "spark.a.b": "8",
        "spark.c": "1.5",
        "spark.d": "x",
    }


def test_a_day_count_may_be_written_as_a_number() -> None:
    assert load_settings(None, (), ["features.day_count=365"]).settings.features.day_count == "365"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00a")

    assert refusal(files=(str(missing),)).startswith(f"--config {missing}: cannot be read (")
    assert refusal(files=(str(binary),)).endswith("; give a readable YAML file")


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        Settings().scoring.bins = 5  # type: ignore[misc]


def test_secrets_are_hidden_in_what_is_shown_and_in_errors(tmp_path: Path) -> None:
    name = "spark.hadoop.fs.s3a.secret.key"

    loaded = load_settings(None, (), [f"{name}=hush", "spark.sql.shuffle.partitions=8"])

    assert loaded.settings.spark[name] == "hush"
    assert loaded.effective()[name] == REDACTED
    assert loaded.effective()["spark.sql.shuffle.partitions"] == "8"
    file = tmp_path / "own.yaml"
    file.write_text(f"spark:\n  {name}: [hush]\n")
    assert "hush" not in refusal(files=(str(file),))


def test_the_parameters_of_a_connect_address_are_hidden() -> None:
    loaded = load_settings(None, (), ["session.remote=sc://host:15002/;token=hush"])

    assert loaded.settings.session.remote == "sc://host:15002/;token=hush"
    assert loaded.effective()["session.remote"] == "sc://host:15002/;(hidden)"
    assert "hush" not in refusal("session.remote=sc://host:15002 /;token=hush")


def test_the_digest_tells_configurations_apart_and_nothing_else() -> None:
    plain = load_settings()

    assert plain.digest() == load_settings().digest()
    assert plain.digest() == load_settings(None, (), ["scoring.bins=10"]).digest()
    assert plain.digest() != load_settings(None, (), ["scoring.bins=9"]).digest()
    secrets = [load_settings(None, (), [f"spark.my.password={word}"]) for word in ("a", "b")]
    assert secrets[0].digest() == secrets[1].digest()


def test_the_effective_configuration_names_every_leaf_with_plain_values() -> None:
    effective = load_settings(None, (), ["as_of=2019-08-14"]).effective()

    assert effective["as_of"] == "2019-08-14"
    assert effective["scoring.cut_points.recency"] is None
    assert set(effective) == set(load_settings().places) | {"as_of"}
