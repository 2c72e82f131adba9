"""What a report is made of: the small tables of one run, and a few of the run before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rfmf_spark.config.languages import Language
from rfmf_spark.tables.control_totals import ControlTotals


@dataclass(frozen=True)
class PreviousRun:
    """The run that a report compares with."""

    run_id: str
    as_of: dt.date
    configuration: Mapping[str, Any]
    segment_profile: pd.DataFrame


@dataclass(frozen=True)
class RunTables:
    """One complete run: its last event in ``runs``, parsed, and its small tables.

    Tables have the columns of the data contract without the run key; those that a run need not
    have are empty then.
    """

    run_id: str
    as_of: dt.date
    recorded_at: dt.datetime
    inputs: Mapping[str, Any]
    control_totals: ControlTotals
    configuration: Mapping[str, Any]
    weights: Mapping[str, Any]
    versions: Mapping[str, Any]
    model_id: str
    segment_profile: pd.DataFrame
    segment_rule_match: pd.DataFrame
    k_selection: pd.DataFrame
    segment_stability: pd.DataFrame
    score_cut_points: pd.DataFrame
    score_cells: pd.DataFrame
    feature_distribution: pd.DataFrame
    reconciliation: pd.DataFrame
    sensitivity: pd.DataFrame
    previous: PreviousRun | None = None

    @property
    def users(self) -> int:
        """All users with features."""
        return int(self.segment_profile["users"].sum())


@dataclass(frozen=True)
class ReportOptions:
    """How a report is shown: its first language, and the smallest group that it tells of."""

    language: Language = "zh"
    smallest_group: int = 20
