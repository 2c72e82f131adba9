"""The files of an input on this computer: which count, at any depth, and what folders stand for.

What the files hold is the business of ``text_files.py`` and ``parquet_files.py``.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import unquote

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.session.paths import is_csv_name

# What Hive, and Spark after it, calls the folder of rows without a value.
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"

_HIDDEN = ("_", ".")

_NEEDS_OF_FILES = (
    "all files of an input must be whole, of one format, and have the same columns of the same "
    "types, each with a name of its own"
)


@dataclass(frozen=True)
class InputFiles:
    """The files under a path, or that a pattern names, in order.

    ``partitions`` are the columns that folders such as ``year=2019`` stand for.
    """

    path: Path
    files: tuple[Path, ...]
    partitions: tuple[str, ...] = ()

    @property
    def is_pattern(self) -> bool:
        """Whether the path is a pattern such as ``trades-*.csv``, and no file or folder."""
        return not self.path.exists()

    def partition_values(self, file: Path) -> dict[str, str | None]:
        """What the folders above a file say, by partition."""
        if not self.partitions:
            return {}
        pairs = [part.partition("=")[::2] for part in file.relative_to(self.path).parts[:-1]]
        values = {name: unquote(value) for name, value in pairs}
        return {name: None if value == NO_PARTITION else value for name, value in values.items()}


def find_files(name: str, path: Path) -> InputFiles | None:
    """All files of the input ``name`` that are not hidden; None where there is none.

    Raises ``InputRefusedError`` for files that only some of the partition folders have above them,
    and for a pattern that names folders.
    """
    if path.is_file():
        return InputFiles(path, (path,))
    if path.exists():
        files = sorted(Path(file) for file in _walk(path))
        inside = [file.relative_to(path) for file in files]
        found = InputFiles(path, tuple(files), partitions_of(name, str(path), inside))
    else:
        named = sorted(map(Path, glob.glob(str(path))))
        found = InputFiles(path, tuple(one for one in named if not one.name.startswith(_HIDDEN)))
        folders = [entry for entry in found.files if entry.is_dir()]
        if folders:
            raise InputRefusedError(
                f"input.{name}: {path} names the folder {folders[0].name}, but a pattern may name "
                f"files only; give the folder above them as the path"
            )
    return found if found.files else None


def holds_csv(folder: Path) -> bool:
    """Whether any file of a folder, at any depth, is named as CSV."""
    return folder.is_dir() and any(map(is_csv_name, _walk(folder)))


def partitions_of(name: str, root: str, files: Sequence[PurePath]) -> tuple[str, ...]:
    """Names of the columns that folders such as ``year=2019`` stand for; ``files`` lie in root.

    Raises ``InputRefusedError`` where they are not those of all files.
    """
    found: dict[tuple[str, ...], PurePath] = {}
    for file in files:
        above = file.parts[:-1]
        found.setdefault(tuple(part.split("=")[0] for part in above if "=" in part), file)
        if any("=" in part for part in above) and not all("=" in part for part in above):
            raise _refused_layout(name, root, file)
    if len(found) > 1:
        raise _refused_layout(name, root, min(found.items())[1])
    return next(iter(found), ())


def unreadable_file(
    name: str, file: str, reason: str, remedy: str = _NEEDS_OF_FILES
) -> InputRefusedError:
    """The error for one file of an input; ``reason`` may be empty."""
    detail = f" ({reason})" if reason else ""
    return InputRefusedError(f"input.{name}: {file} cannot be read{detail}; {remedy}")


def spark_location(path: Path | str) -> str:
    """A path as Spark takes it, whatever its characters mean in patterns."""
    return "".join("\\" + letter if letter in "*?[]{}\\" else letter for letter in str(path))


def _walk(folder: Path) -> Iterator[str]:
    def refuse(cause: OSError) -> None:
        raise cause

    for place, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        folders[:] = _visible(folders)
        yield from (os.path.join(place, file) for file in _visible(names))


def _visible(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(_HIDDEN)]


def _refused_layout(name: str, root: str, file: PurePath) -> InputRefusedError:
    # Names of folders are values there, perhaps of users: they are not told.
    return InputRefusedError(
        f"input.{name}: {file.name} under {root} is not in the same partition folders (name=value) "
        f"as the other files; move it, or give the path of one kind of folders"
    )
