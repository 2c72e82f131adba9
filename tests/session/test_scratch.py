"""Temporary files end with their process, or with the next one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rfmf_spark.session.scratch import remove_abandoned, scratch_folder
from tests.wheel import CHECKOUT

HOLD = """
import time
from rfmf_spark.session.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "trades.parquet").write_text("rows")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_private_and_ends_with_its_block(place: Path) -> None:
    with scratch_folder() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o077 == 0
        assert remove_abandoned(place) == []
    assert list(place.iterdir()) == []


def test_what_a_killed_process_has_left_is_removed_by_the_next(place: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env={"TMPDIR": str(place)},
    ) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        assert remove_abandoned(place) == []
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    assert (left / "trades.parquet").exists()
    with scratch_folder() as folder:
        assert list(place.iterdir()) == [folder]


def test_what_is_not_known_to_be_ours_stays(place: Path) -> None:
    (place / "rfmf-results").mkdir()
    (place / "rfmf-results" / "model.json").write_text("{}")
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "in_use.lock").write_text("")
    (place / "rfmf-link").symlink_to(place / "elsewhere", target_is_directory=True)
    (place / "rfmf-spark-1.log").write_text("")
    assert remove_abandoned(place) == []


def test_without_locks_a_folder_is_given_and_none_removed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: object, operation: int) -> None:
        raise OSError("No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with scratch_folder() as first, scratch_folder() as second:
        assert first.is_dir()
        assert second.is_dir()
