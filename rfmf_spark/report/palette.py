"""Colours that colour-blind readers tell apart, each with the colour of text that reads on it."""

from __future__ import annotations

from typing import NamedTuple


class Colour(NamedTuple):
    """A fill and the text on it, as hexadecimal RGB."""

    fill: str
    text: str


# Okabe and Ito 2008; numbers stand beside colours everywhere, so later segments may repeat them.
_SEGMENTS = (
    Colour("#0072B2", "#FFFFFF"),
    Colour("#E69F00", "#1B1F24"),
    Colour("#009E73", "#0B0E11"),
    Colour("#CC79A7", "#1B1F24"),
    Colour("#56B4E9", "#1B1F24"),
    Colour("#D55E00", "#0B0E11"),
    Colour("#F0E442", "#1B1F24"),
    Colour("#4D4D4D", "#FFFFFF"),
)

INK = "#1B1F24"
QUIET = "#57606A"
LINE = "#D0D7DE"
ACCENT = "#0072B2"
WARNING = "#B34E00"


def segment_colour(segment_id: int) -> Colour:
    """The colour of a segment; the same in all figures of a report."""
    return _SEGMENTS[(segment_id - 1) % len(_SEGMENTS)]
