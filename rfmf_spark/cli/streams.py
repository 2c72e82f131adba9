"""Standard output and error as they are found: of any encoding, closed, or full.

What is printed is a copy of what lies in the tables. That a character or a line of it gets lost is
no reason for a command to fail, least of all once its run has been published.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, TextIO

import click

from rfmf_spark.config.redaction import redact

# Where a reader has gone, a disk is full, or the other end is no more.
_GONE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.ECONNRESET)

_CONTROL_IN_JSON = re.compile(r"[\x7f-\x9f]")


def accept_every_character() -> None:
    """Let characters that an encoding does not have appear as ``?``, on errors as escapes."""
    for stream, instead in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=instead)


@contextlib.contextmanager
def printing_to_whoever_is_left() -> Iterator[None]:
    """Let the block print without an error where nobody can be reached any more."""
    before = sys.stdout
    if isinstance(before, io.TextIOWrapper):
        sys.stdout = _Lossy(before)
    try:
        yield
    finally:
        sys.stdout = before


def json_text(value: object, *, indent: int | None = None, stream: TextIO | None = None) -> str:
    """A value as JSON; with escapes where the stream (or output) cannot show its characters.

    Secrets are hidden. Characters that would steer a terminal are escaped everywhere.
    """
    value = redact(value)
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, default=str)
    return _escape_control(text)


def print_json(value: object) -> None:
    """Print the answer of a command to ``--json``."""
    click.echo(json_text(value, indent=2))


def print_json_document(text: str) -> None:
    """Print a document of JSON as its file holds it, in UTF-8 whatever the output is in."""
    shown = _escape_control(text)
    click.echo(shown.encode() if hasattr(sys.stdout, "buffer") else shown)


def _escape_control(text: str) -> str:
    """The same JSON, with escapes for the control characters that JSON allows in its strings."""
    return _CONTROL_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Lossy:
    """A stream that drops what it cannot write, all of it from then on."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, or lose it."""
        with self._losing():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or lose what is left."""
        with self._losing():
            self._stream.flush()

    @contextlib.contextmanager
    def _losing(self) -> Iterator[None]:
        try:
            yield
        except OSError as cause:
            if cause.errno not in _GONE:
                raise
            # What is still buffered would fail once more when the process ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
