"""Figures of rows as a by-product of the action that reads them.

Where the engine observes nothing, a job of its own finds the same figures when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import Column, DataFrame, Observation

from rfmf_spark.session.engines import engine_of

# Gives the figures by name; raises or is empty where Spark has lost them.
Figures = Callable[[], Mapping[str, Any]]


def observe(rows: DataFrame, name: str, *figures: Column) -> tuple[DataFrame, Figures]:
    """Rows to use in place of the given ones, and what tells their ``figures`` after an action.

    Observed figures can count the rows of a repeated task twice.
    """
    if not engine_of(rows.sparkSession).observes:
        return rows, lambda: rows.agg(*figures).collect()[0].asDict()
    seen = Observation(name)
    return rows.observe(seen, *figures), lambda: seen.get
