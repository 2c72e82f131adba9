"""Which tests run in the same process of ``pytest -n``, and in which order they are handed out.

A file shares its fixtures, and so do some folders; whatever runs apart makes them again.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# Folders that share a cluster, a ledger, or a chain of runs on one root.
_TOGETHER = ("tests/cluster/", "tests/whole_job/history/", "tests/synthetic/")
# The longest, by the seconds that ``make test`` prints; everything else follows in its own order.
_FIRST = ("tests/cluster/", "tests/whole_job/history/", "tests/whole_job/", "tests/ledger/")


class FixtureScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """pytest-xdist's distribution by scope, with files and folders as scopes."""

    def _split_scope(self, nodeid: str) -> str:
        return work_unit(nodeid)


def work_unit(nodeid: str) -> str:
    """The folder or file whose tests run in the same process as this one."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in _TOGETHER if file.startswith(folder)), file)


def place_in_queue(nodeid: str) -> int:
    """When a test is handed out: the lower, the earlier."""
    places = (place for place, folder in enumerate(_FIRST) if nodeid.startswith(folder))
    return next(places, len(_FIRST))
