"""Reading how a run has ended, for whoever judges it from outside. Importable without pyspark."""

from __future__ import annotations

import os

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import EndUnknownError
from rfmf_spark.session.paths import is_local, local_path
from rfmf_spark.tables.end_markers import RUNNING, EndMarker, LocalMarkers, marker_place


def read_end(settings: Settings, root: str, run_id: str, stage: str | None) -> EndMarker:
    """The marker of a run that has ended; with ``stage`` by that job, or with all of it complete.

    Raises ``EndUnknownError`` where no marker tells that.
    """
    place = marker_place(root, run_id)
    try:
        marker = _read(settings, root, run_id)
    except (OSError, ValueError) as cause:
        raise EndUnknownError(
            f"run {run_id}: its end marker {place} cannot be read ({cause}); rfmf runs tells how "
            f"runs have ended"
        ) from cause
    if marker is None or marker.run_id != run_id:
        raise EndUnknownError(
            f"run {run_id}: there is no end marker {place}: the run never began, or was killed, or "
            f"output.root is another one; see the scheduler's log, and rfmf runs"
        )
    if marker.status == RUNNING:
        raise EndUnknownError(
            f"run {run_id}: {marker.reason}, at {marker.at}; wait for its end, or run it again"
        )
    if stage is not None and not _tells_of(marker, stage):
        raise EndUnknownError(
            f"run {run_id}: its end marker tells of stage {marker.stage or 'none'}, not of stage "
            f"{stage}, which never began, or was killed; see the scheduler's log"
        )
    return marker


def _tells_of(marker: EndMarker, stage: str) -> bool:
    return marker.stage == stage or marker.status == "complete"


def _read(settings: Settings, root: str, run_id: str) -> EndMarker | None:
    if is_local(root):
        marker = LocalMarkers(local_path(root)).read(run_id)
        # There a path without a scheme may be one of a cluster.
        if marker is not None or "HADOOP_CONF_DIR" not in os.environ:
            return marker
    from rfmf_spark.session.spark_session import spark_session
    from rfmf_spark.tables.engine_markers import EngineMarkers
    from rfmf_spark.tables.store import qualify

    with spark_session(settings) as spark:
        reached = qualify(spark, root)
        return None if is_local(reached) else EngineMarkers(spark, reached).read(run_id)
