"""The run lock on a local path: ``flock`` on a file, which the system drops with the process.

An operator can take it away by removing the file: who holds it then holds what nobody looks at any
more, and finds out before it writes again.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.tables.lock_holder import LockHolder

_LOCK_FILE = "_rfmf.lock"
_MOST_OF_HOLDER = 1000
_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNKNOWN = "unknown"


class HeldByAnotherError(Exception):
    """A lock is held by another: who, as far as it is known."""


def lock_file(folder: Path) -> Path:
    """The file that is locked in a folder of results."""
    return folder / _LOCK_FILE


@contextlib.contextmanager
def held_file(folder: Path, holder: LockHolder) -> Iterator[Callable[[], bool]]:
    """Hold the lock of a folder for the block, which is given whether it still does.

    Raises ``HeldByAnotherError``, and ``ConfigurationError`` where a file cannot be locked there.
    """
    with _opened(folder) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise HeldByAnotherError(_read(handle)) from cause
        except OSError as cause:
            raise ConfigurationError(
                f"output.root {folder}: its file system keeps no locks ({cause.strerror}), so two "
                f"runs could mix their results; mount it with locks (NFS 4, or NFS 3 with lockd on "
                f"both sides), or choose a folder of a local disk"
            ) from cause
        if not _is_named(handle, folder):
            raise HeldByAnotherError("another that has begun at the same moment")
        os.ftruncate(handle, 0)
        os.write(handle, str(holder).encode())
        try:
            yield lambda: _is_named(handle, folder)
        finally:
            # Of no interest any more; a disk that has failed must not hide what the run came to.
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)


def find_file_holder(folder: Path) -> str | None:
    """Who holds the lock of a folder, None where nobody does. Nothing is written."""
    try:
        handle = os.open(lock_file(folder), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(handle)
    finally:
        os.close(handle)
    return None


def remove_lock_file(folder: Path) -> None:
    """Take the lock of a folder away from whoever holds it."""
    lock_file(folder).unlink(missing_ok=True)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock_file(folder), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as cause:
        if cause.errno in _FULL:
            raise
        raise ConfigurationError(
            f"output.root {folder} cannot be written ({cause.strerror}); choose another folder "
            f"or correct its permissions"
        ) from cause
    try:
        yield handle
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)


def _read(handle: int) -> str:
    return os.read(handle, _MOST_OF_HOLDER).decode(errors="replace").strip() or _UNKNOWN


def _is_named(handle: int, folder: Path) -> bool:
    """Whether the open file is the one that others find by its name."""
    try:
        return os.path.samestat(os.fstat(handle), lock_file(folder).stat())
    except FileNotFoundError:
        return False
