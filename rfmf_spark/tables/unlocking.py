"""Taking the lock of a root from whoever holds it, by an operator: one more event, with a reason.

A run that lives on in spite of it finds out before it writes again, and publishes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from pyspark.sql import SparkSession

from rfmf_spark.config.sections.output import OutputSettings
from rfmf_spark.errors import ConfigurationError, RunInProgressError
from rfmf_spark.session.account import account, who
from rfmf_spark.session.paths import local_path
from rfmf_spark.tables.file_lock import find_file_holder, remove_lock_file
from rfmf_spark.tables.lock import is_in_table, run_lock
from rfmf_spark.tables.lock_holder import LockHolder
from rfmf_spark.tables.runs import close_abandoned_runs, events_of, record_event
from rfmf_spark.tables.store import RunKey, TableStore
from rfmf_spark.tables.table_lock import find_row


class Lock(NamedTuple):
    """Who has a lock, in words; where it is signed, when that was last; whether the holder lives.

    ``lives`` says how it is known: the system of this computer, or the lock itself, tells.
    """

    holder: str
    signed: str = ""
    lives: str = ""

    def __str__(self) -> str:
        return self.holder + (f", signed last {self.signed}" if self.signed else "")


def unlock(
    spark: SparkSession,
    store: TableStore,
    output: OutputSettings,
    reason: str | None,
    *,
    force: bool = False,
) -> Lock | None:
    """Take the lock from whoever holds it, and record who did, and why; None where nobody does.

    Raises ``RunInProgressError`` where the holder plainly lives, unless ``force`` is given, and
    ``ConfigurationError`` without a reason.
    """
    lock = find_lock(store, output)
    if lock is None:
        return None
    if lock.lives and not force:
        raise RunInProgressError(
            f"the lock of {store.root} is held by {lock}, and {lock.lives}; stop it first, or "
            f"take the lock all the same by --force, and it will publish nothing"
        )
    if not reason:
        raise ConfigurationError(
            f"the lock of {store.root} is held by {lock}; to take it away give --reason TEXT, "
            f"which is recorded in the table runs"
        )
    if not is_in_table(store, output.lock):
        remove_lock_file(local_path(store.root))
    minutes = output.lock_stale_minutes
    with run_lock(
        store,
        spark,
        f"unlock by {account()}",
        take_from=lock.holder,
        kind=output.lock,
        stale_minutes=minutes,
    ):
        run = _run_of(store, lock.holder)
        close_abandoned_runs(store, spark=spark)
        # An argument may hold bytes that are no characters of the encoding around.
        why = reason.encode(errors="backslashreplace").decode()
        details = {"reason": f"lock taken by {who()} from {lock}: {why}"}
        record_event(store, run, "unlocked", spark=spark, details=details)
    return lock


def find_lock(store: TableStore, output: OutputSettings) -> Lock | None:
    """Who holds the lock of a root, and what is known of that; None where nobody does."""
    if not is_in_table(store, output.lock):
        holder = find_file_holder(local_path(store.root))
        return None if holder is None else Lock(holder, lives="the system says that it lives")
    row = find_row(store)
    if row is None or row["owner"] is None:
        return None
    parsed = LockHolder.parse(row["owner"])
    is_alive = parsed is not None and parsed.is_alive_here()
    lives = "that process of this computer lives" if is_alive else ""
    return Lock(row["owner"], f"{row['signed_at']:%Y-%m-%d %H:%M:%S}", lives)


def _run_of(store: TableStore, holder: str) -> RunKey | None:
    """The run that held the lock, or that the holder's task was about, where it has begun."""
    parsed = LockHolder.parse(holder)
    events = events_of(store, parsed.named_run) if parsed is not None else []
    return RunKey(events[-1]["as_of"], events[-1]["run_id"]) if events else None
