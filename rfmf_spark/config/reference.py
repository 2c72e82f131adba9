"""The written reference of all settings, generated from their definitions.

``python -m rfmf_spark.config.reference`` rewrites ``conf/base.yaml`` and
``docs/configuration.md``; a test holds both against the definitions.
"""

from __future__ import annotations

import datetime as dt
import textwrap
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rfmf_spark.config.settings import Settings

_PLURALS = {"number": "numbers", "whole number": "whole numbers"}

_PREFACE_YAML = """\
# Every setting with its default. Generated from rfmf_spark/config/settings.py by
# `make configuration`; override in a file of your own (--config FILE) or by --set key.sub=value.
"""

_PREFACE_MARKDOWN = """\
# Configuration

Values come from, in this order, later ones winning: `conf/base.yaml` (every setting, below),
`conf/local.yaml` (when `rfmf` starts its own Spark) or `conf/cluster.yaml` (under `spark-submit`),
each `--config FILE`, each `--set key.sub=value`. `rfmf config` prints the effective value of every
setting and the place that set it. What is under `spark` counts where spark-submit says nothing else
([which wins](operations.md#clusters)). An unknown key or a value that does not fit ends with exit
code 2, before anything starts.

This page is generated from the definitions by `make configuration`.

| setting | default | allowed | meaning |
| --- | --- | --- | --- |
"""


def render_base_yaml() -> str:
    """The text of ``conf/base.yaml``."""
    return _PREFACE_YAML + "".join(_yaml_lines(Settings, 0))


def render_markdown() -> str:
    """The text of ``docs/configuration.md``."""
    rows = []
    for name, info in _walk(Settings, ""):
        value = info.get_default(call_default_factory=True)
        default = (
            "see `conf/base.yaml`"
            if isinstance(value, dict) and value
            else f"`{_yaml_scalar(value)}`"
        )
        rows.append(f"| `{name}` | {default} | {_allowed(info)} | {info.description} |\n")
    return _PREFACE_MARKDOWN + "".join(rows)


def _yaml_lines(model: type[BaseModel], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, info in model.model_fields.items():
        section = _section(info)
        text = (section.__doc__ or "") if section else (info.description or "")
        if depth == 0:
            yield "\n"
        if not section and (allowed := _allowed(info)):
            text += f" [{allowed.replace('`', '')}]"
        for line in textwrap.wrap(" ".join(text.split()), 96 - len(indent)):
            yield f"{indent}# {line}\n"
        if section:
            yield f"{indent}{name}:\n"
            yield from _yaml_lines(section, depth + 1)
        else:
            default = info.get_default(call_default_factory=True)
            yield from _yaml_setting(name, default, indent)


def _yaml_setting(name: str, default: Any, indent: str) -> Iterator[str]:
    if isinstance(default, dict) and default:
        yield f"{indent}{name}:\n"
        for key, value in default.items():
            yield f"{indent}  {_yaml_scalar(key)}: {_yaml_scalar(value)}\n"
    else:
        yield f"{indent}{name}: {_yaml_scalar(default)}\n"


def _walk(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, info in model.model_fields.items():
        if section := _section(info):
            yield from _walk(section, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", info


def _section(info: FieldInfo) -> type[BaseModel] | None:
    annotation = info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _allowed(info: FieldInfo) -> str:
    """What a setting accepts, in words."""
    choices = [
        str(choice)
        for kind in (info.annotation, *typing.get_args(info.annotation))
        if typing.get_origin(kind) is Literal
        for choice in typing.get_args(kind)
    ]
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    bounds = [_bound(constraint) for constraint in info.metadata]
    words = [_kind(info.annotation), *[bound for bound in bounds if bound]]
    return " ".join(word for word in words if word)


def _bound(constraint: object) -> str:
    match constraint:
        case Ge(ge=value):
            return f"≥ {value}"
        case Gt(gt=value):
            return f"> {value}"
        case Le(le=value):
            return f"≤ {value}"
        case Lt(lt=value):
            return f"< {value}"
    return ""


def _kind(annotation: Any) -> str:
    names = {
        int: "whole number",
        float: "number",
        str: "text",
        bool: "true or false",
        dt.date: "date",
    }
    if annotation in names:
        return names[annotation]
    origin = typing.get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        kinds = [_kind(kind) for kind in typing.get_args(annotation) if kind is not type(None)]
        return ", ".join(kinds) + " or null"
    if origin is typing.Annotated:
        return _kind(typing.get_args(annotation)[0])
    if origin is tuple:
        inner = _kind(typing.get_args(annotation)[0])
        if inner.startswith("list of"):
            return f"list of {inner.replace('list', 'lists', 1)}"
        return f"list of {_PLURALS.get(inner, 'text')}"
    return "names and values" if origin is dict else ""


def _yaml_scalar(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def main() -> None:
    """Rewrite both files of the checkout."""
    checkout = Path(__file__).resolve().parents[2]
    (checkout / "conf" / "base.yaml").write_text(render_base_yaml(), encoding="utf-8")
    (checkout / "docs" / "configuration.md").write_text(render_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
