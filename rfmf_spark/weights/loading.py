"""Judgment matrices from files: paths of the user, or files shipped in ``conf/``."""

from __future__ import annotations

from collections.abc import Sequence

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.weights.decision import asks_experts
from rfmf_spark.weights.group import GroupOpinion, judge_group
from rfmf_spark.weights.judgments import JudgmentMatrix, parse_judgments


def load_group(settings: WeightSettings) -> GroupOpinion | None:
    """The experts that ``settings.method`` asks, and what they say; None where it asks nobody.

    Raises ``ConfigurationError``; also where they judge other criteria than the features.
    """
    if not asks_experts(settings):
        return None
    matrices = load_judgments(name_files(settings), settings)
    for matrix in matrices:
        if matrix.criteria != FEATURE_NAMES:
            raise ConfigurationError(
                f"{matrix.name} by {matrix.expert}: criteria are {', '.join(matrix.criteria)}; "
                f"expected, in this order, {', '.join(FEATURE_NAMES)}"
            )
    return judge_group(matrices, settings)


def name_files(settings: WeightSettings) -> tuple[str, ...]:
    """Names of the judgment files: of all experts where several are asked, else the one."""
    return (
        settings.experts if settings.method != "ahp" and settings.experts else (settings.judgments,)
    )


def load_judgments(names: Sequence[str], settings: WeightSettings) -> list[JudgmentMatrix]:
    """Read the named files. Raises ``ConfigurationError`` that names file and mistake."""
    setting = "weights.experts" if len(names) > 1 else "weights.judgments"
    found = (read_named_file(name, setting) for name in names)
    return [
        parse_judgments(text, place, inexact_reciprocals=settings.inexact_reciprocals)
        for text, place in found
    ]
