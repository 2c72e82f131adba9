"""Secrets are hidden here, and only here: in settings by their names, in any text by its form.

Whatever is printed or recorded goes through ``redact``: the console (``cli/screen.py``), JSON
(``cli/streams.py``), the events of a run (``tables/runs.py``), what a report reads of these, and
the settings as they are shown (``LoadedSettings.effective``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

REDACTED = "(hidden)"
# Spark's own setting: names of settings, and what looks so in them, whose values nobody may see.
SPARK_PATTERN = "spark.redaction.regex"

# Spark's own default, Hadoop's (hadoop.security.sensitive-config-keys), and what both leave out. A
# provider of credentials is a class or a path.
_SECRET_WORDS = (
    r"secret|passw(?:or)?d|passphrase|token"
    r"|(?:access|account|api|encryption|session)[._-]?key(?![a-z])"
    r"|private|credential(?!s?[._-]provider)|signature|(?<![a-z0-9])(?:sas|pwd|pass|sig)(?![a-z0-9])"
)
_SECRET_NAME = re.compile(_SECRET_WORDS, re.I)

_QUOTED = r"\"[^\"]*\"|'[^']*'"
# Each with what stays before the secret as its first group.
_SECRET_PARTS = (
    # What follows the host in an address of Spark Connect can be a token.
    re.compile(r"(sc://[^\s'\"]*?\s?/;)[^\s'\"]+"),
    # A system property of Java ends with a blank.
    re.compile(rf"(-D[\w.-]*(?:{_SECRET_WORDS})[\w.-]*=)(?:{_QUOTED}|[^\s\"']+)", re.I),
    # name=value in a connection string, a URL, an option or an assignment.
    re.compile(rf"([\w.-]*(?:{_SECRET_WORDS})[\w.-]*\s?=\s?)(?:{_QUOTED}|[^\s,;&\"']+)", re.I),
    # user:password@host, unless it is host:port/…; a key may have a slash in it.
    re.compile(r"(://[^\s/:@'\"]*:)(?!\d+(?:/|$))[^\s@'\"]+(?=@)"),
    re.compile(r"(jdbc:oracle:\w+:[^\s/@'\"]*/)[^\s@'\"]+(?=@)", re.I),
    re.compile(r"(https?://)[^\s/:@'\"]+(?=@)", re.I),
    re.compile(r"(\bbearer\s+)[\w.~+/=-]{16,}", re.I),
)
# A shorter one could be a part of any word.
_LEAST_KNOWN = 6

_known: set[str] = set()


def is_secret_name(name: str, pattern: re.Pattern[str] | None = None) -> bool:
    """Whether a setting of this name holds a secret, by our words or the user's ``pattern``."""
    return bool(_SECRET_NAME.search(name) or (pattern and pattern.search(name)))


def redact(value: Any, name: str = "", pattern: re.Pattern[str] | None = None) -> Any:
    """The same value without secrets: all of it where ``name`` tells that it is one, else parts.

    Of mappings and lists all that they hold, each by its own name. Other values stay.
    """
    if isinstance(value, Mapping):
        return {key: redact(held, str(key), pattern) for key, held in value.items()}
    if value is not None and is_secret_name(name, pattern):
        return REDACTED
    if isinstance(value, list | tuple):
        return [redact(held, name, pattern) for held in value]
    return redact_text(value, pattern) if isinstance(value, str) else value


def redact_text(text: str, pattern: re.Pattern[str] | None = None) -> str:
    """A text without what has the form of a secret, matches, or is one of the settings at hand."""
    for form in _SECRET_PARTS:
        text = form.sub(rf"\1{REDACTED}", text)
    if pattern and pattern.search(text):
        # As Spark does: the name may stand anywhere in the value.
        return REDACTED
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return text


def remember_secrets(
    settings: Iterable[tuple[str, Any]], pattern: re.Pattern[str] | None = None
) -> None:
    """Keep the secrets of this process in mind: errors of others quote them by other names."""
    for name, value in settings:
        texts = value if isinstance(value, list | tuple) else [value]
        for text in (text for text in texts if isinstance(text, str)):
            if is_secret_name(name, pattern):
                _known.update([text] if len(text) >= _LEAST_KNOWN else [])
            else:
                _known.update(_parts_of(text))


def _parts_of(text: str) -> list[str]:
    found = [
        match[0].removeprefix(match[1]).strip("\"'")
        for form in _SECRET_PARTS
        for match in form.finditer(text)
    ]
    return [part for part in found if len(part) >= _LEAST_KNOWN]
