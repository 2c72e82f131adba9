"""Memory of a process: limits of control groups, old and new, inside containers and outside."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import EnvironmentMismatchError
from rfmf_spark.session import memory
from rfmf_spark.session.embedded import embedded_session
from rfmf_spark.session.memory import available_memory, group_limits


def limit(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n")


def groups_of(folder: Path, *lines: str) -> Path:
    (folder / "own").write_text("\n".join([*lines, ""]))
    return folder / "own"


def test_limits_of_the_groups_around_count_too(tmp_path: Path) -> None:
    limit(tmp_path / "user.slice" / "memory.max", "4096")
    limit(tmp_path / "user.slice" / "job.scope" / "memory.max", "max")
    own = groups_of(tmp_path, "0::/user.slice/job.scope")
    assert group_limits(own, tmp_path) == [4096]


def test_a_container_sees_its_own_group_at_the_root(tmp_path: Path) -> None:
    limit(tmp_path / "memory.max", "8192")
    assert group_limits(groups_of(tmp_path, "0::/"), tmp_path) == [8192]
    assert group_limits(groups_of(tmp_path, "0::/docker/4f2a"), tmp_path) == [8192]
    assert group_limits(groups_of(tmp_path, "0::/../outside"), tmp_path) == [8192]


def test_groups_of_the_first_kind_have_a_tree_per_controller(tmp_path: Path) -> None:
    limit(tmp_path / "memory" / "job" / "memory.limit_in_bytes", "1024")
    limit(tmp_path / "memory" / "memory.limit_in_bytes", "9223372036854771712")
    own = groups_of(tmp_path, "5:cpu,cpuacct:/other", "4:memory:/job", "0::/")
    assert group_limits(own, tmp_path) == [1024, 9223372036854771712]


def test_a_system_without_groups_has_no_such_limit(tmp_path: Path) -> None:
    assert group_limits(tmp_path / "missing", tmp_path) == []


def test_the_lowest_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_OWN_GROUPS", groups_of(tmp_path, "0::/"))
    monkeypatch.setattr(memory, "_GROUPS", tmp_path)
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert available_memory() == physical
    limit(tmp_path / "memory.max", str(2**29))
    assert available_memory() == 2**29
    monkeypatch.setattr("resource.getrlimit", lambda kind: (2**28, resource.RLIM_INFINITY))
    assert available_memory() == 2**28


def test_an_address_space_too_small_for_the_embedded_engine_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda kind: (2 * 2**30, resource.RLIM_INFINITY))
    settings = Settings.model_validate({"session": {"engine": "embedded"}})
    refused = r"may map 2\.0 GiB of memory \(ulimit -v\).* raise the limit"
    with pytest.raises(EnvironmentMismatchError, match=refused), embedded_session(settings):
        pass
