"""What the stages of one run work with, and what they produce in the small."""

from __future__ import annotations

import datetime as dt
import platform
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DataType, IntegralType

from rfmf_spark import __version__
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.expertise import Expertise
from rfmf_spark.features import MONETARY_SCALES
from rfmf_spark.progress import Progress
from rfmf_spark.schemas import OUTPUT_TABLES
from rfmf_spark.tables.store import RunKey, TableStore


@dataclass
class RunResult:
    """Figures of a run, for the console and for its last event; filled stage by stage."""

    run: RunKey
    root: str
    weights: Mapping[str, Any]
    reconciliation: pd.DataFrame = field(default_factory=pd.DataFrame)
    cut_points: pd.DataFrame = field(default_factory=pd.DataFrame)
    k_selection: pd.DataFrame = field(default_factory=pd.DataFrame)
    profile: pd.DataFrame = field(default_factory=pd.DataFrame)
    control_totals: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    model_id: str = ""


@dataclass(frozen=True)
class RunContext:
    """Everything that is the same for all stages of one run."""

    spark: SparkSession
    settings: Settings
    expertise: Expertise
    store: TableStore
    progress: Progress
    result: RunResult

    @property
    def run(self) -> RunKey:
        """The key of the run's rows."""
        return self.result.run

    @property
    def monetary_scale(self) -> int:
        """The monetary value counts units of 10 ** -scale yuan."""
        return MONETARY_SCALES[self.settings.features.basis]

    def write(self, table: str, rows: DataFrame) -> None:
        """Write the run's rows of a table, and remember the table's version."""
        self.store.write(table, rows, self.run)
        self.result.outputs[table] = self.store.version(table)

    def write_small(self, table: str, rows: pd.DataFrame) -> None:
        """Write small data that the driver holds; missing values become null."""
        fields = [f for f in OUTPUT_TABLES[table].fields if f.name not in ("as_of", "run_id")]
        schema = ", ".join(f"`{f.name}` {f.dataType.simpleString()}" for f in fields)
        records = [
            tuple(_plain(record[f.name], f.dataType) for f in fields)
            for record in rows.to_dict("records")
        ]
        self.write(table, self.spark.createDataFrame(records, schema).coalesce(1))


def require_run_settings(settings: Settings) -> tuple[dt.date, str]:
    """Business date and root, which have no default. Raises ``ConfigurationError``."""
    if settings.as_of is None:
        raise ConfigurationError("as_of is not set; give the business date: --as-of 2019-08-14")
    if not settings.output.root:
        raise ConfigurationError(
            "output.root is not set; give the folder for the results: --set output.root=DIR"
        )
    return settings.as_of, settings.output.root


def new_run_id(as_of: dt.date) -> str:
    """An id that sorts by business date and start, and never occurs twice."""
    started = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
    return f"{as_of.isoformat()}-{started}-{uuid.uuid4().hex[:8]}"


def describe_versions(spark: SparkSession) -> dict[str, str]:
    """Versions that a result depends on."""
    return {
        "rfmf_spark": __version__,
        "spark": spark.version,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
    }


def _plain(value: Any, data_type: DataType) -> Any:
    """A value as Spark takes it; beside nulls, pandas turns whole numbers into floats."""
    if value is None or pd.isna(value):
        return None
    if isinstance(data_type, IntegralType):
        return int(value)
    return value.item() if isinstance(value, np.generic) else value
