"""What the stages of one run work with, and what they produce in the small."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.config.bases import basis_of
from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import GateStoppedError
from rfmf_spark.model.fitting import FitPlan
from rfmf_spark.model.frozen import FrozenModel
from rfmf_spark.run.progress import Progress
from rfmf_spark.schemas.tables import OUTPUT_TABLES, own_fields
from rfmf_spark.session.small_data import as_read_back
from rfmf_spark.session.stopping import stop_where_told
from rfmf_spark.tables.control_totals import ControlTotals
from rfmf_spark.tables.store import RunKey, TableStore
from rfmf_spark.weights.expertise import Expertise

_PARALLEL_WRITES = 4


@dataclass
class RunResult:
    """Figures of a run, for the console and for its last event; filled stage by stage.

    ``small_tables`` are those that this process has written from its memory, as a read gives them.
    ``complete_since`` is set where the run was complete before this process began; ``current`` is
    then what readers see of its date, ``changed_inputs`` those that it would find changed now.
    """

    run: RunKey
    root: str
    weights: Mapping[str, Any]
    reconciliation: pd.DataFrame = field(default_factory=pd.DataFrame)
    cut_points: pd.DataFrame = field(default_factory=pd.DataFrame)
    k_selection: pd.DataFrame = field(default_factory=pd.DataFrame)
    profile: pd.DataFrame = field(default_factory=pd.DataFrame)
    control_totals: ControlTotals = field(default_factory=ControlTotals)
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    earlier_durations: dict[str, float] = field(default_factory=dict)
    small_tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    model_id: str = ""
    complete_since: dt.datetime | None = None
    current: RunKey | None = None
    changed_inputs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RunContext:
    """Everything that is the same for all stages of one run.

    ``repeatable`` stages replace what the run has written before; a run whose id nobody has given
    before has nothing yet. ``still_held`` raises an error where the lock of the root was lost.
    """

    spark: SparkSession
    settings: Settings
    expertise: Expertise
    store: TableStore
    progress: Progress
    result: RunResult
    frozen: FrozenModel | None = None
    repeatable: bool = False
    still_held: Callable[[], None] = lambda: None
    kept: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def run(self) -> RunKey:
        """The key of the run's rows."""
        return self.result.run

    @property
    def weights(self) -> Floats:
        """Weights (3,) of the three scores in the order R, F, MF; there once users are scored."""
        values = self.result.weights["values"]
        return np.array([values[name] for name in FEATURE_NAMES], dtype=np.float64)

    @property
    def users(self) -> int:
        """Users with features; there once these are written."""
        users = self.result.control_totals.users
        if users is None:
            raise GateStoppedError(
                f"table runs: run {self.run.run_id} has no total of users; repeat stage features"
            )
        return users

    @property
    def monetary_scale(self) -> int:
        """The monetary value counts units of 10 ** -scale yuan."""
        return basis_of(self.settings.features).scale

    @property
    def fit_plan(self) -> FitPlan:
        """What decides a fit of segments; there once users are scored."""
        names, clustering = self.expertise.segment_names, self.settings.clustering
        return FitPlan(clustering, self.weights, names, self.monetary_scale)

    def write(self, table: str, rows: DataFrame) -> None:
        """Write the run's rows of a table."""
        stop_where_told()
        self.still_held()
        self.store.write(table, rows, self.run, replace=self.repeatable)
        self._count_in(table)

    def leave_empty(self, table: str) -> None:
        """See to it that a table is there, and has no rows of the run."""
        self.still_held()
        self.store.create(table)
        if self.repeatable:
            self.store.delete_run(table, self.run)
        self._count_in(table)

    def remove_leftovers(self) -> None:
        """Remove what earlier attempts wrote into tables that this one, otherwise set, leaves."""
        if not self.repeatable:
            return
        self.still_held()
        others = OUTPUT_TABLES.keys() - {"runs", *self.result.outputs}

        def remove_from(table: str) -> None:
            if self.store.exists(table):
                self.store.delete_run(table, self.run)

        with ThreadPoolExecutor(_PARALLEL_WRITES) as pool:
            list(pool.map(remove_from, sorted(others)))

    def keep(self, table: str, rows: pd.DataFrame) -> None:
        """Hold small data of the driver until ``write_kept``."""
        self.kept[table] = rows

    def write_kept(self) -> None:
        """Write all small data at once: each write is short and mostly waits."""

        def write_one(table: str) -> None:
            schema, rows = StructType(own_fields(table)), self.kept.pop(table)
            stop_where_told()
            self.still_held()
            self.store.write_small(table, rows, self.run, replace=self.repeatable)
            self._count_in(table)
            self.result.small_tables[table] = as_read_back(rows, schema)

        with ThreadPoolExecutor(_PARALLEL_WRITES) as pool:
            list(pool.map(write_one, list(self.kept)))

    def _count_in(self, table: str) -> None:
        if table not in self.result.outputs:
            self.result.outputs.append(table)

    def output_versions(self) -> dict[str, int]:
        """Delta version of every table that the run has written."""
        tables = sorted(self.result.outputs)
        with ThreadPoolExecutor(_PARALLEL_WRITES) as pool:
            return dict(zip(tables, pool.map(self.store.version, tables), strict=True))


def new_run_id(as_of: dt.date) -> str:
    """An id that sorts by business date and start, and never occurs twice."""
    started = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
    return f"{as_of.isoformat()}-{started}-{uuid.uuid4().hex[:8]}"
