"""The languages that users read, and a text in all of them.

What is said in each stands beside whatever says it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Text(NamedTuple):
    """The same text in Chinese and in English; names in braces stand for what is filled in."""

    zh: str
    en: str

    def say(self, language: Language, **values: object) -> str:
        """The text in one language, with ``values`` in place of the names in braces."""
        text = {"zh": self.zh, "en": self.en}[language]
        return text.format(**values) if values else text


def same(text: str) -> Text:
    """Text that both languages share."""
    return Text(text, text)
