"""Generated texts equal the definitions, and everything that is shipped can be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rfmf_spark.config.layers import parse_yaml_layer
from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.reference import render_base_yaml, render_markdown
from rfmf_spark.config.settings import Settings
from rfmf_spark.config.shipped import read_named_file, shipped_folder
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.expertise import load_expertise

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("path", "rendered"),
    [("conf/base.yaml", render_base_yaml()), ("docs/configuration.md", render_markdown())],
)
def test_written_references_are_up_to_date(path: str, rendered: str) -> None:
    written = (CHECKOUT / path).read_text(encoding="utf-8")

    assert written == rendered, f"{path} is not up to date: run make configuration"


def test_the_reference_is_yaml_that_says_the_defaults() -> None:
    assert Settings.model_validate(yaml.safe_load(render_base_yaml())) == Settings()


def test_the_reference_explains_every_setting() -> None:
    pages = render_markdown()

    for name in load_settings().effective():
        # Names below a setting that holds names and values are not settings themselves.
        above = name.rpartition(".")[0]
        assert f"| `{name}` |" in pages or f"| `{above}` |" in pages
    assert "| `scoring.bins` | `10` | whole number ≥ 2 ≤ 30 | Number of scores; time" in pages
    assert "| `features.basis` | `management_fee` | `management_fee`, `principal_days`" in pages


@pytest.mark.parametrize("profile", ["local", "cluster"])
def test_every_shipped_profile_loads(profile: str) -> None:
    loaded = load_settings(profile)  # type: ignore[arg-type]

    assert any(place.startswith(f"conf/{profile}.yaml:") for place in loaded.places.values())


def test_every_shipped_file_is_unambiguous_yaml_of_a_known_kind() -> None:
    conf = CHECKOUT / "conf"
    names = sorted(str(path.relative_to(conf)) for path in conf.rglob("*.yaml"))

    assert {"base.yaml", "cluster.yaml", "local.yaml", "segments.yaml"} <= set(names)
    for name in names:
        text, where = read_named_file(name, "a setting")
        assert where == f"conf/{name}"
        assert parse_yaml_layer(text, where).values
    for judgments in (conf / "judgments").glob("*.yaml"):
        settings = Settings.model_validate(
            {"weights": {"judgments": f"judgments/{judgments.name}"}}
        )
        group = load_expertise(settings).group
        assert group is not None
        assert group.priorities.consistency_ratio <= 0.1


def test_a_file_of_the_user_comes_before_a_shipped_one_of_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped, _ = read_named_file("segments.yaml", "segments.names")
    (tmp_path / "segments.yaml").write_text("mine: 1\n")

    assert read_named_file("segments.yaml", "segments.names") == ("mine: 1\n", "segments.yaml")
    assert shipped == shipped_folder().joinpath("segments.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["none.yaml", "../pyproject.toml", "/none.yaml"])
def test_a_file_that_is_nowhere_is_told_with_its_setting(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError) as refused:
        read_named_file(name, "segments.names")

    assert str(refused.value) == (
        f"segments.names: there is no file {name}, neither as a path nor among the shipped files "
        f"of conf/; correct the setting"
    )


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_bytes("名: 1".encode("gb18030"))

    with pytest.raises(ConfigurationError, match="give a readable UTF-8 file"):
        read_named_file(str(file), "segments.names")
