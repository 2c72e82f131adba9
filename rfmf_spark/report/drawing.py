"""Figures as SVG inside the page: drawn by matplotlib, with words and hover texts in two languages.

Matplotlib knows one text and no hover. So artists get an id while they are drawn, and the finished
SVG gets at each id what belongs there.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text as TextArtist

from rfmf_spark.config.languages import Text
from rfmf_spark.report.palette import INK, LINE, QUIET

# As wide as a phone in points, so that letters keep their size there; wider screens enlarge it.
WIDTH = 360.0
_POINTS_PER_INCH = 72
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 11.0,
    "axes.edgecolor": LINE,
    "axes.labelcolor": QUIET,
    "axes.labelsize": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
    "hatch.linewidth": 0.6,
}


class Drawing:
    """One figure with a single pair of axes; ``name`` keeps its parts apart from other figures'."""

    def __init__(self, name: str, height: float, width: float = WIDTH) -> None:
        self._name = name
        self._words: dict[str, Text] = {}
        self._tips: dict[str, Text] = {}
        with mpl.rc_context(_STYLE):
            size = (width / _POINTS_PER_INCH, height / _POINTS_PER_INCH)
            self._figure = Figure(figsize=size, layout="constrained")
            self.axes: Axes = self._figure.add_subplot()

    def label_axes(self, across: Text, up: Text | None = None) -> None:
        """Words along both axes."""
        self._say(self.axes.xaxis.label, across)
        if up is not None:
            self._say(self.axes.yaxis.label, up)

    def write(
        self, x: float, y: float, text: Text, *, align: str = "center", colour: str = INK
    ) -> None:
        """Words at a place of the axes, in the middle of the line."""
        self._say(self.axes.text(x, y, "", ha=align, va="center", color=colour), text)

    def add_bar(
        self,
        left: float,
        bottom: float,
        width: float,
        height: float,
        tip: Text,
        *,
        fill: str,
        hatch: str = "",
    ) -> None:
        """A rectangle that tells ``tip`` under the pointer."""
        bar = Rectangle((left, bottom), width, height, facecolor=fill, edgecolor="white")
        if hatch:
            bar.set(hatch=hatch, edgecolor=QUIET)
        bar.set_linewidth(0.6)
        self._tell(self.axes.add_patch(bar), tip)

    def add_strip(self, left: float, right: float, tip: Text) -> None:
        """An invisible strip over the whole height, easy to hit with a finger."""
        strip = Rectangle((left, 0), right - left, 1, transform=self.axes.get_xaxis_transform())
        strip.set(facecolor="none", edgecolor="none", zorder=10)
        self._tell(self.axes.add_patch(strip), tip)

    def to_svg(self) -> Markup:
        """The figure as an ``svg`` element that belongs into HTML."""
        out = io.BytesIO()
        with mpl.rc_context(_STYLE | {"svg.hashsalt": self._name}):
            self._figure.savefig(out, format="svg", metadata={"Date": None})
        root = ElementTree.fromstring(out.getvalue())
        for element in root.iter():
            _make_html(element)
        for parent in list(root.iter()):
            self._finish(parent)
        for name in ("width", "height"):
            root.attrib.pop(name, None)
        root.set("aria-hidden", "true")
        for metadata in root.findall("metadata"):
            root.remove(metadata)
        return Markup(ElementTree.tostring(root, encoding="unicode"))

    def _say(self, artist: TextArtist, text: Text) -> None:
        # The longer one is measured for the layout; only Latin letters, whose sizes are known.
        artist.set_text("x" * max(len(text.en), 2 * len(text.zh)))
        name = f"word-{self._name}-{len(self._words)}"
        artist.set_gid(name)
        self._words[name] = text

    def _tell(self, artist: Artist, tip: Text) -> None:
        name = f"tip-{self._name}-{len(self._tips)}"
        artist.set_gid(name)
        self._tips[name] = tip

    def _finish(self, element: ElementTree.Element) -> None:
        """What an id stands for; ids themselves go, for figures number their parts alike."""
        name = element.get("id", "")
        if name in self._tips:
            element.set("class", "mark")
            element.set("data-tip-zh", self._tips[name].zh)
            element.set("data-tip-en", self._tips[name].en)
        if name in self._words:
            _set_words(element, self._words[name])
        if name and element.tag in ("g", "svg"):
            del element.attrib["id"]


def _make_html(element: ElementTree.Element) -> None:
    """Names without namespaces: inside HTML the parser knows what belongs to SVG."""
    element.tag = element.tag.rpartition("}")[2]
    for name in list(element.attrib):
        if "}" in name:
            element.set(name.rpartition("}")[2], element.attrib.pop(name))


def _set_words(group: ElementTree.Element, text: Text) -> None:
    """One text element per language in place of the one that was measured."""
    for drawn in group.findall("text"):
        group.remove(drawn)
        for language, words in text._asdict().items():
            own = ElementTree.SubElement(group, "text", dict(drawn.attrib) | {"class": language})
            own.text = words
