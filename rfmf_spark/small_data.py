"""Small data of the driver as Spark DataFrames.

It travels as an Arrow table, which Spark takes as a local relation: no Python worker has to start
for a few rows, in classic mode and over Spark Connect alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import BooleanType, DataType, IntegralType, StructType


def to_spark(spark: SparkSession, table: pd.DataFrame, schema: StructType) -> DataFrame:
    """The columns of ``schema`` from a pandas table, in one partition; missing values are null."""
    records = [
        {field.name: _plain(record[field.name], field.dataType) for field in schema.fields}
        for record in table.to_dict("records")
    ]
    arrow = pa.Table.from_pylist(records, schema=to_arrow_schema(schema, timezone="UTC"))
    return spark.createDataFrame(arrow).coalesce(1)


def _plain(value: Any, data_type: DataType) -> Any:
    """A value as Arrow takes it; beside nulls, pandas turns whole numbers into floats."""
    if isinstance(value, list):
        return value
    if value is None or pd.isna(value):
        return None
    if isinstance(data_type, IntegralType):
        return int(value)
    if isinstance(data_type, BooleanType):
        return bool(value)
    return value.item() if isinstance(value, np.generic) else value
