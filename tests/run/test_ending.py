"""When an attempt at a run leaves an end marker, and what that says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import (
    ConfigurationError,
    EndUnknownError,
    InputRefusedError,
    RunAbortedError,
    RunInProgressError,
)
from rfmf_spark.run.ended import read_end
from rfmf_spark.run.ending import marked_attempt
from rfmf_spark.tables.end_markers import EndMarker, LocalMarkers


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root that a run has been in."""
    (tmp_path / "_rfmf.lock").touch()
    return tmp_path


def attempt_that_fails(
    root: Path | str, cause: BaseException, *, begins: bool = True, run_id: str | None = "r1"
) -> list[str]:
    """What is told of an attempt that ends by an error."""
    told: list[str] = []

    def fail() -> None:
        with marked_attempt(str(root), run_id, None, told.append) as attempt:
            attempt.progress.current = "start" if begins else ""
            raise cause

    with pytest.raises(type(cause)):
        fail()
    return told


@pytest.mark.parametrize(
    ("cause", "begins", "status", "code"),
    [
        (ConfigurationError("no such setting"), False, "refused", 2),
        (RunInProgressError("another run"), False, "refused", 4),
        (InputRefusedError("no rows"), True, "failed", 3),
        (RunAbortedError("told to stop"), True, "aborted", 1),
        (KeyboardInterrupt(), True, "aborted", 1),
        (SystemExit(143), True, "aborted", 143),
        (OSError(28, "No space left on device"), True, "failed", 1),
        (ZeroDivisionError("of user 4711"), True, "failed", 1),
    ],
)
def test_every_end_is_told_with_its_code(
    cause: BaseException, begins: bool, status: str, code: int, root: Path
) -> None:
    assert attempt_that_fails(root, cause, begins=begins) == []
    marker = LocalMarkers(root).read("r1")
    assert marker is not None
    assert (marker.status, marker.exit_code) == (status, code)
    assert "4711" not in marker.to_json()


def test_of_several_errors_the_first_one_counts(root: Path) -> None:
    with marked_attempt(str(root), "r1", None, print) as attempt:
        attempt.fail(InputRefusedError("no rows"))
        attempt.fail(OSError("while Spark was stopping"))
    assert read_end(Settings(), str(root), "r1", None).exit_code == 3


def test_an_earlier_attempts_end_is_not_taken_for_that_of_this_one(root: Path) -> None:
    markers = LocalMarkers(root)
    markers.write(EndMarker("r1", "complete", 0, "done", "yesterday"))
    with marked_attempt(str(root), "r1", None, print):
        with pytest.raises(EndUnknownError, match=r"an attempt has begun.*wait for its end"):
            read_end(Settings(), str(root), "r1", None)
        with pytest.raises(EndUnknownError, match="there is no end marker"):
            read_end(Settings(), str(root), "r2", None)


def test_nor_is_one_that_cannot_be_read(root: Path) -> None:
    folder = root / "_rfmf_ended"
    folder.mkdir()
    (folder / "r1.json").write_text("{}")
    with pytest.raises(EndUnknownError, match="cannot be read"):
        read_end(Settings(), str(root), "r1", None)
    attempt_that_fails(root, InputRefusedError("no rows"))
    assert read_end(Settings(), str(root), "r1", None).exit_code == 3


def test_two_ids_that_share_a_file_name_are_told_apart(root: Path) -> None:
    attempt_that_fails(root, InputRefusedError("no rows"), run_id="a:1")
    with pytest.raises(EndUnknownError, match="run a_1: there is no end marker"):
        read_end(Settings(), str(root), "a_1", None)


def test_a_folder_that_no_run_has_been_in_stays_as_it_is(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        assert attempt_that_fails(folder, ConfigurationError("mistaken"), begins=False) == []
    assert list(tmp_path.iterdir()) == []


def test_an_attempt_without_a_root_or_an_id_leaves_no_marker(root: Path) -> None:
    attempt_that_fails(root, ConfigurationError("mistaken"), run_id=None)
    with pytest.raises(ConfigurationError), marked_attempt(None, "r1", None, print):
        raise ConfigurationError("output.root is not set")
    assert [entry.name for entry in root.iterdir()] == ["_rfmf.lock"]


def test_a_marker_that_cannot_be_written_is_told_and_changes_nothing_else(root: Path) -> None:
    (root / "_rfmf_ended").write_text("in the way")
    (told, *_) = attempt_that_fails(root, InputRefusedError("no rows"))
    assert told.startswith("End marker: not written, [Errno ")
    assert told.endswith("rfmf runs tells how runs have ended")


def test_nor_does_a_standard_output_that_is_closed(root: Path) -> None:
    (root / "_rfmf_ended").write_text("in the way")

    def tell(text: str) -> None:
        raise BrokenPipeError

    with (
        pytest.raises(InputRefusedError, match="no rows"),
        marked_attempt(str(root), "r1", None, tell),
    ):
        raise InputRefusedError("no rows")


def test_a_root_that_only_spark_reaches_gets_none_where_spark_does_not_start() -> None:
    (told,) = attempt_that_fails("s3a://bucket/out", ConfigurationError("no Java"), begins=False)
    assert "without Spark s3a://bucket/out cannot be reached" in told


def test_a_stage_is_judged_by_its_own_end_or_that_of_the_whole_run(root: Path) -> None:
    markers = LocalMarkers(root)
    markers.write(EndMarker("r1", "waiting", 0, "done", "now", stage="clean"))
    assert read_end(Settings(), str(root), "r1", "clean").exit_code == 0
    with pytest.raises(EndUnknownError, match="tells of stage clean, not of stage features"):
        read_end(Settings(), str(root), "r1", "features")
    markers.write(EndMarker("r1", "complete", 0, "done", "now", stage="assign"))
    assert read_end(Settings(), str(root), "r1", "features").exit_code == 0
