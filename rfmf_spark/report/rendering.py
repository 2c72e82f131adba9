"""The page: one HTML file with style, script and figures inside, and nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.segment_cards import build_overview
from rfmf_spark.report.words import Text, tell_share

_BOTH = Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>')


def render_report(tables: RunTables, options: ReportOptions) -> str:
    """The report of one run as an HTML document.

    All text of tables and settings is escaped; groups smaller than ``options.smallest_group`` are
    withheld.
    """
    style, script = _read_source("report.css"), _read_source("report.js")
    page: str = (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=tables,
            options=options,
            style=Markup(style),
            script=Markup(script),
            script_hash=_hash_for_policy(script),
            overview=build_overview(tables, options),
        )
    )
    return page


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("rfmf_spark.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = _in_both_languages
    environment.filters["both"] = _show
    environment.filters["share"] = _show_share
    return environment


def _in_both_languages(zh: Any, en: Any) -> Markup:
    """Chinese and English beside each other; the style shows one of them."""
    return Markup(
        '<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>'
    ).format(zh, en)


def _show(text: Text) -> Markup:
    if text.zh == text.en:
        return escape(text.en)
    return _in_both_languages(text.zh, text.en)


def _show_share(value: float | None, digits: int = 1) -> Markup:
    return _show(tell_share(value, digits))


def _read_source(name: str) -> str:
    environment = _environment()
    if environment.loader is None:
        raise ValueError("the environment has no loader")
    return environment.loader.get_source(environment, name)[0]


def _hash_for_policy(script: str) -> str:
    """The script as the content security policy names it: no other one may run."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
