"""Creating a Delta table on a disk of this computer, without the engine: the first commit.

The commit says what the table's columns, partitions and properties are; an engine that is asked to
create a table writes the same, and Spark needs longer for it than for the rows of a small table.
Source: the Delta transaction log protocol, actions ``protocol`` and ``metaData``, and the version
checksum.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyspark.sql.types import StructType

from rfmf_spark.session.files import create_whole
from rfmf_spark.tables.table_log import commit_file, write_commit

# What every reader and writer of Delta understands.
PLAIN_PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 2}
# The checksum of a version spares a reader that knows it the reading of the log.
_EMPTY = {"tableSizeBytes": 0, "numFiles": 0, "numMetadata": 1, "numProtocol": 1}


def create_table_here(
    folder: Path, schema: StructType, partitions: Sequence[str], properties: Mapping[str, str]
) -> None:
    """Create an empty Delta table in ``folder``; one that is there already stays as it is.

    The commit appears whole or not at all. Raises ``OSError`` where nothing can be written.
    """
    parameters = {
        "partitionBy": json.dumps(list(partitions)),
        "properties": json.dumps(dict(properties)),
        "isManaged": "false",
    }
    metadata = {
        "id": str(uuid.uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": schema.json(),
        "partitionColumns": list(partitions),
        "configuration": dict(properties),
        "createdTime": time.time_ns() // 1_000_000,
    }
    actions = ({"metaData": metadata}, {"protocol": PLAIN_PROTOCOL})
    if write_commit(folder, 0, "CREATE TABLE", parameters, actions):
        state = _EMPTY | {"metadata": metadata, "protocol": PLAIN_PROTOCOL}
        create_whole(commit_file(folder, 0).with_suffix(".crc"), json.dumps(state))
