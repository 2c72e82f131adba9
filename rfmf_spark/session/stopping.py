"""Being told to stop: SIGTERM and Ctrl-C end a run in order, recorded and with its lock released.

The signal raises an error in whatever the main thread is doing. A call to the JVM that it breaks
off ends with an error of the gateway instead, so that the request is also remembered here. Over
Spark Connect nothing is raised: an error inside a call can leave its locks behind. There the server
is asked to break off what it computes, which ends the call. Under spark-submit the JVM passes its
signal on to us (``driver_jvm.py``).
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pyspark.sql import SparkSession, is_remote

from rfmf_spark.errors import RunAbortedError
from rfmf_spark.session.platform import java_has_ended

_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_told_to_stop = threading.Event()
_cannot_stop = threading.Event()
_without_java = threading.Event()


def was_told_to_stop() -> bool:
    """Whether a signal has asked the current block of ``stop_on_signals`` to end."""
    return _told_to_stop.is_set()


def stop_where_told() -> None:
    """Raise ``RunAbortedError`` where a signal came but its error was lost in some library."""
    if was_told_to_stop():
        raise RunAbortedError("told to stop (SIGTERM or Ctrl-C)")


def stop_without_java() -> None:
    """End the current block of ``stop_on_signals``, or this process, for Spark's JVM has gone."""
    _without_java.set()
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def not_stopping() -> Iterator[None]:
    """A block that signals come too late for: what it commits would be there, or not, by chance."""
    _cannot_stop.set()
    try:
        yield
    finally:
        _cannot_stop.clear()


@contextmanager
def stop_on_signals(spark: SparkSession) -> Iterator[None]:
    """Let the first SIGTERM or Ctrl-C end the block, by ``RunAbortedError`` or a cancelled query.

    Enter it when the Spark session is there, which sets a handler of its own for Ctrl-C. Outside
    the main thread, where Python handles no signals, the block runs without.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if _told_to_stop.is_set() or _cannot_stop.is_set():
            return
        if _without_java.is_set():
            logging.disable()
            raise java_has_ended()
        _told_to_stop.set()
        if is_remote():
            threading.Thread(target=spark.interruptAll, daemon=True).start()
            return
        # The gateway to the JVM would print the trace of the call that breaks off.
        logging.disable()
        stop_where_told()

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        logging.disable(logging.NOTSET)
        _told_to_stop.clear()
        _without_java.clear()
