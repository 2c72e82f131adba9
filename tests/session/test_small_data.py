"""What the driver has written, it need not read: the same columns, types and gaps."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from rfmf_spark.session.small_data import as_read_back, to_spark

_FIELDS: dict[str, tuple[DataType, list[Any]]] = {
    "name": (StringType(), ["甲", "b", None]),
    "whole": (LongType(), [2**53 + 1, -1, 0]),
    "whole_with_gap": (IntegerType(), [1, None, 3]),
    "share": (DoubleType(), [0.1, None, 1e300]),
    "amount": (DecimalType(18, 2), [Decimal("1.10"), None, Decimal("-0.01")]),
    "is_fixed": (BooleanType(), [True, False, True]),
    "is_known": (BooleanType(), [True, None, False]),
    "day": (DateType(), [dt.date(2019, 8, 14), None, dt.date(1999, 1, 1)]),
    "votes": (ArrayType(StringType()), [["elbow", "gap"], [], None]),
}


@pytest.mark.parametrize("engine", ["spark", "classic_spark"])
@pytest.mark.parametrize("rows", [3, 0])
def test_what_was_written_is_as_a_read_gives_it(
    request: pytest.FixtureRequest, engine: str, rows: int
) -> None:
    session: SparkSession = request.getfixturevalue(engine)
    schema = StructType([StructField(name, kind) for name, (kind, _) in _FIELDS.items()])
    columns = {name: pd.Series(values, dtype=object) for name, (_, values) in _FIELDS.items()}
    table = pd.DataFrame(columns).head(rows)
    read = to_spark(session, table, schema).toPandas()
    pd.testing.assert_frame_equal(as_read_back(table, schema), read)
