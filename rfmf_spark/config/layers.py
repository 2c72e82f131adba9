"""Layers of configuration: YAML files and ``--set`` arguments, merged with their origins.

A merged configuration is a nested mapping plus, for every leaf, the place that set it
(``conf/base.yaml:12``, ``--set``). Validation happens afterwards, in ``loading.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from rfmf_spark.config.keys import SPARK_SECTION, Key, is_text, key_of
from rfmf_spark.config.redaction import redact
from rfmf_spark.config.yaml_text import YamlText, read_yaml
from rfmf_spark.errors import ConfigurationError

# The shipped file that has the default of every setting.
DEFAULTS = "conf/base.yaml"

_NULLS = ("null", "Null", "NULL", "~")


@dataclass(frozen=True)
class Layer:
    """Values of one source by their key, each with its place; ``shipped`` with us, or of a user."""

    values: Mapping[Key, Any]
    places: Mapping[Key, str]
    shipped: bool = False


@dataclass
class MergedLayers:
    """What all layers together say; later layers win. ``given`` keys are not from shipped files."""

    values: dict[Key, Any] = field(default_factory=dict)
    places: dict[Key, str] = field(default_factory=dict)
    given: set[Key] = field(default_factory=set)

    def add(self, layer: Layer) -> None:
        """Let a layer override what is there; a scalar replaces a section and vice versa."""
        for key, value in layer.values.items():
            for known in [k for k in self.values if _overlaps(k, key)]:
                del self.values[known], self.places[known]
                self.given.discard(known)
            self.values[key] = value
            self.places[key] = layer.places[key]
            if not layer.shipped:
                self.given.add(key)

    def is_given(self, key: Key) -> bool:
        """Whether a value, or a section around it, comes from elsewhere than the shipped files."""
        return any(key[:length] in self.given for length in range(1, len(key) + 1))

    def nested(self) -> dict[str, Any]:
        """The values as nested mappings, ready for validation."""
        tree: dict[str, Any] = {}
        for key, value in self.values.items():
            node = tree
            for part in key[:-1]:
                node = node.setdefault(part, {})
            node[key[-1]] = value
        return tree

    def place_of(self, key: Key) -> str:
        """Where a key, or the nearest thing above or below it, was set."""
        for length in range(len(key), 0, -1):
            prefix = key[:length]
            if prefix in self.places:
                return self.places[prefix]
        below = [place for known, place in self.places.items() if known[: len(key)] == key]
        return below[-1] if below else "the defaults"

    def places_of(self, keys: Iterable[Key]) -> list[str]:
        """Where ``keys`` were set, in the order of the layers.

        What still has its default does not count, unless all of them do.
        """
        order = {place: number for number, place in enumerate(self.places.values())}
        found = sorted({self.place_of(key) for key in keys}, key=lambda place: order.get(place, -1))
        return [place for place in found if not place.startswith(DEFAULTS)] or found[:1]


def parse_yaml_layer(text: str, where: str) -> Layer:
    """Read a YAML file of nested settings. Raises ``ConfigurationError`` with file and line."""
    yaml_text = YamlText(text, where)
    values: dict[Key, Any] = {}
    places: dict[Key, str] = {}
    if yaml_text.root is not None:
        for key, node, line in _walk_mapping(yaml_text.root, (), where):
            values[key] = yaml_text.value_of(node)
            places[key] = f"{where}:{line}"
    return Layer(values, places)


def parse_assignment(text: str) -> Layer:
    """Read one ``key.sub=value`` of ``--set``: a text as it is, any other value as YAML."""
    name, separator, raw = text.partition("=")
    key = key_of(name.strip())
    if not separator or not all(key):
        shown = redact(text, name=text)
        raise ConfigurationError(
            f"--set {shown}: expected key.sub=value, for example --set clustering.k_max=8"
        )
    value = raw.strip()
    is_quoted = value[:1] in ("'", '"') and value[-1:] == value[:1]
    if value in _NULLS:
        return Layer({key: None}, {key: "--set"})
    if value and (is_quoted or not is_text(key)):
        return Layer({key: read_yaml(raw, f"--set {name}", is_file=False)}, {key: "--set"})
    # Not YAML: a path may have brackets, or # after a space.
    return Layer({key: value or (raw if is_text(key) else "")}, {key: "--set"})


def _walk_mapping(node: yaml.Node, prefix: Key, where: str) -> Iterator[tuple[Key, yaml.Node, int]]:
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1
        raise ConfigurationError(f"{where}:{line}: expected settings as 'key: value'")
    for key_node, value_node in node.value:
        key = (*prefix, str(key_node.value))
        is_section = isinstance(value_node, yaml.MappingNode) and value_node.value
        if is_section and prefix[:1] != (SPARK_SECTION,):
            yield from _walk_mapping(value_node, key, where)
        else:
            yield key, value_node, key_node.start_mark.line + 1


def _overlaps(one: Key, other: Key) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]
