"""Small texts in file systems that only the engine reaches: object stores, HDFS.

Spark writes a folder with one file in it, which appears when it is whole; it is read back as one
text. Files of this computer are written by ``files.py``.
"""

from __future__ import annotations

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def write_line(spark: SparkSession, location: str, text: str) -> None:
    """Write a text without line breaks to a URI, in place of the one that is there."""
    line = spark.range(1).select(F.lit(text).alias("value"))
    line.coalesce(1).write.mode("overwrite").text(location)


def read_lines(spark: SparkSession, location: str) -> str | None:
    """The text at a URI; None where there is none."""
    try:
        # Named twice: for a single path that is missing Spark logs a stack trace.
        rows = spark.read.text([location, location]).distinct().collect()
    except AnalysisException as missing:
        if "PATH_NOT_FOUND" not in str(missing):
            raise
        return None
    return "\n".join(row["value"] for row in rows) or None
