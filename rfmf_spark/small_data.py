"""Small data of the driver as Spark DataFrames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import BooleanType, DataType, IntegralType, StructType


def to_spark(spark: SparkSession, table: pd.DataFrame, schema: StructType) -> DataFrame:
    """The columns of ``schema`` from a pandas table, in one partition; missing values are null."""
    records = [
        tuple(_plain(record[field.name], field.dataType) for field in schema.fields)
        for record in table.to_dict("records")
    ]
    return spark.createDataFrame(records, schema).coalesce(1)


def _plain(value: Any, data_type: DataType) -> Any:
    """A value as Spark takes it; beside nulls, pandas turns whole numbers into floats."""
    if isinstance(value, list):
        return value
    if value is None or pd.isna(value):
        return None
    if isinstance(data_type, IntegralType):
        return int(value)
    if isinstance(data_type, BooleanType):
        return bool(value)
    return value.item() if isinstance(value, np.generic) else value
