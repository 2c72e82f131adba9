"""Tables of other releases: refused where newer, and given the columns that they lack where older.

A release only ever adds columns to a table, and raises ``SCHEMA_VERSION`` when it does; a table
carries the version of the last release that has written to it. So an older release can still read
what a newer one has written, and a newer one reads what an older one left out as null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.types import StructField, StructType

from rfmf_spark.errors import ConfigurationError
from rfmf_spark.schemas.tables import SCHEMA_VERSION
from rfmf_spark.tables.first_commit import PLAIN_PROTOCOL
from rfmf_spark.tables.ownership import SCHEMA_PROPERTY
from rfmf_spark.tables.table_log import commit_versions, read_state, write_commit

# Another client may commit in between, such as one that compacts files.
_TRIES = 5


def require_known_release(root: str, properties: Mapping[str, str]) -> None:
    """Refuse to write where a newer release has written. Raises ``ConfigurationError``."""
    found = _version_of(properties)
    if found > SCHEMA_VERSION:
        raise ConfigurationError(
            f"output.root {root} was written by a newer release of rfmf (tables of version "
            f"{found}, this one writes version {SCHEMA_VERSION}); use that release, or another "
            f"output.root"
        )


def is_of_older_release(properties: Mapping[str, str]) -> bool:
    """Whether a table may lack columns that this release writes."""
    return _version_of(properties) < SCHEMA_VERSION


def missing_fields(schema: StructType, names: Iterable[str]) -> list[StructField]:
    """The columns of ``schema`` that a table with columns of these ``names`` lacks, as nullable."""
    known = set(names)
    absent = [field for field in schema.fields if field.name not in known]
    return [StructField(field.name, field.dataType, True) for field in absent]


def upgrade_here(folder: Path, schema: StructType) -> bool:
    """Give a table on a disk of this computer the columns that it lacks, in one commit.

    False, and nothing done, where its log asks of its writers more than every one of them can.
    Raises ``OSError`` where nothing can be written.
    """
    for _ in range(_TRIES):
        version, state = max(commit_versions(folder)), read_state(folder)
        if not is_of_older_release(state.properties):
            return True
        if any(state.protocol.get(name) != plain for name, plain in PLAIN_PROTOCOL.items()):
            return False
        columns = json.loads(state.metadata["schemaString"])
        added = missing_fields(schema, [column["name"] for column in columns["fields"]])
        columns["fields"] += [field.jsonValue() for field in added]
        ours = {SCHEMA_PROPERTY: str(SCHEMA_VERSION)}
        metadata = dict(state.metadata) | {
            "schemaString": json.dumps(columns),
            "configuration": dict(state.properties) | ours,
        }
        parameters = {
            "columns": json.dumps([field.name for field in added]),
            "properties": json.dumps(ours),
        }
        actions = [{"metaData": metadata}]
        if write_commit(folder, version + 1, "ADD COLUMNS", parameters, actions):
            return True
    return False


def upgrade_by_engine(
    spark: SparkSession, identifier: str, schema: StructType, names: Iterable[str]
) -> None:
    """The same by SQL, for a table by its name or path there, which has columns of these names."""
    added = missing_fields(schema, names)
    if added:
        columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in added)
        spark.sql(f"ALTER TABLE {identifier} ADD COLUMNS ({columns})")
    spark.sql(
        f"ALTER TABLE {identifier} SET TBLPROPERTIES ('{SCHEMA_PROPERTY}' = '{SCHEMA_VERSION}')"
    )


def _version_of(properties: Mapping[str, str]) -> int:
    told = properties.get(SCHEMA_PROPERTY, "")
    return int(told) if told.isdigit() else 0
