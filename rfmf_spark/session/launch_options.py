"""The options of Spark that a session of our own starts with, where others have said theirs too.

Under spark-submit the platform's word counts: what its command line, ``spark-defaults.conf`` or a
file of properties sets stays as it is. Lists and options of Java are joined, ours before theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from pyspark.sql import SparkSession

_LISTS = (
    "spark.sql.extensions",
    "spark.jars.packages",
    "spark.plugins",
    "spark.extraListeners",
    "spark.sql.queryExecutionListeners",
)
# Spark puts the first before the second, so that what is in the second counts.
_EXECUTOR_JAVA = ("spark.executor.defaultJavaOptions", "spark.executor.extraJavaOptions")
_JAVA = (*_EXECUTOR_JAVA, "spark.driver.defaultJavaOptions", "spark.driver.extraJavaOptions")
# What the driver's JVM and its jars were before our first word: only spark-submit can say it.
_FIXED_AT_SUBMISSION = (
    "spark.driver.cores",
    "spark.driver.defaultJavaOptions",
    "spark.driver.extraClassPath",
    "spark.driver.extraJavaOptions",
    "spark.driver.extraLibraryPath",
    "spark.driver.memory",
    "spark.driver.memoryOverhead",
    "spark.jars.packages",
    "spark.submit.deployMode",
)
_JOINED_UNDER_SUBMIT = {*_LISTS, *_JAVA} - {*_FIXED_AT_SUBMISSION}
# What spark-submit says of the master where nobody has named one.
_NO_MASTER = "local[*]"


@dataclass(frozen=True)
class LaunchOptions:
    """What a session is started with, and what became of our options under spark-submit.

    ``given`` are handed to Spark. ``in_effect`` tells the options that came to something else than
    we asked for, None where to nothing; ``overruled`` are the names of those that the platform
    decides alone.
    """

    given: Mapping[str, str]
    in_effect: Mapping[str, str | None] = field(default_factory=dict)
    overruled: tuple[str, ...] = ()


def join_options(first: Mapping[str, str], later: Mapping[str, str]) -> dict[str, str]:
    """All options, of which the later ones count; lists and options of Java hold what both say."""
    joined = {**first, **later}
    for name in first.keys() & later.keys():
        if name in _LISTS:
            joined[name] = _join_lists(first[name], later[name])
        elif name in _JAVA:
            joined[name] = f"{first[name]} {later[name]}".strip()
    return joined


def settle_options(
    ours: Mapping[str, str], submitted: Mapping[str, str], script: str
) -> LaunchOptions:
    """What is left for us to say after spark-submit, which calls an application by its script."""
    unsaid = {"spark.master": _NO_MASTER, "spark.app.name": script}
    theirs = {name: value for name, value in submitted.items() if unsaid.get(name) != value}
    free = {name: value for name, value in ours.items() if name not in _FIXED_AT_SUBMISSION}
    wanted = _before_theirs(free, theirs)
    joined = join_options(wanted, theirs)
    given = {name: joined[name] for name in wanted if joined[name] != theirs.get(name)}
    effective = theirs | given
    in_effect = {
        name: effective.get(name)
        for name in (ours.keys() | wanted.keys()) - {"spark.app.name"}
        if effective.get(name) != ours.get(name)
    }
    decided_alone = in_effect.keys() & ours.keys() - _JOINED_UNDER_SUBMIT
    return LaunchOptions(given, in_effect, tuple(sorted(decided_alone)))


def _before_theirs(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """Our options, those of the executors' Java where Spark reads them before all of theirs."""
    default, extra = _EXECUTOR_JAVA
    if default not in theirs or extra not in ours:
        return dict(ours)
    moved = {name: value for name, value in ours.items() if name != extra}
    return moved | {default: f"{ours.get(default, '')} {ours[extra]}".strip()}


def _join_lists(first: str, later: str) -> str:
    parts = [part.strip() for part in f"{first},{later}".split(",")]
    return ",".join(dict.fromkeys(part for part in parts if part))


_remembered: WeakKeyDictionary[SparkSession, LaunchOptions] = WeakKeyDictionary()


def remember_launch(spark: SparkSession, options: LaunchOptions) -> None:
    """Say what a session was started with."""
    _remembered[spark] = options


def launch_of(spark: SparkSession) -> LaunchOptions:
    """What a session of our own was started with; nothing is known of the sessions of others."""
    return _remembered.get(spark, LaunchOptions({}))
