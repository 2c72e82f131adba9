"""From layers to validated settings, once, at the edge of the program.

Order, later wins: ``conf/base.yaml``, the profile (``conf/local.yaml`` or ``conf/cluster.yaml``),
every ``--config FILE``, every ``--set key.sub=value``. What values are allowed is in ``sections/``
and ``settings.py``; what a command cannot do without, in ``requirements.py``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import difflib
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rfmf_spark.config.keys import Key, key_of
from rfmf_spark.config.layers import Layer, MergedLayers, parse_assignment, parse_yaml_layer
from rfmf_spark.config.redaction import REDACTED, SPARK_PATTERN, redact, remember_secrets
from rfmf_spark.config.sections.section import CONTRADICTION
from rfmf_spark.config.settings import Settings
from rfmf_spark.config.shipped import shipped_folder
from rfmf_spark.errors import ConfigurationError

Profile = Literal["local", "cluster"]

# What YAML makes of a text without quotes, such as no or 2019-08-14.
_LOOK_ALIKES = (bool, int, float, dt.date)


@dataclass(frozen=True)
class LoadedSettings:
    """Validated settings, for every leaf the place that set it, and which leaves users have set."""

    settings: Settings
    places: Mapping[str, str]
    given: frozenset[str]

    def effective(self) -> dict[str, Any]:
        """All leaves by dotted name, as plain JSON values, secrets hidden."""
        pattern = _own_pattern(self.settings)
        return {name: redact(value, name, pattern) for name, value in _leaves_of(self.settings)}

    def effective_beside(self, in_effect: Mapping[str, str | None]) -> dict[str, Any]:
        """The same, but for options of Spark that a platform has given another value, or none."""
        pattern = _own_pattern(self.settings)
        there = {name: value for name, value in in_effect.items() if value is not None}
        here = {name: value for name, value in self.effective().items() if name not in in_effect}
        return here | {name: redact(value, name, pattern) for name, value in there.items()}

    def digest(self) -> str:
        """SHA-256 of the effective configuration."""
        text = json.dumps(self.effective(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def load_settings(
    profile: Profile | None = None,
    config_files: Sequence[str] = (),
    assignments: Sequence[str] = (),
    arguments: Mapping[str, Any] | None = None,
) -> LoadedSettings:
    """Merge all layers and validate them once.

    ``arguments`` are values of command-line options by dotted key, such as ``as_of``; they win.
    Raises ``ConfigurationError`` that names place, key, value and what is allowed.
    """
    merged = MergedLayers()
    for name in ("base", profile):
        if name:
            text = shipped_folder().joinpath(f"{name}.yaml").read_text(encoding="utf-8")
            layer = parse_yaml_layer(text, f"conf/{name}.yaml")
            merged.add(dataclasses.replace(layer, shipped=True))
    for file in config_files:
        merged.add(_read_file(file))
    for assignment in assignments:
        merged.add(_read_assignment(assignment))
    for name, value in (arguments or {}).items():
        key = key_of(name)
        _require_characters(f"--{name.replace('_', '-')}", str(value))
        merged.add(Layer({key: value}, {key: f"--{name.replace('_', '-')}"}))
    return _validate(merged)


def find_root(config_files: Sequence[str], assignments: Sequence[str]) -> str | None:
    """What users say of ``output.root``, also where their settings as a whole cannot be loaded."""
    merged = MergedLayers()
    for read, given in ((_read_file, config_files), (_read_assignment, assignments)):
        for text in given:
            with contextlib.suppress(ConfigurationError):
                merged.add(read(text))
    root = merged.values.get(key_of("output.root"))
    return root if root and isinstance(root, str) else None


def overridden(loaded: LoadedSettings, values: Mapping[str, Any]) -> LoadedSettings:
    """The same settings but for the ``values`` that a run had for some leaves, by dotted name.

    Raises ``ConfigurationError`` where they do not fit.
    """
    merged, at_hand = MergedLayers(), dict(_leaves_of(loaded.settings))
    for name, value in (at_hand | dict(values)).items():
        is_same = name in at_hand and at_hand[name] == value
        key, place = key_of(name), loaded.places[name] if is_same else "the run"
        merged.add(Layer({key: value}, {key: place}, shipped=name not in loaded.given))
    return _validate(merged)


def tell_differences(
    before: Mapping[str, Any], now: Mapping[str, Any], names: Iterable[str]
) -> list[str]:
    """For each of the named leaves that has changed: what it was, and what it is."""
    return [
        f"{name} was {before.get(name)!r} and is {now.get(name)!r}"
        for name in names
        if before.get(name) != now.get(name)
    ]


def _require_characters(place: str, text: str) -> None:
    """An argument may hold bytes that are no characters where the locale has another encoding."""
    try:
        text.encode()
    except UnicodeEncodeError as cause:
        shown = place.encode(errors="backslashreplace").decode()
        raise ConfigurationError(
            f"{shown}: has bytes that are no characters of the encoding of this "
            f"environment, {sys.getfilesystemencoding()}; set LC_ALL=C.UTF-8, or rename the file"
        ) from cause


def _read_file(file: str) -> Layer:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(
            f"--config {file}: cannot be read ({cause}); give a readable YAML file"
        ) from cause
    return parse_yaml_layer(text, file)


def _read_assignment(assignment: str) -> Layer:
    _require_characters(f"--set {assignment.partition('=')[0]}", assignment)
    return parse_assignment(assignment)


def _validate(merged: MergedLayers) -> LoadedSettings:
    try:
        settings = Settings.model_validate(merged.nested())
    except ValidationError as cause:
        problems = [_tell(error, merged) for error in cause.errors(include_url=False)]
        raise ConfigurationError("\n".join(problems)) from cause
    leaves = _leaves_of(settings)
    remember_secrets(leaves, _own_pattern(settings))
    places = {name: merged.place_of(key_of(name)) for name, _ in leaves}
    given = frozenset(name for name, _ in leaves if merged.is_given(key_of(name)))
    return LoadedSettings(settings, places, given)


def _tell(error: ErrorDetails, merged: MergedLayers) -> str:
    if error["type"] == CONTRADICTION:
        return _tell_contradiction(error, merged)
    key = tuple(str(part) for part in error["loc"])
    while key and key not in merged.values and _model_at(key) is None and len(key) > 1:
        if _model_at(key[:-1]) is not None:
            break
        key = key[:-1]
    name, place = ".".join(key), merged.place_of(key)
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown setting {name}; {_nearest(key)}"
    shown = redact(error["input"], name)
    value = shown if shown == REDACTED else repr(shown)
    problem = error["msg"].removeprefix("Value error, ")
    if _model_at(key) is not None and isinstance(error["input"], Mapping | BaseModel):
        return f"{place}: {name}: {problem}" if key else problem
    if error["type"] == "string_type" and isinstance(error["input"], _LOOK_ALIKES):
        problem += "; put it in quotes where it is text"
    return f"{place}: {name} is {value}: {problem[:1].lower()}{problem[1:]}"


def _tell_contradiction(error: ErrorDetails, merged: MergedLayers) -> str:
    section = tuple(str(part) for part in error["loc"])
    keys = [(*section, *key) for key in error["ctx"]["settings"]]
    problem = error["msg"]
    for key in keys:
        value = merged.values.get(key)
        shown = redact(value, ".".join(key))
        if shown != value:
            problem = problem.replace(str(value), shown)
    where = [" and ".join(merged.places_of(keys)), ".".join(section)]
    return ": ".join([part for part in where if part] + [problem])


def _nearest(key: Key) -> str:
    """The closest known names, by the whole dotted name and among the neighbours."""
    known = [name for name, _ in _leaves_of(Settings())]
    parent = _model_at(key[:-1])
    siblings = [".".join((*key[:-1], name)) for name in (parent.model_fields if parent else ())]
    close = difflib.get_close_matches(".".join(key), [*siblings, *known], n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    same_leaf = [name for name in known if name.rpartition(".")[2] == key[-1]]
    if same_leaf:
        return f"did you mean {same_leaf[0]}?"
    return f"known here: {', '.join(siblings) or ', '.join(Settings.model_fields)}"


def _model_at(key: Key) -> type[BaseModel] | None:
    model: type[BaseModel] = Settings
    for part in key:
        info = model.model_fields.get(part)
        if info is None or not isinstance(info.annotation, type):
            return None
        if not issubclass(info.annotation, BaseModel):
            return None
        model = info.annotation
    return model


def _leaves_of(settings: Settings) -> list[tuple[str, Any]]:
    """All leaves by dotted name, secrets and all."""
    return _leaves(settings.model_dump(mode="json"), ())


def _leaves(tree: Mapping[str, Any], prefix: Key) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in tree.items():
        key = (*prefix, name)
        dotted = name if prefix[:1] == ("spark",) else ".".join(key)
        if isinstance(value, Mapping):
            found.extend(_leaves(value, key))
        else:
            found.append((dotted, value))
    return found


def _own_pattern(settings: Settings) -> re.Pattern[str] | None:
    """The pattern of secrets that users have given Spark."""
    given = settings.spark.get(SPARK_PATTERN)
    try:
        return re.compile(given) if given else None
    except re.error as cause:
        raise ConfigurationError(
            f"{SPARK_PATTERN} is {given!r}: no regular expression ({cause}); correct it"
        ) from cause
