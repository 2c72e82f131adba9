"""The run lock: one run at a time per output root.

On a local path the operating system keeps the lock (``file_lock.py``) and drops it with the
process. In an object store it is a row of a Delta table (``table_lock.py``), which outlives a
process that was killed: the next attempt of the same run takes it back at once, any other when
nobody has signed it for long, and an operator by ``unlocking.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Literal

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession, is_remote

from rfmf_spark.errors import ConfigurationError, RunInProgressError
from rfmf_spark.session.paths import is_local, local_path
from rfmf_spark.tables.file_lock import HeldByAnotherError, held_file, lock_file
from rfmf_spark.tables.lock_holder import LockHolder
from rfmf_spark.tables.store import TableStore
from rfmf_spark.tables.table_lock import find_row_holder, held_row, release_row

StillHeld = Callable[[], None]
LockKind = Literal["auto", "file", "table"]


@contextlib.contextmanager
def run_lock(
    store: TableStore,
    spark: SparkSession,
    task: str,
    *,
    run_id: str | None = None,
    take_from: str | None = None,
    kind: LockKind = "auto",
    stale_minutes: int = 30,
) -> Iterator[StillHeld]:
    """Hold the lock of a store for the block. Raises ``RunInProgressError`` when it is taken.

    With ``run_id`` it is taken back from an earlier attempt of that run, unless that attempt lives
    on this computer; ``take_from`` names any holder who loses it.

    Call what the block is given before whatever would mix with the rows of another, and right
    before publishing: it raises ``RunInProgressError`` when the lock has been lost in the meantime.
    """
    holder = LockHolder.here(task)
    try:
        if is_in_table(store, kind):
            taken_back = take_from or _killed_attempt(store, run_id)
            with held_row(store, spark, holder, stale_minutes, taken_back) as who_holds:
                yield lambda: _require_own(store, holder, who_holds())
        else:
            with held_file(local_path(store.root), holder) as is_held:
                _require_shared_folder(store, spark)
                yield lambda: _require_own(store, holder, str(holder) if is_held() else None)
    except HeldByAnotherError as held:
        raise RunInProgressError(
            f"another run holds the lock of {store.root} ({held}); wait for it to end, or use "
            f"another output.root"
        ) from held


def is_in_table(store: TableStore, kind: LockKind) -> bool:
    """Whether the lock is a row of a table. Raises ``ConfigurationError`` for a file elsewhere."""
    if kind == "file" and not is_local(store.root):
        raise ConfigurationError(
            f"output.lock is 'file', but {store.root} is not a local path; use 'auto' or 'table'"
        )
    return kind == "table" or not is_local(store.root)


def release_killed(store: TableStore, spark: SparkSession, run_id: str, kind: LockKind) -> None:
    """Let go of what a killed attempt of a run still holds, where nothing is left to be done."""
    if is_in_table(store, kind) and (killed := _killed_attempt(store, run_id)) is not None:
        release_row(store, spark, killed)


def _killed_attempt(store: TableStore, run_id: str | None) -> str | None:
    """The holder of the lock, if it is an attempt of that run and not known to be alive."""
    text = find_row_holder(store) if run_id is not None else None
    holder = LockHolder.parse(text) if text is not None else None
    if run_id is None or holder is None or not holder.makes(run_id) or holder.is_alive_here():
        return None
    return text


def _require_own(store: TableStore, holder: LockHolder, now: str | None) -> None:
    if now != str(holder):
        by = f"; {now} has it now" if now else ", by rfmf unlock or by hand"
        raise RunInProgressError(
            f"the lock of {store.root} was taken from {holder}{by}: nothing was published; see "
            f"rfmf runs for what came in between, and run again"
        )


def _require_shared_folder(store: TableStore, spark: SparkSession) -> None:
    """Over Spark Connect another computer may write the tables than the one that locks them."""
    if not is_remote():
        return
    folder = local_path(store.root)
    try:
        spark.read.text(str(lock_file(folder))).schema  # noqa: B018
    except AnalysisException as cause:
        raise ConfigurationError(
            f"output.root is {folder}, a folder of this computer that the Spark Connect server "
            f"does not see; give a folder that both see, or a URI such as hdfs://… or s3a://…"
        ) from cause
