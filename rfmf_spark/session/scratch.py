"""A folder for temporary files that ends with the process, even where the process is killed.

Copies of inputs lie there. Who is killed cannot remove them; so whoever comes next does. A folder
that is in use is locked by its process, and the operating system drops that lock with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "rfmf-"
_MARK = "in_use.lock"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of our own that nobody else may read; those that killed processes left are removed.

    Where the file system keeps no locks, nothing that is left behind is removed.
    """
    remove_abandoned(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name, contextlib.ExitStack() as ends:
        mark = Path(name) / _MARK
        unlocked = mark.with_suffix(".new")
        held = ends.enter_context(unlocked.open("w"))
        with contextlib.suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Under its name it is locked from the first moment.
            unlocked.rename(mark)
        yield Path(name)


def remove_abandoned(place: Path) -> list[Path]:
    """Remove the folders of this user's processes that have ended; those that were removed."""
    ours = [folder for folder in place.glob(f"{_PREFIX}*") if _is_ours(folder)]
    return [folder for folder in ours if _remove_unless_held(folder)]


def _is_ours(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        is_folder = folder.is_dir() and not folder.is_symlink()
        return is_folder and folder.lstat().st_uid == os.getuid() and (folder / _MARK).is_file()
    return False


def _remove_unless_held(folder: Path) -> bool:
    with contextlib.suppress(OSError), (folder / _MARK).open("r+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
        return True
    return False
