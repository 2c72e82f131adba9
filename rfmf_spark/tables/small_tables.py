"""Small Delta tables on a disk of this computer, written and read without Spark.

For a handful of rows Spark needs a job, the state of the table and a commit of its own: a second or
more, a dozen times in a run. The package ``deltalake`` does the same in milliseconds. Where it is
not installed, as on clusters that bring their own packages, the engine does it.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import Row


def is_installed() -> bool:
    """Whether the package that this needs is there."""
    return importlib.util.find_spec("deltalake") is not None


def append_rows(folder: Path, rows: pa.Table) -> None:
    """Add rows to the table in ``folder``, which gets the columns that it lacks, in one commit.

    Raises ``OSError`` where nothing can be written.
    """
    from deltalake import write_deltalake

    write_deltalake(folder, rows, mode="append", schema_mode="merge")


def delete_rows(folder: Path, condition: str) -> None:
    """Remove the rows of the table in ``folder`` for which a condition in SQL holds."""
    from deltalake import DeltaTable

    DeltaTable(folder).delete(condition)


def read_rows(folder: Path, columns: Sequence[str] = (), of_run: str | None = None) -> list[Row]:
    """Rows of the table in ``folder`` as Spark collects them: all of them, or those of one run.

    Columns that the table does not have, as an older release has written it, are null.
    """
    from deltalake import DeltaTable, QueryBuilder

    # By SQL: what the package gives to pyarrow is read in threads that outlive the interpreter.
    table = DeltaTable(folder)
    known = [field.name for field in table.schema().fields]
    chosen = ", ".join(name if name in known else f"NULL AS {name}" for name in columns or known)
    condition = f" WHERE run_id = '{_in_quotes(of_run)}'" if of_run is not None else ""
    query = QueryBuilder().register("t", table)
    found = pa.table(query.execute(f"SELECT {chosen} FROM t{condition}").read_all())
    return [
        Row(**{name: _as_collected(value) for name, value in record.items()})
        for record in found.to_pylist()
    ]


def _in_quotes(text: str) -> str:
    return text.replace("'", "''")


def _as_collected(value: Any) -> Any:
    """Moments come from Spark in the time zone of this process, without its name."""
    if isinstance(value, dt.datetime):
        return value.astimezone().replace(tzinfo=None)
    return value
