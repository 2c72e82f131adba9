"""Values that do not go together are told with the places that set them, and with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfmf_spark.config.loading import load_settings, overridden
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError

AS_OF = {"as_of": "2019-08-14"}
INPUTS = tuple(f"input.{name}=x" for name in ("trades", "nav", "products", "opening_positions"))


def refusal(*assignments: str, files: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_settings("local", files, assignments, AS_OF)
    assert refused.value.exit_code == 2
    return str(refused.value)


@pytest.mark.parametrize(
    ("assignment", "name", "value"),
    [
        ("features.frequency_unit=day", "features.frequency_unit", "day"),
        ("features.frequency_unit=order", "features.frequency_unit", "order"),
        ("features.window_days=365", "features.window_days", "365"),
        ("features.window_start=2019-01-01", "features.window_start", "2019-01-01"),
        ("input.features=f", "input.features", "f"),
    ],
)
def test_what_opening_positions_cannot_continue_is_refused(
    assignment: str, name: str, value: str
) -> None:
    assert refusal(*INPUTS, assignment) == (
        f"--set: {name} is {value}, but input.opening_positions carries frequency by trade over "
        f"the whole window: leave {name} at its default, or give all trades instead of "
        f"input.opening_positions"
    )


def test_a_reason_that_quarantines_nothing_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "quality:\n  max_bad_share_by_reason:\n    no_nav: 0\n    cancelled: 0\n"
        "  max_bad_share: 0.1\n"
    )

    assert refusal(files=(str(file),)) == (
        f"{file}:4: quality: max_bad_share_by_reason.cancelled: no row is quarantined for that; "
        f"the reasons are missing_value, unparseable, out_of_range, unknown_trade_type, "
        f"unknown_product, no_nav, implausible_date, duplicate, conflicting_duplicate"
    )


def test_the_place_is_that_of_the_values_and_not_of_what_was_set_last(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("clustering:\n  k_min: 11\n  seed: 3\n")

    told = refusal("clustering.restarts=5", files=(str(file),))

    assert told == f"{file}:2: clustering: k_min is 11, above k_max 10"


def test_sections_that_contradict_each_other_name_both_places(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("scoring:\n  bins: 5\n")

    told = refusal("clustering.centres=[[1, 2, 6]]", files=(str(file),))

    assert told == (
        f"{file}:2 and --set: clustering.centres has [1.0, 2.0, 6.0]; scores are from 1 to 5 "
        f"(scoring.bins)"
    )


@pytest.mark.parametrize(
    ("assignments", "told"),
    [
        (
            ["session.engine=embedded", "clustering.space=values"],
            "--set: clustering.space is values, which session.engine=embedded cannot do; leave "
            "clustering.space at its default, or set session.engine=spark",
        ),
        (
            ["sensitivity.in_run=true", "clustering.space=values"],
            "--set: sensitivity.in_run is true, but sensitivity is measured on score cells, and "
            "clustering.space is values; leave one of the two at its default",
        ),
        (
            ["weights.method=group"],
            "--set: weights: method is group, but experts is empty; name the files of the experts, "
            "such as [experts/product.yaml, experts/service.yaml]",
        ),
    ],
)
def test_the_option_that_came_last_is_not_blamed(assignments: list[str], told: str) -> None:
    assert refusal(*assignments) == told


def test_a_contradiction_shows_no_token_of_an_address() -> None:
    told = refusal("session.engine=embedded", "session.remote=sc://host:15002/;token=hush")

    assert "session.remote is sc://host:15002/;(hidden), which session.engine=embedded" in told
    assert "hush" not in told


def test_what_contradicts_the_settings_of_a_run_names_the_run() -> None:
    loaded = load_settings(None, (), ["scoring.bins=5"])
    recorded = {"clustering.centres": [[1, 2, 6]]}

    with pytest.raises(ConfigurationError) as refused:
        overridden(loaded, recorded)

    assert str(refused.value) == (
        "--set and the run: clustering.centres has [1.0, 2.0, 6.0]; scores are from 1 to 5 "
        "(scoring.bins)"
    )


def test_sections_are_checked_also_where_no_layers_are_read() -> None:
    with pytest.raises(ValueError, match="k_min is 9, above k_max 3"):
        Settings.model_validate({"clustering": {"k_min": 9, "k_max": 3}})
