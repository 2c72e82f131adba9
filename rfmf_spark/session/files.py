"""Files that are there as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write a text in UTF-8; where that fails, what was there before stays. Raises ``OSError``."""
    if file.exists() and not file.is_file():
        # A pipe or a device takes no other file in its place.
        file.write_text(text, encoding="utf-8")
        return
    target = Path(os.path.realpath(file))
    with _written_beside(target, text) as beside:
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)


def create_whole(file: Path, text: str) -> bool:
    """The same for a file that nobody has made yet; False, and nothing done, where somebody has."""
    with _written_beside(file, text) as beside:
        try:
            os.link(beside, file)
        except FileExistsError:
            return False
        except OSError:
            # A file system without a second name for a file; there two must not be here at once.
            if file.exists():
                return False
            beside.rename(file)
    return True


@contextlib.contextmanager
def _written_beside(target: Path, text: str) -> Iterator[Path]:
    """A hidden neighbour that holds the text, and is gone after the block."""
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        beside.unlink(missing_ok=True)
