"""The run lock: one run at a time per output root.

On a local path the operating system keeps the lock (``flock``) and drops it with the process. In
an object store it is a row of a Delta table, changed by conditional updates: of two that try, one
conflicts. Its owner signs at intervals; a row that nobody has signed for long can be taken over.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession, is_remote

from rfmf_spark.errors import ConfigurationError, RunInProgressError
from rfmf_spark.session.paths import is_local, local_path
from rfmf_spark.tables.store import TableStore

StillHeld = Callable[[], None]

_LOCK_FILE = "_rfmf.lock"
_MOST_OF_OWNER = 1000
_FULL = (errno.ENOSPC, errno.EDQUOT)
_S3_SCHEMES = ("s3:", "s3a:", "s3n:")
_S3_LOG_STORE = "spark.delta.logStore.{scheme}.impl"


@contextlib.contextmanager
def run_lock(
    store: TableStore,
    spark: SparkSession,
    run_id: str,
    *,
    kind: Literal["auto", "file", "table"] = "auto",
    stale_minutes: int = 30,
) -> Iterator[StillHeld]:
    """Hold the lock of a store for the block. Raises ``RunInProgressError`` when it is taken.

    Call what the block is given right before publishing: it raises ``RunInProgressError`` when
    another run has taken over in the meantime.
    """
    if kind == "file" and not is_local(store.root):
        raise ConfigurationError(
            f"output.lock is 'file', but {store.root} is not a local path; use 'auto' or 'table'"
        )
    owner = f"{run_id} on {socket.gethostname()}, process {os.getpid()}"
    if kind == "table" or not is_local(store.root):
        with _table_lock(store, spark, owner, stale_minutes) as still_held:
            yield still_held
    else:
        with _file_lock(store, owner):
            _require_shared_folder(store, spark)
            # The operating system takes this lock from nobody.
            yield lambda: None


@contextlib.contextmanager
def _file_lock(store: TableStore, owner: str) -> Iterator[None]:
    folder = local_path(store.root)
    with _opened_lock(folder) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            holder = os.read(handle, _MOST_OF_OWNER).decode(errors="replace").strip()
            raise _taken(store, holder or "unknown") from cause
        except OSError as cause:
            raise ConfigurationError(
                f"output.root {folder}: its file system keeps no locks ({cause.strerror}), so two "
                f"runs could mix their results; mount it with locks (NFS 4, or NFS 3 with lockd on "
                f"both sides), or choose a folder of a local disk"
            ) from cause
        since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps({"owner": owner, "since": since}).encode())
        try:
            yield
        finally:
            # Of no interest any more; a disk that has failed must not hide what the run came to.
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)


@contextlib.contextmanager
def _opened_lock(folder: Path) -> Iterator[int]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as cause:
        if cause.errno in _FULL:
            raise
        raise ConfigurationError(
            f"output.root {folder} cannot be written ({cause.strerror}); choose another folder "
            f"or correct its permissions"
        ) from cause
    try:
        yield handle
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)


def _require_shared_folder(store: TableStore, spark: SparkSession) -> None:
    """Over Spark Connect another computer may write the tables than the one that locks them."""
    if not is_remote():
        return
    folder = local_path(store.root)
    try:
        spark.read.text(str(folder / _LOCK_FILE)).schema  # noqa: B018
    except AnalysisException as cause:
        raise ConfigurationError(
            f"output.root is {folder}, a folder of this computer that the Spark Connect server "
            f"does not see; give a folder that both see, or a URI such as hdfs://… or s3a://…"
        ) from cause


@contextlib.contextmanager
def _table_lock(
    store: TableStore, spark: SparkSession, owner: str, stale_minutes: int
) -> Iterator[StillHeld]:
    _require_arbitration(store, spark)
    table = f"delta.`{store.location('_lock')}`"
    spark.sql(
        f"CREATE TABLE IF NOT EXISTS {table} (name STRING, owner STRING, signed_at TIMESTAMP) "
        f"USING delta TBLPROPERTIES ('delta.isolationLevel' = 'Serializable')"
    )
    owner_literal = _literal(owner)
    stale = f"signed_at < current_timestamp() - INTERVAL {stale_minutes} MINUTES"
    _commit(
        store,
        spark,
        f"MERGE INTO {table} AS held USING (SELECT 'run' AS name) AS wanted "
        f"ON held.name = wanted.name "
        f"WHEN MATCHED AND (held.owner IS NULL OR held.{stale}) THEN UPDATE SET "
        f"owner = {owner_literal}, signed_at = current_timestamp() "
        f"WHEN NOT MATCHED THEN INSERT (name, owner, signed_at) "
        f"VALUES ('run', {owner_literal}, current_timestamp())",
    )

    def still_held() -> None:
        holder = spark.sql(f"SELECT owner FROM {table} WHERE name = 'run'").collect()[0].owner
        if holder != owner:
            raise _taken(store, holder)

    still_held()
    is_ours = f"name = 'run' AND owner = {owner_literal}"
    signing = f"UPDATE {table} SET signed_at = current_timestamp() WHERE {is_ours}"
    done = threading.Event()
    # A third of the limit: two signatures may fail before anybody may take over.
    pause = stale_minutes * 60 / 3
    signer = threading.Thread(target=_sign_until, args=(done, pause, spark, signing), daemon=True)
    signer.start()
    try:
        yield still_held
    finally:
        done.set()
        signer.join()
        spark.sql(f"UPDATE {table} SET owner = NULL WHERE {is_ours}")


def _sign_until(done: threading.Event, pause: float, spark: SparkSession, signing: str) -> None:
    while not done.wait(pause):
        with contextlib.suppress(Exception):
            spark.sql(signing)


def _commit(store: TableStore, spark: SparkSession, statement: str) -> None:
    try:
        spark.sql(statement)
    except Exception as cause:
        if "CONCURRENT" in str(cause).upper():
            raise _taken(store, "another run that started at the same moment") from cause
        raise


def _literal(text: str) -> str:
    """A text as SQL writes it; Delta's commands take no parameters."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _require_arbitration(store: TableStore, spark: SparkSession) -> None:
    """S3 lets two writers overwrite each other unless a log store arbitrates between them."""
    if not store.root.startswith(_S3_SCHEMES):
        return
    setting = _S3_LOG_STORE.format(scheme=store.root.partition(":")[0])
    if not spark.conf.get(setting, ""):
        raise ConfigurationError(
            f"output.root is {store.root}: on S3 two runs could overwrite each other; set "
            f"{setting} to a log store that arbitrates (for example Delta's S3DynamoDBLogStore)"
        )


def _taken(store: TableStore, holder: str) -> RunInProgressError:
    return RunInProgressError(
        f"another run holds the lock of {store.root} ({holder}); wait for it to end, or use "
        f"another output.root"
    )
