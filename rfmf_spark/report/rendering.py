"""The page: one HTML file with style, script and figures inside, and nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from rfmf_spark.config.languages import Text
from rfmf_spark.report.choice_of_k import build_choice
from rfmf_spark.report.contents import ReportOptions, RunTables
from rfmf_spark.report.criteria import CRITERIA
from rfmf_spark.report.distributions import build_distributions
from rfmf_spark.report.glossary import build_glossary
from rfmf_spark.report.measures import value_words
from rfmf_spark.report.pareto import build_pareto
from rfmf_spark.report.profile_table import build_profile_table
from rfmf_spark.report.rule_comparison import build_rule_comparison
from rfmf_spark.report.run_comparison import build_run_comparison
from rfmf_spark.report.run_facts import build_run_facts
from rfmf_spark.report.score_maps import build_maps
from rfmf_spark.report.segment_cards import build_overview
from rfmf_spark.report.weighting import build_weighting
from rfmf_spark.report.words import tell_share

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
            criteria=CRITERIA,
            overview=build_overview(tables, options),
            facts=build_run_facts(tables, options),
            profile=build_profile_table(tables, options),
            pareto=build_pareto(tables, options),
            choice=build_choice(tables, options),
            maps=build_maps(tables, options),
            distributions=build_distributions(tables, options),
            weighting=build_weighting(tables, options),
            rule=build_rule_comparison(tables, options),
            comparison=build_run_comparison(tables, options),
            glossary=build_glossary(value_words(tables.configuration)),
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
