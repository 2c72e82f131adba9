from __future__ import annotations

from rfmf_spark.config.languages import Text
from rfmf_spark.report.drawing import Drawing


def test_words_and_hover_texts_stand_in_both_languages() -> None:
    drawing = Drawing("test", height=100)
    drawing.add_bar(0, 0, 1, 1, Text("十", "ten <b>"), fill="#0072B2")
    drawing.label_axes(Text("天", "days"))
    svg = drawing.to_svg()
    assert svg.startswith("<svg")
    assert 'data-tip-zh="十" data-tip-en="ten &lt;b&gt;"' in svg
    assert ">天</text>" in svg
    assert ">days</text>" in svg
    assert 'class="zh"' in svg


def test_the_same_drawing_is_the_same_text() -> None:
    def draw() -> str:
        drawing = Drawing("test", height=100)
        drawing.axes.plot([1, 2], [3, 4], "o-")
        return drawing.to_svg()

    assert draw() == draw()


def test_the_figure_brings_no_ids_of_its_own_and_no_addresses() -> None:
    svg = Drawing("test", height=100).to_svg()
    assert "figure_1" not in svg
    assert "http" not in svg
