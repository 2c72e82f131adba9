"""What systems and engines say of a want of room, memory or threads is told in one line of ours."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import (
    ConfigurationError,
    EnvironmentMismatchError,
    PlatformFailedError,
    RfmfError,
)
from rfmf_spark.session.platform import lacks_room, platform_cause, telling_platform_failures

SPILL = "Generic LocalFileSystem error: Unable to copy data to file: {} (os error {})"


def settings_of(root: Path) -> Settings:
    return Settings.model_validate({"output": {"root": str(root)}})


def told(failure: BaseException, root: Path) -> str:
    found = platform_cause(failure, settings_of(root))
    assert isinstance(found, PlatformFailedError)
    assert found.exit_code == 1
    return str(found)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_disk_that_takes_no_more_is_told_with_what_is_left(number: int, tmp_path: Path) -> None:
    said = os.strerror(number)
    for failure in (OSError(number, said), RuntimeError(SPILL.format(said, number))):
        message = told(failure, tmp_path / "not" / "there")
        assert said in message
        assert f"output.root {tmp_path / 'not' / 'there'} has " in message
        assert "temporary files " in message
        assert "\n" not in message


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [
        (MemoryError(), "ulimit -v"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "ulimit -n"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
        (RuntimeError("java.lang.OutOfMemoryError: unable to create native thread"), "ulimit -u"),
        (RuntimeError("java.lang.OutOfMemoryError: Java heap space"), r"spark.driver.memory"),
        (RuntimeError("Answer from Java side is empty"), "Java process has ended"),
        (ConnectionRefusedError(111, "Connection refused"), "Java process has ended"),
    ],
)
def test_what_else_runs_out_is_told_with_its_remedy(
    failure: BaseException, remedy: str, tmp_path: Path
) -> None:
    assert remedy in told(failure, tmp_path)


def test_the_pool_of_the_embedded_engine_is_told_with_its_size(tmp_path: Path) -> None:
    said = (
        "Failed to allocate additional 4.6 KB for SingleHashAggregateStream[1] - 2.1 KB remain "
        "available for the total memory pool: fair(pool_size: 100.0 KB)"
    )
    message = told(RuntimeError(said), tmp_path)
    assert "a pool of 100.0 KB" in message
    assert "session.embedded_memory" in message
    assert "Stream" not in message


def test_what_java_keeps_apart_is_looked_at_too(tmp_path: Path) -> None:
    failure = RuntimeError("[TASK_WRITE_FAILED] Task failed while writing rows")
    failure._stackTrace = "Caused by: java.io.IOException: No space left on device"  # type: ignore[attr-defined]
    assert "a disk or its quota is full" in told(failure, tmp_path)


def test_a_folder_of_somebody_else_is_a_matter_of_the_settings(tmp_path: Path) -> None:
    found = platform_cause(
        PermissionError(errno.EACCES, "Permission denied"), settings_of(tmp_path)
    )
    assert isinstance(found, ConfigurationError)
    assert f"under output.root {tmp_path}, temporary files " in str(found)


def test_a_computer_without_any_folder_for_temporary_files_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.gettempdir", refuse)
    with pytest.raises(FileNotFoundError) as failure:
        tempfile.gettempdir()
    found = platform_cause(failure.value, settings_of(tmp_path))
    assert isinstance(found, EnvironmentMismatchError)
    assert "set TMPDIR" in str(found)
    full = told(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), tmp_path / "root")
    assert "MiB left); make room" in full


def test_an_input_that_cannot_be_read_is_not_taken_for_a_want_of_room() -> None:
    assert lacks_room(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert not lacks_room(OSError(errno.EIO, os.strerror(errno.EIO)))
    assert not lacks_room(PermissionError(errno.EACCES, "Permission denied"))


def test_a_place_that_is_gone_does_not_hide_the_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(place: Path) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr("shutil.disk_usage", stale)
    assert "cannot be looked at (Stale file handle)" in told(
        OSError(28, "No space left on device"), tmp_path
    )


def test_only_what_is_known_goes_on_as_an_error_of_ours(tmp_path: Path) -> None:
    for failure in (ZeroDivisionError("x"), RfmfError("ours: No space left on device")):
        with pytest.raises(type(failure)), telling_platform_failures(settings_of(tmp_path)):
            raise failure
    with pytest.raises(PlatformFailedError), telling_platform_failures(settings_of(tmp_path)):
        raise MemoryError
