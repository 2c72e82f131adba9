"""What the platform lacks, told as errors of ours: room, memory, threads, the right to write.

Engines wrap what the system says, so it is recognised by its words. Files that cannot be read are
told by ``ledger/unreadable.py``.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import (
    ConfigurationError,
    EnvironmentMismatchError,
    PlatformFailedError,
    RfmfError,
)
from rfmf_spark.session.paths import is_local, local_path

_NOT_PERMITTED = ("Permission denied", "Operation not permitted")

# Python's own words, and those of a library that keeps a cache beside.
_NOWHERE_FOR_TEMPORARY = ("No usable temporary directory", "requires access to a writable cache")

_POOL = re.compile(r"pool_size: ([\d.]+ \w+)")
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class _Lack:
    """What the platform lacks: how systems and engines say so, how we do, and what helps.

    ``at_places``: which of the folders of a run is meant is told by what is left there.
    ``may_be_input``: reading alone can meet it.
    """

    words: tuple[str, ...]
    told: str
    remedy: str
    at_places: bool = False
    may_be_input: bool = False


_JAVA_ENDED = _Lack(
    (
        "Answer from Java side is empty",
        "Error while sending or receiving",
        "ConnectionRefusedError",
    ),
    "Spark's Java process has ended",
    "where the system has killed it, lower spark.driver.memory or take a larger machine",
)

# In this order: a JVM calls it lack of memory too where it gets no more threads.
_LACKS = (
    _Lack(
        ("No space left on device", "Disk quota exceeded"),
        "a disk or its quota is full",
        "make room there, or choose other folders (output.root; TMPDIR for temporary files)",
        at_places=True,
    ),
    _Lack(
        ("File too large",),
        "a file would become larger than this process may write",
        "raise the limit (ulimit -f)",
        at_places=True,
    ),
    _Lack(
        ("Read-only file system",),
        "a disk is mounted read-only, or became so after errors",
        "mend or remount it, or choose other folders (output.root; TMPDIR for temporary files)",
        at_places=True,
    ),
    _Lack(
        ("Input/output error", "Stale file handle", "Transport endpoint is not connected"),
        "a disk, or the connection to it, has failed",
        "mend or remount it",
        at_places=True,
        may_be_input=True,
    ),
    _Lack(
        ("Too many open files",),
        "this process may open no more files",
        "raise the limit (ulimit -n)",
    ),
    _Lack(
        ("can't start new thread", "unable to create native thread"),
        "this process gets no more threads",
        "raise the limits of processes and memory (ulimit -u, ulimit -v, those of the container)",
    ),
    _Lack(
        ("Failed to allocate additional", "Resources exhausted"),
        "the embedded engine may take no more memory",
        "raise session.embedded_memory, or set session.engine=spark",
    ),
    _Lack(
        ("OutOfMemoryError", "UNABLE_TO_ACQUIRE_MEMORY"),
        "Spark has no more memory",
        "raise spark.driver.memory or, on a cluster, spark.executor.memory",
    ),
    _Lack(
        ("MemoryError", "Cannot allocate memory"),
        "this process gets no more memory",
        "raise its limit (ulimit -v, that of the container), or take a larger machine",
    ),
    _JAVA_ENDED,
)


def platform_cause(failure: BaseException, settings: Settings | None = None) -> RfmfError | None:
    """The error of ours behind a failure of the platform, or None where there is none.

    ``settings`` tell the folders that a disk may lack room for.
    """
    text = _text(failure)
    found = _find_lack(text)
    if found is not None:
        return _tell_lack(*found, text, settings)
    if any(words in text for words in _NOWHERE_FOR_TEMPORARY):
        return EnvironmentMismatchError(
            "no folder for temporary files can be written (TMPDIR, /tmp, /var/tmp); set TMPDIR to "
            "one with room"
        )
    if any(words in text for words in _NOT_PERMITTED):
        places = ", ".join(f"{name} {place}" for name, place in _places(settings).items())
        return ConfigurationError(
            f"a file may not be read or written (Permission denied, under {places}); correct the "
            f"permissions there, those of the tables included, or choose another folder"
        )
    return None


def java_has_ended() -> RfmfError:
    """What to raise where Spark's Java process has ended and nobody has asked it anything yet."""
    return _tell_lack(_JAVA_ENDED, "killed", "", None)


def lacks_room(failure: BaseException) -> bool:
    """Whether a failure on the way of an input is none of the input, but of where it goes."""
    found = _find_lack(_text(failure))
    return found is not None and not found[0].may_be_input


@contextlib.contextmanager
def telling_platform_failures(settings: Settings) -> Iterator[None]:
    """Let a failure of the platform in the block go on as the error of ours."""
    try:
        yield
    except RfmfError:
        raise
    except BaseException as failure:
        error = platform_cause(failure, settings)
        if error is None:
            raise
        raise error from failure


def _find_lack(text: str) -> tuple[_Lack, str] | None:
    """What is lacking, and the word by which it was recognised."""
    found = ((lack, word) for lack in _LACKS for word in lack.words if word in text)
    return next(found, None)


def _tell_lack(lack: _Lack, word: str, text: str, settings: Settings | None) -> PlatformFailedError:
    pool = _POOL.search(text)
    details = [f"a pool of {pool[1]}" if pool else word]
    if lack.at_places:
        details.append(_told_places(settings))
    return PlatformFailedError(
        f"{lack.told} ({'; '.join(details)}); {lack.remedy}, and run again; readers stay with what "
        f"was published before"
    )


def _text(failure: BaseException) -> str:
    """What a failure says of itself, kind included; classic Spark keeps the Java trace apart."""
    trace = getattr(failure, "_stackTrace", None)
    return f"{type(failure).__name__}: {failure}\n{trace or ''}"


def _places(settings: Settings | None) -> dict[str, Path]:
    """The folders that a run writes to."""
    root = settings.output.root if settings else None
    places = {}
    if root is not None and is_local(root):
        places["output.root"] = local_path(root)
    with contextlib.suppress(FileNotFoundError):
        places["temporary files"] = Path(tempfile.gettempdir())
    return places


def _told_places(settings: Settings | None) -> str:
    places = _places(settings).items()
    return ", ".join(f"{name} {place} {_told_room(place)}" for name, place in places)


def _told_room(place: Path) -> str:
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return f"has {shutil.disk_usage(place).free / _MEBIBYTE:,.0f} MiB left"
    except OSError as cause:
        return f"cannot be looked at ({cause.strerror})"
