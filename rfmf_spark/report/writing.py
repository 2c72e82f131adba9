"""Where a report goes, and what is said where it cannot be written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pyspark.sql import Row, SparkSession

from rfmf_spark.config.languages import Language
from rfmf_spark.config.requirements import require_root
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, RfmfError
from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.reading import read_report_tables
from rfmf_spark.session.files import write_whole
from rfmf_spark.session.paths import is_local, local_path
from rfmf_spark.tables.runs import require_complete_event
from rfmf_spark.tables.store import TableStore

_FOLDER = "reports"


def write_report(
    spark: SparkSession,
    settings: Settings,
    run_id: str,
    language: Language | None = None,
    out: str | None = None,
) -> Path:
    """Write the report of a complete run (an id, or ``latest``), and return its path.

    ``out`` and ``language`` win over settings.
    Raises ``ConfigurationError`` where there is no such run, or where the file has no place or
    cannot be written.
    """
    store = TableStore(spark, require_root(settings))
    event = require_complete_event(store, run_id, settings.as_of)
    file = Path(out) if out else _default_file(settings, store.root, event["run_id"])
    chosen = language or settings.report.language
    options = ReportOptions(chosen, settings.report.smallest_group)
    return _write_page(store, event, file, options, {})


def report_after_run(
    spark: SparkSession, settings: Settings, run_id: str, small_tables: Mapping[str, pd.DataFrame]
) -> str | None:
    """Write the report of a run that is complete, and tell in one line what became of it.

    Its ``small_tables`` are not read again. The run stays complete whatever happens here. None
    where reports are switched off.
    """
    if not settings.report.enabled:
        return None
    again = "the run is complete; write it again with rfmf report"
    try:
        store = TableStore(spark, require_root(settings))
        if _folder(settings, store.root) is None:
            return (
                "Report: none, output.root is not a local path; set report.folder to a local "
                "folder, or write one with rfmf report --out FILE"
            )
        event = require_complete_event(store, run_id, settings.as_of)
        file = _default_file(settings, store.root, run_id)
        options = ReportOptions(settings.report.language, settings.report.smallest_group)
        return f"Report: {_write_page(store, event, file, options, small_tables)}"
    except RfmfError as cause:
        return f"Report: not written, {cause}; {again}"
    except Exception as cause:
        # The text of an unknown error may quote data; its kind is enough here.
        return f"Report: not written, unexpected {type(cause).__name__}; {again}"


def _write_page(
    store: TableStore,
    event: Row,
    file: Path,
    options: ReportOptions,
    small_tables: Mapping[str, pd.DataFrame],
) -> Path:
    # Only a report needs the drawing library, and importing it takes a while.
    from rfmf_spark.report.rendering import render_report

    page = render_report(read_report_tables(store, event, small_tables), options)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, page)
    except OSError as cause:
        raise ConfigurationError(
            f"report {file}: cannot be written ({cause.strerror}); give a file in a writable "
            f"folder by --out, or set report.folder"
        ) from cause
    return file.absolute()


def _default_file(settings: Settings, root: str, run_id: str) -> Path:
    folder = _folder(settings, root)
    if folder is None:
        raise ConfigurationError(
            f"output.root is {root}, not a local path, and report.folder is not set; give --out "
            f"FILE or set report.folder to a local folder"
        )
    return folder / f"{run_id.replace(':', '_')}.html"


def _folder(settings: Settings, root: str) -> Path | None:
    if settings.report.folder is not None:
        return Path(settings.report.folder)
    return local_path(root) / _FOLDER if is_local(root) else None
