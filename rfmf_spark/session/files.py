"""Text files for people and other programs, outside the tables: there as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write a text in UTF-8; where that fails, what was there before stays. Raises ``OSError``."""
    if file.exists() and not file.is_file():
        # A pipe or a device takes no other file in its place.
        file.write_text(text, encoding="utf-8")
        return
    target = Path(os.path.realpath(file))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
