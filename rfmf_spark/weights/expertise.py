"""Expert knowledge that a run builds on: judgments with their weights, names of segments.

Read and checked before any data is touched, so that a mistake in it costs seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from rfmf_spark.config.settings import Settings
from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.segments.name_table import SegmentNames, load_segment_names
from rfmf_spark.weights.group import GroupOpinion
from rfmf_spark.weights.loading import load_group


@dataclass(frozen=True)
class Expertise:
    """What the experts say of the weights (None where nobody is asked), and names of segments."""

    group: GroupOpinion | None
    segment_names: SegmentNames


def load_expertise(settings: Settings) -> Expertise:
    """Judgments and segment names, checked. Raises ``ConfigurationError``."""
    group = load_group(settings.weights)
    text, place = read_named_file(settings.segments.names, "segments.names")
    return Expertise(group, load_segment_names(text, place))
