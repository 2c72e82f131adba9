"""A text is there in every language, or it is no text."""

from __future__ import annotations

import pytest

from rfmf_spark.config.languages import LANGUAGES, Text, same


def test_a_text_has_every_language() -> None:
    assert Text._fields == LANGUAGES
    with pytest.raises(TypeError, match="en"):
        Text("只有中文")  # type: ignore[call-arg]


def test_a_text_is_said_in_either_language_and_filled_in() -> None:
    text = Text("{name}：{share:.0%}", "{name}: {share:.0%}")

    assert text.say("zh", name="甲", share=0.5) == "甲：50%"
    assert text.say("en", name="A", share=0.5) == "A: 50%"


def test_what_is_filled_in_is_no_template_itself() -> None:
    assert Text("{name}。", "{name}.").say("en", name="{share}") == "{share}."
    assert same("{share}").say("en") == "{share}"
