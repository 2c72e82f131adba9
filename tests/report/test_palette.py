from __future__ import annotations

import pytest

from rfmf_spark.report.palette import INK, QUIET, WARNING, segment_colour

# WCAG 2.1, level AA, for text of usual size.
LEAST_CONTRAST = 4.5


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB`` by WCAG 2.1."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("segment_id", range(1, 9))
def test_text_reads_on_the_colour_of_every_segment(segment_id: int) -> None:
    colour = segment_colour(segment_id)
    assert contrast(colour.fill, colour.text) >= LEAST_CONTRAST


@pytest.mark.parametrize("colour", [INK, QUIET, WARNING])
def test_text_reads_on_white(colour: str) -> None:
    assert contrast(colour, "#FFFFFF") >= LEAST_CONTRAST


def test_the_first_segments_have_colours_of_their_own() -> None:
    assert len({segment_colour(number) for number in range(1, 9)}) == 8
