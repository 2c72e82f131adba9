"""The driver's JVM, where it is not ours alone: the one place that asks more than Connect has.

Under spark-submit the JVM is older than this process, knows what spark-submit was told, and gets
the signals that are meant for us. A cluster may end what it runs. Nothing of that comes by way of a
session.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable
from typing import Any

from pyspark.sql import is_remote

# Hadoop runs what is registered for the end of a JVM by priority, one after the other. Spark stops
# itself at 40; by then this process must have been told, and have ended.
_TELL_AT, _WAIT_AT = 61, 60
# Long enough for a last commit; whoever sent the signal kills sooner, or not at all.
_LONGEST_WAIT_SECONDS = 120


def submitted_options() -> dict[str, str]:
    """What spark-submit has set, by its arguments or its files; the JVM keeps it as properties."""
    from pyspark import SparkConf

    _jvm()
    return dict(SparkConf().getAll())


def end_before_jvm() -> None:
    """Let the JVM, when it is told to end, send us SIGTERM first, and wait until we have ended.

    By itself it would stop Spark at once, and leave us without what records the end of a run.
    """
    # A JVM that does not take this ends as ever; the next run finds the one that it broke off.
    with contextlib.suppress(Exception):
        jvm = _jvm()
        this_process = jvm.java.lang.ProcessHandle.of(os.getpid()).get()
        tell = _runnable(jvm, "java.lang.ProcessHandle", "destroy", this_process)
        ended = this_process.onExit()
        wait = _runnable(jvm, "java.util.concurrent.CompletableFuture", "get", ended)
        hooks = jvm.org.apache.hadoop.util.ShutdownHookManager.get()
        limit = (_LONGEST_WAIT_SECONDS, jvm.java.util.concurrent.TimeUnit.SECONDS)
        hooks.addShutdownHook(tell, _TELL_AT, *limit)
        hooks.addShutdownHook(wait, _WAIT_AT, *limit)


def when_jvm_has_gone(call: Callable[[], None], pipe: int = 0) -> None:
    """Call it in a thread of its own when the JVM has ended without telling us (SIGKILL).

    The JVM holds the other end of the ``pipe``, which is our standard input.
    """
    poll = select.poll()
    poll.register(pipe, 0)

    def wait() -> None:
        if any(event & select.POLLHUP for _, event in poll.poll()):
            call()

    threading.Thread(target=wait, daemon=True).start()


def spark_has_stopped() -> bool:
    """Whether a classic session was ended under us, as by a cluster that kills its application."""
    if is_remote():
        return False
    from pyspark import SparkContext

    # Where the JVM itself has gone there is nothing left to ask, and the failure says so.
    with contextlib.suppress(Exception):
        context = SparkContext._active_spark_context
        return context is not None and bool(context._jsc.sc().isStopped())
    return False


def _jvm() -> Any:
    from pyspark import SparkContext

    SparkContext._ensure_initialized()
    return SparkContext._jvm


def _runnable(jvm: Any, class_name: str, method: str, of: Any) -> Any:
    """A method without arguments of a Java object, as what Java runs."""
    named = jvm.java.lang.Class.forName
    (found,) = [
        candidate
        for candidate in named(class_name).getMethods()
        if candidate.getName() == method and candidate.getParameterCount() == 0
    ]
    invoke = jvm.java.lang.invoke
    handle = invoke.MethodHandles.publicLookup().unreflect(found).bindTo(of)
    return invoke.MethodHandleProxies.asInterfaceInstance(named("java.lang.Runnable"), handle)
