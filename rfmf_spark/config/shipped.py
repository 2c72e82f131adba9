"""The files of ``conf/`` that travel with the package.

In an installed package they lie beside the code (also inside a zip archive); in a checkout they
lie in its ``conf/`` folder. Files that a user names are looked up before the shipped ones.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from rfmf_spark.errors import ConfigurationError


def shipped_folder() -> Traversable:
    """The folder of shipped configuration: inside the package, else beside it in a checkout."""
    packaged = files("rfmf_spark").joinpath("conf")
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[2] / "conf"


def read_named_file(name: str, setting: str) -> tuple[str, str]:
    """Text of a file named in a setting, and the name to call it by in messages.

    ``name`` is a path, or else the name of a shipped file. Raises ``ConfigurationError``.
    """
    path = Path(name)
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8"), name
        shipped = shipped_folder().joinpath(*path.parts)
        if not path.is_absolute() and ".." not in path.parts and shipped.is_file():
            return shipped.read_text(encoding="utf-8"), f"conf/{name}"
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(
            f"{setting}: {name} cannot be read ({cause}); give a readable UTF-8 file"
        ) from cause
    raise ConfigurationError(
        f"{setting}: there is no file {name}, neither as a path nor among the shipped files of "
        f"conf/; correct the setting"
    )
