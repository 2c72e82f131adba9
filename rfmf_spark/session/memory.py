"""Memory that this process can have: of the computer, its control groups, and its own limit."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_OWN_GROUPS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes of the computer, or of a limit of its container, service or shell that is lower."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    own = [limit] if (limit := address_space()) is not None else []
    return min([physical, *own, *group_limits(_OWN_GROUPS, _GROUPS)])


def address_space() -> int | None:
    """Bytes that this process may map (``ulimit -v``), None without a limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def group_limits(own_groups: Path, groups: Path) -> list[int]:
    """Limits of the control groups that this process is in, and of those around them.

    ``own_groups`` names them as ``/proc/self/cgroup`` does; in a container, whose own group is the
    root of what it sees, the names may be those of the computer outside.
    """
    try:
        lines = own_groups.read_text().splitlines()
    except OSError:
        return []
    texts = [text for line in lines for text in _limits_of(line, groups)]
    return [int(text) for text in texts if text.isdigit()]


def _limits_of(line: str, groups: Path) -> Iterator[str]:
    _, controllers, name = line.split(":", 2)
    if controllers == "":
        mount, file = groups, "memory.max"
    elif "memory" in controllers.split(","):
        mount, file = groups / "memory", "memory.limit_in_bytes"
    else:
        return
    path = PurePosixPath(name.lstrip("/"))
    for group in (path, *path.parents):
        if ".." not in group.parts:
            limit = mount / group / file
            if limit.is_file() and os.access(limit, os.R_OK):
                yield limit.read_text().strip()
