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
    return spark.createDataFrame(to_arrow(table, schema), schema).coalesce(1)


def as_read_back(table: pd.DataFrame, schema: StructType) -> pd.DataFrame:
    """What ``toPandas`` gives of a table that ``to_spark`` has written: its columns and types."""
    read: pd.DataFrame = to_arrow(table, schema).to_pandas(date_as_object=True)
    return read


def to_arrow(table: pd.DataFrame, schema: StructType) -> pa.Table:
    """The columns of ``schema`` from a pandas table, with the types that Spark gives them."""
    records = [
        {field.name: _plain(record[field.name], field.dataType) for field in schema.fields}
        for record in table.to_dict("records")
    ]
    return pa.Table.from_pylist(records, schema=to_arrow_schema(schema, timezone="UTC"))


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
