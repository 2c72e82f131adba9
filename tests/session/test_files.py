"""A text file is there as a whole, or as it was before."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from rfmf_spark.session.files import write_whole
from tests.limits import largest_file


def test_a_file_that_does_not_fit_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    write_whole(file, "before")
    with largest_file(4096), pytest.raises(OSError, match="File too large"):
        write_whole(file, "x" * 10_000)
    assert file.read_text() == "before"
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_link_and_permissions_stay(tmp_path: Path) -> None:
    file, link = tmp_path / "report.html", tmp_path / "latest.html"
    file.write_text("before")
    file.chmod(0o640)
    link.symlink_to(file)
    write_whole(link, "基金")
    assert file.read_text(encoding="utf-8") == "基金"
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "text")
    reader.join(timeout=60)
    assert read == ["text"]
    assert pipe.is_fifo()
