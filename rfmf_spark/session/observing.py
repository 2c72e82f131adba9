"""Figures of rows as a by-product of the action that reads them.

Where the engine observes nothing, or has lost what it saw, a job of its own finds the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pyspark.sql import Column, DataFrame, Observation

from rfmf_spark.session.engines import engine_of

T = TypeVar("T")


def observe(
    rows: DataFrame, name: str, figures: Sequence[Column], action: Callable[[DataFrame], T]
) -> tuple[T, Mapping[str, Any]]:
    """What ``action`` gives, and the ``figures`` of the rows by name.

    ``action`` gets rows in place of the given ones, and reads all of them by an action of Spark.
    Observed figures can count the rows of a repeated task twice, and know no more rows than
    were read.
    """
    if engine_of(rows.sparkSession).observes:
        seen = Observation(name)
        result = action(rows.observe(seen, *figures))
        if found := _figures_of(seen):
            return result, found
    else:
        result = action(rows)
    return result, rows.agg(*figures).collect()[0].asDict()


def _figures_of(seen: Observation) -> Mapping[str, Any]:
    """What was observed; nothing where Spark has dropped it from a plan that became empty."""
    try:
        return seen.get
    except Exception:
        # Classic and Connect sessions fail in different ways.
        return {}
