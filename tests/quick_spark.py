"""How the JVMs of tests are started: options for short lives, and classes from an archive.

The archive spares a JVM the reading and checking of jars. It is made once, by a Spark that does a
little of everything, and kept in ``build/`` until Java or pyspark is another.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark

from rfmf_spark.session.spark_session import DELTA_PACKAGE
from tests.wheel import CHECKOUT

SPARK_HOME = Path(pyspark.__file__).parent
DELTA_CATALOG = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
# What a few rows need, whoever starts the Spark: what was compiled is kept, partitions are few.
_FEW_ROWS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.cache.maxEntries": "5000",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.ui.enabled": "false",
}
# One quick compiler, one thread for garbage: right for a JVM that lives for seconds, or plans most.
_QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
_FOLDER = CHECKOUT / "build" / "tests"
_SCRIPT = """
import sys
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
rows = spark.range(9).withColumn("part", F.col("id") % 2)
rows.write.format("delta").partitionBy("part").save(sys.argv[1])
read = spark.read.format("delta").load(sys.argv[1])
parts = read.groupBy("part").agg(F.count("*"), F.max("id"))
parts.join(read, "part").orderBy("id").toPandas()
spark.stop()
"""


def quick_spark() -> dict[str, str]:
    """Settings for any Spark of tests."""
    return {"spark.driver.extraJavaOptions": quick_java(), **_FEW_ROWS}


@functools.cache
def quick_java() -> str:
    """Options for any JVM of tests that has Spark's class path.

    The first process that asks makes the archive, while others wait; where it cannot be made, or
    does not fit, a JVM goes on without it.
    """
    java = _version_of_java()
    made_for = repr((java, pyspark.__version__, str(SPARK_HOME), _QUICK_JAVA, _SCRIPT))
    name = hashlib.sha256(made_for.encode()).hexdigest()[:16]
    archive = _FOLDER / f"classes-{name}.jsa"
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / "classes.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if java and not archive.exists():
            _make(archive)
    # Options are told apart by blanks.
    fits = archive.exists() and " " not in str(archive)
    return f"{_QUICK_JAVA} -XX:SharedArchiveFile={archive}" if fits else _QUICK_JAVA


def spark_environment() -> dict[str, str]:
    """The environment without a foreign Spark, and with the one that is installed."""
    foreign = ("SPARK_", "PYSPARK_", "PYTHONPATH")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    return inherited | {
        "SPARK_HOME": str(SPARK_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }


def _make(archive: Path) -> None:
    for older in _FOLDER.glob("classes-*"):
        older.unlink()
    unfinished = archive.with_suffix(".unfinished")
    options = f"{_QUICK_JAVA} -XX:ArchiveClassesAtExit={unfinished}"
    line = [str(SPARK_HOME / "bin" / "spark-submit"), "--master", "local[2]"]
    line += ["--packages", DELTA_PACKAGE, "--driver-java-options", options]
    for name, value in (DELTA_CATALOG | _FEW_ROWS).items():
        line += ["--conf", f"{name}={value}"]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(_SCRIPT)
        ended = subprocess.run(
            [*line, str(script), f"{folder}/table"],
            env=spark_environment(),
            cwd=folder,
            capture_output=True,
        )
    if ended.returncode == 0 and unfinished.exists():
        unfinished.rename(archive)


def _version_of_java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    try:
        return subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    except OSError:
        return None
