"""Delta tables under one root: creating, writing a run's rows, reading them back.

Every table except ``runs`` is partitioned by business date and run id; a stage that is repeated
replaces its own run's rows and nothing else. Which run readers see is decided in ``runs.py``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, DataFrameWriter, Row, SparkSession, is_remote
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.schemas.tables import OUTPUT_TABLES, SCHEMA_VERSION, own_fields
from rfmf_spark.session.engines import engine_of
from rfmf_spark.session.paths import is_local, local_path
from rfmf_spark.session.small_data import to_arrow, to_spark
from rfmf_spark.tables.first_commit import create_table_here
from rfmf_spark.tables.ownership import (
    SCHEMA_PROPERTY,
    require_own_folder,
    require_own_folders,
    taken_name,
)
from rfmf_spark.tables.releases import (
    is_of_older_release,
    missing_fields,
    require_known_release,
    upgrade_by_engine,
    upgrade_here,
)
from rfmf_spark.tables.small_tables import append_rows, delete_rows, is_installed, read_rows
from rfmf_spark.tables.table_log import commit_versions, read_state

_NO_SUCH_ENTRY = "_rfmf_no_such_entry"
# What the embedded engine puts into paths of Delta tables as % and digits, more than once.
_CHANGED_BY_EMBEDDED = re.compile(r"""[^!-~]|[\\{}^%`"<>\[\]~#|*?]""")
_LOOKS = 8


@dataclass(frozen=True)
class RunKey:
    """What the rows of one run are filed under."""

    as_of: dt.date
    run_id: str

    def predicate(self) -> str:
        """The condition that selects the rows of this run."""
        return f"as_of = DATE'{self.as_of.isoformat()}' AND run_id = '{self.run_id}'"


def qualify(spark: SparkSession, path: str) -> str:
    """A path with the file system that Spark takes it for; local paths stay plain and absolute.

    What a path without a scheme means is the cluster's business (``fs.defaultFS``). Spark tells it
    when it is asked for an entry that is not there.
    """
    if not is_local(path):
        return path.rstrip("/")
    if engine_of(spark).is_here:
        return str(local_path(path))
    missing_entry = f"{path.rstrip('/')}/{_NO_SUCH_ENTRY}"
    try:
        # Named twice: for a single path that is missing Spark logs a stack trace.
        spark.read.text([missing_entry, missing_entry]).schema  # noqa: B018
    except AnalysisException as missing:
        found = (missing.getMessageParameters() or {}).get("path", "")
        if found.endswith(f"/{_NO_SUCH_ENTRY}") and not found.startswith("file:"):
            return found.removesuffix(f"/{_NO_SUCH_ENTRY}")
    return str(local_path(path))


def find_version(spark: SparkSession, location: str) -> int:
    """Delta version of the table at a path or URI, as it is now; without a job on a local disk."""
    here = _commits_here(location)
    return max(here) if here else find_version_in_history(spark, f"delta.`{location}`")


def find_version_in_history(spark: SparkSession, identifier: str) -> int:
    """Delta version of a table, as it is now, by a name or path in SQL; asks its history."""
    history = spark.sql(f"DESCRIBE HISTORY {identifier} LIMIT 1")
    return int(history.select("version").collect()[0][0])


def _commits_here(location: str) -> list[int]:
    """Versions in the log of a table on a disk of this computer: a file each, called by it.

    None where it lies elsewhere: in a store, or on the computer of a Connect server.
    """
    if not is_local(location):
        return []
    return commit_versions(local_path(location))


def reach_table(spark: SparkSession, path: str, setting: str) -> str:
    """The path by which an engine finds a Delta table, or the tables of a folder.

    The embedded engine changes some characters of it; there it is a link under a plain name, which
    ends with the session. What a table says of its files begins at the table, so it knows nothing
    of the link. Raises ``ConfigurationError`` that names the ``setting`` where no link helps.
    """
    engine = engine_of(spark)
    if not engine.is_here:
        return path
    changed = _CHANGED_BY_EMBEDDED.search(str(local_path(path)))
    if changed is None:
        return path
    link = None if engine.scratch is None else engine.new_file("link")
    if link is None or _CHANGED_BY_EMBEDDED.search(str(link)):
        raise ConfigurationError(
            f"{setting} is {path!r}: the embedded engine would take {changed[0]!r} for another "
            f"name (%..), and can only get there by way of a folder for temporary files without "
            f"such characters; set TMPDIR to one, choose another folder, or set "
            f"session.engine=spark"
        )
    link.symlink_to(local_path(path), target_is_directory=True)
    return str(link)


class TableStore:
    """The output tables under one root."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        if "`" in root or "\n" in root:
            raise ConfigurationError(f"output.root is {root!r}: back quotes are not allowed")
        self._spark = spark
        self.root = qualify(spark, root)
        self._reached = reach_table(spark, self.root, "output.root")
        self._own: set[str] = set()
        self._ready: set[str] = set()
        self._whole: set[str] = set()

    def location(self, table: str) -> str:
        """Path or URI by which the engine finds a table."""
        return f"{self._reached}/{table}"

    def place(self, table: str) -> str:
        """Path or URI by which everybody else does."""
        return f"{self.root}/{table}"

    def require_own_tables(self) -> None:
        """Refuse a root where the name of one of our tables is taken by something else.

        So is one that a newer release has written. Call it before anything is written. Raises
        ``ConfigurationError``.
        """
        if is_local(self.root):
            for state in require_own_folders(local_path(self.root), OUTPUT_TABLES):
                require_known_release(self.root, state.properties)
            return
        # Of all tables a run writes to this one first.
        properties = self._properties("runs")
        if properties is not None:
            require_known_release(self.root, properties)
            return
        with ThreadPoolExecutor(_LOOKS) as pool:
            list(pool.map(self._require_own_elsewhere, OUTPUT_TABLES))

    def _require_own_elsewhere(self, table: str) -> None:
        """Refuse files in the place of a table that is not there yet, or a table of others."""
        if table in self._own:
            return
        if self.exists(table):
            self._own.add(table)
            return
        files = self._spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        try:
            found = files.load(self.location(table)).select("path").first()
        except AnalysisException as missing:
            if "PATH_NOT_FOUND" not in str(missing):
                raise
            found = None
        if found is not None:
            raise taken_name(self.root, f"a folder {table}")
        self._own.add(table)

    def create(self, table: str) -> None:
        """See to it that a table is there as this release writes it.

        One that is missing is created, with its schema, partitions and properties; one of an older
        release gets the columns that were added since. Raises ``ConfigurationError`` where it is of
        a newer one.

        No column statistics are kept: they would put user ids and amounts into the table's log.
        """
        if table in self._ready and (not is_local(self.root) or self._is_here(table)):
            return
        properties = self._properties(table)
        if properties is None:
            self._create_anew(table)
        else:
            require_known_release(self.root, properties)
            if is_of_older_release(properties):
                self._upgrade(table)
        self._ready.add(table)

    def _create_anew(self, table: str) -> None:
        schema = OUTPUT_TABLES[table]
        partitions = () if table == "runs" else ("as_of", "run_id")
        properties = {"delta.dataSkippingNumIndexedCols": "0", SCHEMA_PROPERTY: str(SCHEMA_VERSION)}
        if self._creates_here:
            require_own_folder(local_path(self.root), table)
            create_table_here(local_path(self.place(table)), schema, partitions, properties)
            return
        if not is_local(self.root):
            self._require_own_elsewhere(table)
        assignments = ", ".join(f"'{name}' = '{value}'" for name, value in properties.items())
        by = f"PARTITIONED BY ({', '.join(partitions)})" if partitions else ""
        self._spark.sql(
            f"CREATE TABLE IF NOT EXISTS {self._identifier(table)} ({_columns(schema)}) "
            f"USING delta {by} TBLPROPERTIES ({assignments})"
        )

    def _upgrade(self, table: str) -> None:
        schema = OUTPUT_TABLES[table]
        if self._creates_here and upgrade_here(local_path(self.place(table)), schema):
            return
        # Else the columns come with the first rows that have them.
        if engine_of(self._spark).alters:
            names = self._load(table).columns
            upgrade_by_engine(self._spark, self._identifier(table), schema, names)

    @property
    def _creates_here(self) -> bool:
        """Whether a local root is one of this computer, not of a server of Spark Connect."""
        return is_local(self.root) and (engine_of(self._spark).is_here or not is_remote())

    @property
    def _knows_small_tables(self) -> bool:
        """Whether rows of the driver reach the tables, and come back, without the engine."""
        return self._creates_here and not engine_of(self._spark).is_here and is_installed()

    def write(self, table: str, rows: DataFrame, run: RunKey, *, replace: bool = False) -> None:
        """Write the rows of one run; ``rows`` has the table's columns without the run key.

        ``replace`` removes what a repeated stage has written before; a new run has nothing yet.
        """
        schema = OUTPUT_TABLES[table]
        self.create(table)
        keyed = rows.withColumns(
            {"as_of": F.lit(run.as_of), "run_id": F.lit(run.run_id)},
        ).select(*[F.col(field.name).cast(field.dataType) for field in schema.fields])
        if not engine_of(self._spark).filters_first:
            # Skipping no row keeps what checks the columns above the filter, and costs nothing.
            keyed = keyed.offset(0)
        writer = _merging_writer(keyed).option("userMetadata", run.run_id)
        if replace and not engine_of(self._spark).replaces:
            # Of a run that is not complete nobody reads: it need not happen in one commit.
            self.delete_run(table, run)
            writer = writer.mode("append")
        elif replace:
            writer = writer.mode("overwrite").option("replaceWhere", run.predicate())
        else:
            writer = writer.mode("append")
        writer.save(self.location(table))

    def write_small(
        self, table: str, rows: pd.DataFrame, run: RunKey, *, replace: bool = False
    ) -> None:
        """The same for a few rows of the driver."""
        if not self._knows_small_tables:
            own = to_spark(self._spark, rows, StructType(own_fields(table)))
            self.write(table, own, run, replace=replace)
            return
        self.create(table)
        if replace:
            self.delete_run(table, run)
        keyed = rows.assign(as_of=run.as_of, run_id=run.run_id)
        append_rows(local_path(self.place(table)), to_arrow(keyed, OUTPUT_TABLES[table]))

    def delete_run(self, table: str, run: RunKey) -> None:
        """Remove the rows of one run: its partition, so that no row is read."""
        if self._knows_small_tables:
            delete_rows(local_path(self.place(table)), run.predicate())
            return
        self._spark.sql(f"DELETE FROM {self._identifier(table)} WHERE {run.predicate()}")

    def append(self, table: str, rows: pd.DataFrame) -> None:
        """Add a few rows of the driver, with all columns, to a table that only grows."""
        self.create(table)
        schema = OUTPUT_TABLES[table]
        if self._knows_small_tables:
            append_rows(local_path(self.place(table)), to_arrow(rows, schema))
            return
        rows_there = to_spark(self._spark, rows, schema)
        _merging_writer(rows_there).mode("append").save(self.location(table))

    def read(self, table: str) -> DataFrame:
        """All rows of a table; columns that an older release did not write are null."""
        rows = self._load(table)
        if table not in OUTPUT_TABLES or table in self._whole:
            return rows
        missing = missing_fields(OUTPUT_TABLES[table], rows.columns)
        if not missing:
            self._whole.add(table)
            return rows
        return rows.withColumns({f.name: F.lit(None).cast(f.dataType) for f in missing})

    def _load(self, table: str) -> DataFrame:
        return self._spark.read.format("delta").load(self.location(table))

    def read_run(self, table: str, run: RunKey) -> DataFrame:
        """The rows of one run."""
        return self.read(table).where(run.predicate()).drop("as_of", "run_id")

    def collect(
        self, table: str, columns: Sequence[str] = (), *, of_run: str | None = None
    ) -> list[Row]:
        """Rows of a small table as Spark collects them: all of them, or those of one run id."""
        if self._knows_small_tables:
            names = columns or OUTPUT_TABLES[table].names
            return read_rows(local_path(self.place(table)), names, of_run)
        rows = self.read(table)
        if of_run is not None:
            rows = rows.where(F.col("run_id") == F.lit(of_run))
        return rows.select(*(columns or ["*"])).collect()

    def exists(self, table: str) -> bool:
        """Whether the table has been created."""
        return self._is_here(table) if is_local(self.root) else self._properties(table) is not None

    def _properties(self, table: str) -> Mapping[str, str] | None:
        """The properties of a table; None where it is not there."""
        if is_local(self.root):
            folder = local_path(self.place(table))
            return read_state(folder).properties if self._is_here(table) else None
        try:
            # Classic Spark looks for the table in sql(), Spark Connect not before first().
            found = self._spark.sql(f"DESCRIBE DETAIL {self._identifier(table)}")
            detail = found.select("properties").first()
        except Exception as cause:
            if "NOT_FOUND" in str(cause) or "MISSING_DELTA" in str(cause):
                return None
            raise
        if detail is None:
            return None
        properties: Mapping[str, str] = detail["properties"]
        if SCHEMA_PROPERTY not in properties:
            raise taken_name(self.root, f"a Delta table {table}")
        return properties

    def version(self, table: str) -> int:
        """Delta version of a table as it is now."""
        return find_version(self._spark, self.place(table))

    def _is_here(self, table: str) -> bool:
        """Whether a table lies on a disk of this computer, which is known without a job."""
        if not _commits_here(self.place(table)):
            return False
        if table not in self._own:
            require_own_folder(local_path(self.root), table)
            self._own.add(table)
        return True

    def _identifier(self, table: str) -> str:
        return f"delta.`{self.location(table)}`"


def _merging_writer(rows: DataFrame) -> DataFrameWriter:
    """Of a table that says it is of this release, and is not quite, the columns are completed."""
    return rows.write.format("delta").option("mergeSchema", "true")


def _columns(schema: StructType) -> str:
    return ", ".join(
        f"`{field.name}` {field.dataType.simpleString()}{'' if field.nullable else ' NOT NULL'}"
        for field in schema.fields
    )
