"""End markers of roots that only the engine reaches; see ``end_markers.py``."""

from __future__ import annotations

from pyspark.sql import SparkSession

from rfmf_spark.session.text_files import read_lines, write_line
from rfmf_spark.tables.end_markers import EndMarker, Markers, marker_place
from rfmf_spark.tables.store import TableStore


class EngineMarkers(Markers):
    """Those of a root in an object store or on HDFS."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self._spark, self._root = spark, root

    def has_seen_runs(self) -> bool:
        # Of all tables a run writes to this one first; a table of others is refused.
        return TableStore(self._spark, self._root).exists("runs")

    def read(self, run_id: str) -> EndMarker | None:
        text = read_lines(self._spark, marker_place(self._root, run_id))
        return None if text is None else EndMarker.from_json(text)

    def write(self, marker: EndMarker) -> None:
        write_line(self._spark, marker_place(self._root, marker.run_id), marker.to_json())
