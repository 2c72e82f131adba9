"""The run lock elsewhere: a row of a Delta table, changed by conditional updates.

Of two that try at once, one conflicts. Its holder signs at intervals; a row that nobody has signed
for long can be taken over, and so can one of a holder that the caller names.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from pyspark.sql import Row, SparkSession

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.tables.file_lock import HeldByAnotherError
from rfmf_spark.tables.lock_holder import LockHolder
from rfmf_spark.tables.store import TableStore

_TABLE = "_lock"
_S3_SCHEMES = ("s3:", "s3a:", "s3n:")
_S3_LOG_STORE = "spark.delta.logStore.{scheme}.impl"
_MISSING = ("NOT_FOUND", "MISSING_DELTA", "DOES_NOT_EXIST")


@contextlib.contextmanager
def held_row(
    store: TableStore,
    spark: SparkSession,
    holder: LockHolder,
    stale_minutes: int,
    take_from: str | None = None,
) -> Iterator[Callable[[], str | None]]:
    """Hold the lock of a store for the block, which is given who has it now.

    ``take_from`` is a holder from whom it is taken at once. Raises ``HeldByAnotherError``, and
    ``ConfigurationError`` where two writers could overwrite each other.
    """
    _require_arbitration(store, spark)
    table = _identifier(store)
    spark.sql(
        f"CREATE TABLE IF NOT EXISTS {table} (name STRING, owner STRING, signed_at TIMESTAMP) "
        f"USING delta TBLPROPERTIES ('delta.isolationLevel' = 'Serializable')"
    )
    owner = _literal(str(holder))
    stale = f"held.signed_at < current_timestamp() - INTERVAL {stale_minutes} MINUTES"
    named = "" if take_from is None else f" OR held.owner = {_literal(take_from)}"
    _commit(
        spark,
        f"MERGE INTO {table} AS held USING (SELECT 'run' AS name) AS wanted "
        f"ON held.name = wanted.name "
        f"WHEN MATCHED AND (held.owner IS NULL OR {stale}{named}) THEN UPDATE SET "
        f"owner = {owner}, signed_at = current_timestamp() "
        f"WHEN NOT MATCHED THEN INSERT (name, owner, signed_at) "
        f"VALUES ('run', {owner}, current_timestamp())",
    )
    now = find_row_holder(store)
    if now != str(holder):
        raise HeldByAnotherError(now or "nobody any more")
    signing = f"UPDATE {table} SET signed_at = current_timestamp() WHERE {_is_held_by(str(holder))}"
    done = threading.Event()
    # A third of the limit: two signatures may fail before anybody may take over.
    pause = stale_minutes * 60 / 3
    signer = threading.Thread(target=_sign_until, args=(done, pause, spark, signing), daemon=True)
    signer.start()
    try:
        yield lambda: find_row_holder(store)
    finally:
        done.set()
        signer.join()
        # Spark may have ended; what the block came to must not be hidden, and the row grows stale.
        with contextlib.suppress(Exception):
            release_row(store, spark, str(holder))


def find_row_holder(store: TableStore) -> str | None:
    """Who holds the lock of a store, None where nobody does. Nothing is written."""
    row = find_row(store)
    return None if row is None else row["owner"]


def find_row(store: TableStore) -> Row | None:
    """The row of the lock: ``owner`` and ``signed_at``; None where nobody has ever held it."""
    try:
        rows = store.read(_TABLE).where("name = 'run'").collect()
    except Exception as cause:
        # Classic Spark looks for the table at once, Spark Connect with the first row.
        if any(mark in str(cause) for mark in _MISSING):
            return None
        raise
    return rows[0] if rows else None


def release_row(store: TableStore, spark: SparkSession, holder: str) -> None:
    """Let go of a lock, if that holder still has it."""
    spark.sql(f"UPDATE {_identifier(store)} SET owner = NULL WHERE {_is_held_by(holder)}")


def _identifier(store: TableStore) -> str:
    return f"delta.`{store.location(_TABLE)}`"


def _is_held_by(holder: str) -> str:
    return f"name = 'run' AND owner = {_literal(holder)}"


def _sign_until(done: threading.Event, pause: float, spark: SparkSession, signing: str) -> None:
    while not done.wait(pause):
        with contextlib.suppress(Exception):
            spark.sql(signing)


def _commit(spark: SparkSession, statement: str) -> None:
    try:
        spark.sql(statement)
    except Exception as cause:
        if "CONCURRENT" in str(cause).upper():
            raise HeldByAnotherError("another run that started at the same moment") from cause
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
