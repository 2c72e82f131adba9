"""Names of settings as they are written with dots, and what kind of value each one has."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from rfmf_spark.config.settings import Settings

# Spark's names contain dots; everything below this key is one flat name.
SPARK_SECTION = "spark"

Key = tuple[str, ...]


def key_of(name: str) -> Key:
    """The key of a setting by its dotted name; names that users give may contain dots too."""
    section, _, rest = name.partition(".")
    if section == SPARK_SECTION and rest:
        return (SPARK_SECTION, name)
    parts = name.split(".")
    for length in range(1, len(parts) - 1):
        if get_origin(_annotation_at(parts[:length])) is dict:
            return (*parts[:length], ".".join(parts[length:]))
    return tuple(parts)


def is_text(key: Key) -> bool:
    """Whether a setting, or an entry of a setting of names, is text of any form."""
    annotation = _annotation_at(key)
    if annotation is None and len(key) > 1:
        above = _annotation_at(key[:-1])
        annotation = get_args(above)[1] if get_origin(above) is dict else None
    given = [kind for kind in _alternatives(annotation) if kind is not NoneType]
    return given == [str]


def _annotation_at(key: Key | list[str]) -> Any:
    """The type of the value under a key, None where the settings have no such key."""
    model: Any = Settings
    for part in key:
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
        info = model.model_fields.get(part)
        if info is None:
            return None
        model = info.annotation
    return model


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    is_union = get_origin(annotation) in (Union, UnionType)
    return get_args(annotation) if is_union else (annotation,)
