"""The driver's JVM under spark-submit: the one place that asks more of it than Spark Connect has.

There, and only there, the JVM is older than this process, knows what spark-submit was told, and
gets signals of its own. Neither has a way through a session.
"""

from __future__ import annotations


def submitted_options() -> dict[str, str]:
    """What spark-submit has set, by its arguments or its files; the JVM keeps it as properties."""
    from pyspark import SparkConf, SparkContext

    SparkContext._ensure_initialized()
    return dict(SparkConf().getAll())
