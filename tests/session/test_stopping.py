"""Signals, and what else ends the block in which a run is at work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from unittest.mock import Mock

import pytest

from rfmf_spark.errors import PlatformFailedError, RfmfError, RunAbortedError
from rfmf_spark.session.stopping import stop_on_signals, stop_without_java, was_told_to_stop


def told_by_signal() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)


def left_by_java() -> None:
    stop_without_java()
    time.sleep(10)


@pytest.mark.parametrize(
    ("happens", "error", "said", "is_told"),
    [
        (told_by_signal, RunAbortedError, "told to stop", True),
        (left_by_java, PlatformFailedError, "Spark's Java process has ended", False),
    ],
)
def test_the_block_ends_by_an_error_that_says_who_has_ended_it(
    happens: Callable[[], None],
    error: type[RfmfError],
    said: str,
    is_told: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rfmf_spark.session.stopping.is_remote", lambda: False)
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals(Mock()):
        with pytest.raises(error, match=said):
            happens()
        assert was_told_to_stop() == is_told
    assert not was_told_to_stop()
    assert signal.getsignal(signal.SIGTERM) is before
