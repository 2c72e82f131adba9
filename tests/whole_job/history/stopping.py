"""Telling a run to stop while it works, whatever engine it runs on."""

from __future__ import annotations

import signal
from pathlib import Path

from rfmf_spark.tables.store import TableStore
from tests.whole_job.results import last_event
from tests.whole_job.running import started_rfmf, wait_for_stage


def assert_sigterm_ends_it_in_order(store: TableStore, folder: Path, *arguments: str) -> None:
    """A run with these arguments into ``store`` ends in one line, and is recorded as aborted."""
    with started_rfmf(*arguments, folder=folder) as process:
        wait_for_stage(process, "clean")
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "was told to stop and published nothing" in stderr
    assert "Traceback" not in stderr
    assert last_event(store)["status"] == "aborted"
