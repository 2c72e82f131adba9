"""Expert knowledge that a run builds on: judgments with their weights, names of segments.

Read and checked before any data is touched, so that a mistake in it costs seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from rfmf_spark.config.settings import FEATURE_NAMES, Settings
from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.segments.name_table import SegmentNames, load_segment_names
from rfmf_spark.weights.ahp import Priorities, solve_priorities
from rfmf_spark.weights.judgments import JudgmentMatrix, parse_judgments
from rfmf_spark.weights.repair import check_consistency


@dataclass(frozen=True)
class Expertise:
    """Judgments, the weights that follow from them, and the table of segment names."""

    judgments: JudgmentMatrix
    priorities: Priorities
    segment_names: SegmentNames


def load_expertise(settings: Settings) -> Expertise:
    """Judgments and segment names, checked. Raises ``ConfigurationError``."""
    weights = settings.weights
    text, place = read_named_file(weights.judgments, "weights.judgments")
    judgments = parse_judgments(text, place, inexact_reciprocals=weights.inexact_reciprocals)
    if judgments.criteria != FEATURE_NAMES:
        raise ConfigurationError(
            f"{place}: criteria are {', '.join(judgments.criteria)}; expected, in this order, "
            f"{', '.join(FEATURE_NAMES)}"
        )
    priorities = solve_priorities(judgments.values, weights.random_index)
    check_consistency(judgments, priorities, weights.max_consistency_ratio)
    text, place = read_named_file(settings.segments.names, "segments.names")
    return Expertise(judgments, priorities, load_segment_names(text, place))
