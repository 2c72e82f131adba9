"""An attempt at a run, from the command to its end, and the marker that tells of it.

The table ``runs`` knows what a run has done from its beginning on; an attempt may end before: with
settings that do not fit, a lock that is taken, a Spark that does not start. Importable without
pyspark, as all this may come before it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import RfmfError, RunAbortedError, first_line
from rfmf_spark.run.progress import Progress
from rfmf_spark.session.paths import is_local, local_path
from rfmf_spark.session.platform import platform_cause
from rfmf_spark.tables.end_markers import RUNNING, EndMarker, LocalMarkers, Markers

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from rfmf_spark.run.context import RunResult


class Attempt:
    """One attempt at a run: what is known of it as it goes on, and the marker of its end.

    A marker that an earlier attempt at the same run has left says ``running`` from the beginning
    on. A root that no run has been in gets none. A marker that cannot be written fails nothing:
    ``tell`` gets a line that says why.
    """

    def __init__(
        self, root: str | None, run_id: str | None, stage: str | None, tell: Callable[[str], None]
    ) -> None:
        self.run_id, self.stage = run_id, stage
        self.progress = Progress()
        self.settings: Settings | None = None
        self._root, self._tell = root, tell
        self._markers: Markers | None = None
        self._spark: SparkSession | None = None
        self._has_ended = False
        if root is not None and is_local(root):
            self._begin(LocalMarkers(local_path(root)))

    @contextlib.contextmanager
    def within(self, spark: SparkSession) -> Iterator[None]:
        """Let the marker, and what it tells of the root, come by this session where need be."""
        from rfmf_spark.tables.engine_markers import EngineMarkers
        from rfmf_spark.tables.store import qualify

        if self._root is not None:
            self._spark, self._root = spark, qualify(spark, self._root)
            if not is_local(self._root):
                self._begin(EngineMarkers(spark, self._root))
        try:
            yield
        except BaseException as cause:
            self.fail(cause)
            raise
        finally:
            self._spark = None

    def succeed(self, result: RunResult, *, is_complete: bool) -> None:
        """Mark the end of an attempt that has done what it was to do."""
        self.progress.run_id = result.run.run_id
        status = "complete" if is_complete else "waiting"
        totals = result.control_totals
        self._end(status, 0, "done", totals.users, totals.newest_trade_date)

    def fail(self, cause: BaseException) -> None:
        """Mark the end of an attempt by an error; where several are told the first one counts."""
        code, reason = tell_end(cause, self.settings)
        if isinstance(cause, RunAbortedError | KeyboardInterrupt | SystemExit):
            status = "aborted"
        else:
            status = "failed" if self.progress.current else "refused"
        self._end(status, code, reason)

    def _begin(self, markers: Markers) -> None:
        self._markers = markers
        if not self.run_id:
            return
        with self._telling_failures():
            if _has_marker(markers, self.run_id):
                reason = "an attempt has begun; it goes on, or was killed"
                begun = EndMarker(self.run_id, RUNNING, None, reason, _now(), stage=self.stage)
                markers.write(begun)

    def _end(
        self,
        status: str,
        code: int,
        reason: str,
        users: int | None = None,
        newest_trade_date: str | None = None,
    ) -> None:
        run_id = self.progress.run_id or self.run_id
        if self._has_ended or self._root is None or not run_id:
            return
        self._has_ended = True
        with self._telling_failures():
            if self._markers is None:
                raise OSError(f"without Spark {self._root} cannot be reached")
            if self._markers.has_seen_runs():
                as_of = self.settings.as_of if self.settings else None
                self._markers.write(
                    EndMarker(
                        run_id=run_id,
                        status=status,
                        exit_code=code,
                        reason=reason,
                        at=_now(),
                        as_of=as_of.isoformat() if as_of else None,
                        stage=self.stage,
                        users=users,
                        freshness=self._current() | {"newest_trade_date": newest_trade_date},
                    )
                )

    def _current(self) -> dict[str, str | None]:
        """What readers of the root see now, as far as that can be told."""
        from rfmf_spark.tables.runs import find_current_run
        from rfmf_spark.tables.store import TableStore

        run = None
        if self._spark is not None:
            with contextlib.suppress(Exception):
                run = find_current_run(TableStore(self._spark, str(self._root)))
        return {
            "current_as_of": run.as_of.isoformat() if run else None,
            "current_run": run.run_id if run else None,
        }

    @contextlib.contextmanager
    def _telling_failures(self) -> Iterator[None]:
        try:
            yield
        except Exception as cause:
            # What an engine says may be long, and quote anything. Nothing here fails the run.
            is_short = isinstance(cause, OSError | RfmfError)
            why = first_line(cause) if is_short else type(cause).__name__
            # Standard output may be closed by now.
            with contextlib.suppress(OSError):
                self._tell(f"End marker: not written, {why}; rfmf runs tells how runs have ended")


@contextlib.contextmanager
def marked_attempt(
    root: str | None, run_id: str | None, stage: str | None, tell: Callable[[str], None]
) -> Iterator[Attempt]:
    """An attempt at a run in the block; also where it fails before a session is there, it is told.

    ``root`` is where results are to be, as far as that is known; ``run_id`` as users give it.
    """
    attempt = Attempt(root, run_id, stage, tell)
    try:
        yield attempt
    except BaseException as cause:
        attempt.fail(cause)
        raise


def tell_end(cause: BaseException, settings: Settings | None = None) -> tuple[int, str]:
    """Exit code and reason of an error that ends a run."""
    if isinstance(cause, SystemExit):
        return (cause.code if isinstance(cause.code, int) else 1), "told to stop"
    if isinstance(cause, KeyboardInterrupt):
        return RunAbortedError.exit_code, "told to stop"
    error = cause if isinstance(cause, RfmfError) else platform_cause(cause, settings)
    # The text of an unknown error may quote data; its kind is enough here.
    return (error.exit_code, str(error)) if error else (1, f"unexpected {type(cause).__name__}")


def _has_marker(markers: Markers, run_id: str) -> bool:
    try:
        return markers.read(run_id) is not None
    except ValueError:
        # There is one, though nobody can read it.
        return True


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
