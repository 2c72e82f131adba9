"""Files that turn out to be unreadable when their rows are read, long after an input was opened.

What the engine says is told as a refused input. Spark names the file; the embedded engine does not
always, so the files of this computer are then looked through for the first one that is broken.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet

from rfmf_spark.config.sections.input import InputVersions
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, InputRefusedError, RfmfError, first_line
from rfmf_spark.ledger.input_files import find_files, unreadable_file
from rfmf_spark.session.paths import is_csv_name, is_local, is_table_name, local_path
from rfmf_spark.session.stopping import stop_where_told

INPUTS = tuple(InputVersions.model_fields)

_FAILED_FILE = re.compile(
    r"\[FAILED_READ_FILE\S*\] Encountered error while reading file (\S+?)\.?\s"
)
_CAUSED_BY = re.compile(r"Caused by: [\w.$]+: (.*)")
_UNPARSED_CSV = re.compile(r"univocity\.\S+TextParsingException: (.*)")
_BAD_PATTERN = re.compile(r"(?:\[INVALID_DATETIME_PATTERN\S*\]|invalid datetime pattern:) (.*)")

# Files of this computer are looked into before Spark reads them.
_UNFIT_HEADER = "CSV header does not conform to the schema"
_OTHER_HEADER = (
    "its header has not the columns of the other files or not their order, which may differ on "
    "this computer only"
)

# The embedded engine names a file that it cannot open, but not one that has broken data.
_UNOPENED_FILE = re.compile(r"Failed to fetch metadata for file (.+?): (.*)")
_PASSED_ON = re.compile(r"^(?:[\w ]+ error: )+")
_BROKEN_DATA = re.compile(r"Parquet (?:argument )?error|Object Store error")

_IS_MISSING = re.compile(r"FILE_NOT_EXIST|does not exist|No such file")


class _Failed(NamedTuple):
    """A file as the engine names it, and why it cannot be read."""

    file: str
    reason: str


@contextlib.contextmanager
def refuse_unreadable_files(name: str) -> Iterator[None]:
    """Tell of a file that is unreadable, or unlike its neighbours, as a refused input ``name``.

    Raises ``InputRefusedError``, and ``ConfigurationError`` for a date format that Spark does not
    know; other errors pass.
    """
    try:
        yield
    except Exception as cause:
        error = _known_error(name, str(cause))
        if error is None:
            raise
        raise error from cause


def unreadable_input(failure: BaseException, settings: Settings) -> RfmfError | None:
    """The same for a failure of which it is not known which input was read; None for others.

    Files of other places, such as our own tables, are no inputs.
    """
    text = str(failure)
    failed = _failed_file(text)
    name = _input_of(failed.file, settings) if failed else ""
    error = _known_error(name, text) if name or failed is None else None
    if error is None and _BROKEN_DATA.search(text):
        return _find_broken_file(settings)
    return error


def _known_error(name: str, failure: str) -> RfmfError | None:
    pattern = _BAD_PATTERN.search(failure)
    if pattern is not None:
        return ConfigurationError(
            f"input.date_formats: {pattern.group(1).strip()}; correct the pattern"
        )
    failed = _failed_file(failure)
    if failed is not None and _IS_MISSING.search(failure):
        return unreadable_file(
            name,
            failed.file,
            "the file does not exist any more",
            f"restore it, or run again where the input was being written; for a Delta table, "
            f"input.versions.{name} can name a version that does without it",
        )
    if failed is not None:
        return unreadable_file(name, *failed)
    unparsed = _UNPARSED_CSV.search(failure)
    if unparsed is not None and name:
        return InputRefusedError(
            f"input.{name}: the header cannot be read as CSV ({unparsed.group(1).strip()}); check "
            f"the file and input.csv"
        )
    return None


def _failed_file(failure: str) -> _Failed | None:
    by_spark = _FAILED_FILE.search(failure)
    if by_spark is not None:
        reasons = _CAUSED_BY.findall(failure)
        reason = reasons[-1].strip().rstrip(":") if reasons else ""
        return _Failed(by_spark[1], _OTHER_HEADER if reason.startswith(_UNFIT_HEADER) else reason)
    unopened = _UNOPENED_FILE.search(failure)
    if unopened is None:
        return None
    # It leaves out the slash at the beginning, and tells first whose error it passes on.
    return _Failed(f"file:/{unopened[1].lstrip('/')}", _PASSED_ON.sub("", unopened[2]))


def _input_of(file: str, settings: Settings) -> str:
    """The input that a file belongs to; empty where it is none of ours."""
    paths = {name: getattr(settings.input, name) for name in INPUTS}
    given = {name: path for name, path in paths.items() if path is not None}
    tables = [
        n for n, path in given.items() if settings.input.format == "table" or is_table_name(path)
    ]
    within = [name for name in given if name not in tables and _is_within(file, given[name])]
    if within:
        return max(within, key=lambda name: len(given[name]))
    root = settings.output.root
    # Where the files of a table lie is known to its catalog.
    return " or input.".join(tables) if root is None or not _is_within(file, root) else ""


def _is_within(file: str, path: str) -> bool:
    """Whether a file is the path, lies under it, or is of a pattern that it is."""
    place, folder = unquote(urlsplit(file).path), _plain(path)
    return place == folder or place.startswith(f"{folder}/") or fnmatch(place, folder)


def _plain(path: str) -> str:
    return str(local_path(path)) if is_local(path) else urlsplit(path).path.rstrip("/")


def _find_broken_file(settings: Settings) -> InputRefusedError | None:
    """The first Parquet file of an input on this computer that cannot be read to its end."""
    for name in INPUTS:
        path = getattr(settings.input, name)
        if path is None or not is_local(path):
            continue
        with contextlib.suppress(InputRefusedError):
            found = find_files(name, local_path(path))
            for file in found.files if found else ():
                reason = "" if is_csv_name(file.name) else _why_broken(file)
                if reason:
                    return unreadable_file(name, f"file:{file}", reason)
    return None


def _why_broken(file: Path) -> str:
    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            for _ in opened.iter_batches():
                stop_where_told()
    except (pa.ArrowException, OSError) as cause:
        return first_line(cause)
    return ""
