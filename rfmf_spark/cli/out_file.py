"""Files that users name by ``--out``."""

from __future__ import annotations

from pathlib import Path

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.session.files import write_whole


def write_file(out: str, text: str) -> None:
    """Write a text, whole or not at all. Raises ``ConfigurationError`` where that fails."""
    try:
        write_whole(Path(out), text)
    except OSError as cause:
        raise ConfigurationError(
            f"--out {out}: cannot be written ({cause.strerror}); give a file in a writable folder"
        ) from cause
