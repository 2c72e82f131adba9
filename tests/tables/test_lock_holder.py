"""Who holds a lock, in words and back, and whether the holder lives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from rfmf_spark.tables.lock_holder import LockHolder

HERE = LockHolder.here("nightly")


def test_a_holder_is_told_in_words_and_read_back() -> None:
    holder = LockHolder("stage fit of a on b", "node-7", 4711, 8123456, "2026-11-29T02:00:01+00:00")
    told = "stage fit of a on b on node-7, process 4711:8123456, since 2026-11-29T02:00:01+00:00"
    assert str(holder) == told
    assert LockHolder.parse(told) == holder
    # As earlier versions wrote it.
    assert LockHolder.parse("nightly on node-7, process 1") == LockHolder(
        "nightly", "node-7", 1, None, ""
    )
    assert LockHolder.parse("somebody") is None


@pytest.mark.parametrize(
    ("task", "makes", "named"),
    [
        ("a.b", True, "a.b"),
        ("stage fit of a.b", True, "a.b"),
        ("axb", False, "axb"),
        ("rollback to a.b", False, "a.b"),
        ("sensitivity of a.b", False, "a.b"),
        ("a.b+1", False, "a.b+1"),
    ],
)
def test_only_a_run_and_its_stages_make_it(task: str, makes: bool, named: str) -> None:
    holder = replace(HERE, task=task)
    assert holder.makes("a.b") is makes
    assert holder.named_run == named


def test_a_process_of_this_computer_is_alive_until_it_ends() -> None:
    assert HERE.is_alive_here()
    assert not replace(HERE, host="another-host").is_alive_here()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        holder = replace(HERE, process=child.pid, started=None)
        assert holder.is_alive_here()
        child.kill()
        # Killed, and not waited for: the system still knows its number.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not holder.is_alive_here()
    assert not holder.is_alive_here()


@pytest.mark.skipif(HERE.started is None, reason="the system does not tell when processes began")
def test_a_later_process_with_the_same_number_is_another_one() -> None:
    assert HERE.started is not None
    assert not replace(HERE, started=HERE.started - 1).is_alive_here()


def test_the_host_is_the_one_that_the_system_names() -> None:
    assert (HERE.host, HERE.process) == (socket.gethostname(), os.getpid())
