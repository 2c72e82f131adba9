"""Layers of settings: what YAML and assignments say, where they say it, and who wins."""

from __future__ import annotations

import datetime as dt

import pytest

from rfmf_spark.config.layers import (
    Layer,
    MergedLayers,
    parse_assignment,
    parse_yaml_layer,
)
from rfmf_spark.errors import ConfigurationError

TEXT = """\
# A comment.
as_of: 2019-08-14

scoring:
  bins: 5
  cut_points:
    recency: [30, 90]
spark:
  spark.sql.shuffle.partitions: 8
quality: {}
"""


def merged(*layers: Layer) -> MergedLayers:
    result = MergedLayers()
    for layer in layers:
        result.add(layer)
    return result


def test_a_file_gives_every_value_with_its_file_and_line() -> None:
    layer = parse_yaml_layer(TEXT, "own.yaml")

    assert layer.values == {
        ("as_of",): dt.date(2019, 8, 14),
        ("scoring", "bins"): 5,
        ("scoring", "cut_points", "recency"): [30, 90],
        ("spark", "spark.sql.shuffle.partitions"): 8,
        ("quality",): {},
    }
    assert layer.places["scoring", "cut_points", "recency"] == "own.yaml:7"
    assert layer.places["spark", "spark.sql.shuffle.partitions"] == "own.yaml:9"


def test_keys_and_codes_stay_as_they_are_written() -> None:
    layer = parse_yaml_layer(
        "input:\n  trade_types:\n    022: subscription\n    22: redemption\n    no: split\n"
        "    2019-08-14: split\n  constants: {nav: {product_id: 000001}}\n",
        "own.yaml",
    )

    assert layer.values == {
        ("input", "trade_types", "022"): "subscription",
        ("input", "trade_types", "22"): "redemption",
        ("input", "trade_types", "no"): "split",
        ("input", "trade_types", "2019-08-14"): "split",
        ("input", "constants", "nav", "product_id"): "000001",
    }


def test_an_empty_file_says_nothing() -> None:
    assert parse_yaml_layer("# only a comment\n", "own.yaml").values == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "own.yaml:3: a is given twice (lines 1 and 3); keep one of the two"),
        (
            "scoring:\n  bins: 5\n  bins: 6\n",
            "own.yaml:3: bins is given twice (lines 2 and 3); keep one of the two",
        ),
        ("- 1\n- 2\n", "own.yaml:1: expected settings as 'key: value'"),
        ("bins\n", "own.yaml:1: expected settings as 'key: value'"),
    ],
)
def test_what_is_no_mapping_of_settings_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_yaml_layer(text, "own.yaml")

    assert str(refused.value) == told


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("scoring.bins=5", ("scoring", "bins"), 5),
        ("as_of=2019-08-14", ("as_of",), dt.date(2019, 8, 14)),
        ("scoring.cut_points.recency=[30, 90]", ("scoring", "cut_points", "recency"), [30, 90]),
        ("clustering.fixed_k=null", ("clustering", "fixed_k"), None),
        ("input.trades=a=b", ("input", "trades"), "a=b"),
        ("input.trades=", ("input", "trades"), ""),
        ("output.root=/data/run #1 [old]", ("output", "root"), "/data/run #1 [old]"),
        ("output.root=[2019] {a}: b", ("output", "root"), "[2019] {a}: b"),
        ("output.root=2019", ("output", "root"), "2019"),
        ("output.root='a: b'", ("output", "root"), "a: b"),
        ("output.root=null", ("output", "root"), None),
        ("input.csv.delimiter=|", ("input", "csv", "delimiter"), "|"),
        ('input.csv.delimiter="\\t"', ("input", "csv", "delimiter"), "\t"),
        ("input.csv.delimiter=\t", ("input", "csv", "delimiter"), "\t"),
        ("input.columns.trades.user_id=no", ("input", "columns", "trades", "user_id"), "no"),
        ("input.constants.nav.product_id=001", ("input", "constants", "nav", "product_id"), "001"),
        ("input.trade_types.1.22=split", ("input", "trade_types", "1.22"), "split"),
        (
            "spark.sql.session.timeZone=UTC",
            ("spark", "spark.sql.session.timeZone"),
            "UTC",
        ),
    ],
)
def test_an_assignment_is_a_dotted_key_and_a_text_as_it_is_or_a_yaml_value(
    text: str, key: tuple[str, ...], value: object
) -> None:
    layer = parse_assignment(text)

    assert layer.values == {key: value}
    assert layer.places == {key: "--set"}


@pytest.mark.parametrize("text", ["scoring.bins", "=5", "scoring..bins=5", ".bins=5", "scoring.=5"])
def test_an_assignment_without_key_or_value_shows_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_assignment(text)

    assert str(refused.value) == (
        f"--set {text}: expected key.sub=value, for example --set clustering.k_max=8"
    )


@pytest.mark.parametrize("value", ["[5", "2019-02-30", "\x07", "[" * 5000])
def test_an_assignment_that_is_no_yaml_is_named(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--set as_of: "):
        parse_assignment(f"as_of={value}")


def test_later_layers_win_and_leave_their_neighbours_alone() -> None:
    layers = merged(parse_yaml_layer(TEXT, "own.yaml"), parse_assignment("scoring.bins=7"))

    assert layers.nested()["scoring"] == {"bins": 7, "cut_points": {"recency": [30, 90]}}
    assert layers.place_of(("scoring", "bins")) == "--set"
    assert layers.place_of(("scoring", "cut_points", "recency")) == "own.yaml:7"


def test_a_value_replaces_a_section_and_a_section_a_value() -> None:
    above, below = parse_assignment("scoring=null"), parse_assignment("scoring.bins=7")

    assert merged(below, above).nested() == {"scoring": None}
    assert merged(above, below).nested() == {"scoring": {"bins": 7}}


def test_the_place_of_what_nobody_set_is_that_of_its_surroundings() -> None:
    layers = merged(parse_yaml_layer(TEXT, "own.yaml"))

    assert layers.place_of(("scoring",)) == "own.yaml:7"
    assert layers.place_of(("quality", "max_bad_share")) == "own.yaml:10"
    assert layers.place_of(("output", "root")) == "the defaults"
