"""Small tables of a run, written out, of which each test changes what it is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from rfmf_spark.report.contents import RunTables
from rfmf_spark.schemas.tables import own_fields
from rfmf_spark.tables.control_totals import ControlTotals

BINS = 3


def profile_row(segment_id: int, users: int, **changes: Any) -> dict[str, Any]:
    """A row of ``segment_profile``; shares belong to 1,000 users in all."""
    return {
        "segment_id": segment_id,
        "segment_key": f"key_{segment_id}",
        "name_zh": f"第{segment_id}种",
        "name_en": f"Sort {segment_id}",
        "cell": "111",
        "name_reason": "R 2.10 > 2.00",
        "users": users,
        "user_share": users / 1000,
        "monetary_share": users / 1000,
        "recency_days_mean": 40.5,
        "recency_days_median": 38.0,
        "frequency_mean": 2.5,
        "frequency_median": 2.0,
        "monetary_mean": 29.86,
        "monetary_median": 1.23456789,
        "cumulative_amount_mean": 16429.22,
        "holding_amount_mean": 580.0,
        "rfmf_score_mean": 2.2,
        "retention_rate": 0.62,
        "r_centre": 4.0 - segment_id,
        "f_centre": 2.0,
        "m_centre": 4.0 - segment_id,
        "strategy_zh": "重点维护",
        "strategy_en": "Keep them",
    } | changes


def cut_rows(feature: str, users: tuple[int, ...], cuts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of ``score_cut_points``: users by score, and the value at which each after 1 begins."""
    return [
        {
            "feature": feature,
            "score": score,
            "cut_value": Decimal(cuts[score - 2]) if score > 1 else None,
            "inclusive": score > 1 or None,
            "users": count,
            "user_share": count / sum(users),
            "users_beyond_cut": 100 if score > 1 else None,
            "users_at_cut": 250 if score > 1 else None,
            "tie_mass": 0.25 if score > 1 else None,
            "source": "quantiles (histogram, ties mid)",
        }
        for score, count in enumerate(users, start=1)
    ]


def bin_rows(feature: str, *bins: tuple[str | None, str | None, int, str]) -> list[dict[str, Any]]:
    """Rows of ``feature_distribution``: lower, upper, users, monetary."""
    return [
        {
            "feature": feature,
            "lower": None if lower is None else Decimal(lower),
            "upper": None if upper is None else Decimal(upper),
            "users": users,
            "monetary": Decimal(monetary),
        }
        for lower, upper, users, monetary in bins
    ]


def k_row(k: int, **changes: Any) -> dict[str, Any]:
    """A row of ``k_selection``."""
    return {
        "k": k,
        "cost": 1000.0 / k,
        "silhouette": 0.5 + k / 100,
        "calinski_harabasz": 100.0 * k,
        "davies_bouldin": 1.0 / k,
        "gap": 0.1 * k,
        "stability": 0.9,
        "valley": 0.3,
        "smallest_share": 0.003,
        "votes": "",
        "failed_gates": "",
        "chosen": False,
        "verdict": None,
        "runner_up": None,
        "disagreement": None,
        "reason": None,
    } | changes


def as_rows(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows with all columns of a table."""
    return pd.DataFrame(rows, columns=[field.name for field in own_fields(table)])


def run_tables(**changes: Any) -> RunTables:
    """A run of 1,000 users in three segments on three scores; ``changes`` replace fields."""
    cells = [
        (3, 3, 3, 200, 1),
        (3, 2, 2, 300, 2),
        (1, 2, 1, 400, 3),
        (1, 1, 1, 100, 3),
    ]
    tables: dict[str, list[dict[str, Any]]] = {
        "segment_profile": [
            profile_row(1, 200, monetary_share=0.6),
            profile_row(2, 300, monetary_share=0.3),
            profile_row(3, 500, monetary_share=0.1, cell="000"),
        ],
        "segment_rule_match": rule_rows({(1, "111"): 200, (2, "111"): 300, (3, "000"): 500}),
        "k_selection": [
            k_row(2, votes="silhouette"),
            k_row(
                3,
                votes="elbow, gap",
                chosen=True,
                verdict="natural",
                runner_up=2,
                disagreement=1 / 3,
            ),
        ],
        "segment_stability": [{"k": 3, "segment_id": 1, "jaccard": 0.97, "users": 200}],
        "score_cut_points": [
            *cut_rows("recency", (500, 0, 500), ("60", "20")),
            *cut_rows("frequency", (100, 700, 200), ("2", "5")),
            *cut_rows("monetary", (500, 300, 200), ("1.23456789", "20.5")),
        ],
        "score_cells": [
            dict(zip(("r_score", "f_score", "m_score", "users", "segment_id"), cell, strict=True))
            for cell in cells
        ],
        "feature_distribution": [
            *bin_rows("recency", (None, "30", 500, "0"), ("30", None, 500, "0")),
            *bin_rows("frequency", (None, "2", 800, "0"), ("2", "3", 200, "0")),
            *bin_rows(
                "monetary",
                (None, "1", 500, "100"),
                ("1", "10", 300, "300"),
                ("10", None, 200, "600"),
            ),
        ],
        "reconciliation": [
            outcome_row("accepted", "", 5000, "1234567.89"),
            outcome_row("quarantined", "out_of_range", 3, "777.77"),
        ],
        "sensitivity": [],
    }
    fields: dict[str, Any] = {
        "run_id": "2019-08-14-a",
        "as_of": dt.date(2019, 8, 14),
        "recorded_at": dt.datetime(2019, 8, 15, tzinfo=dt.UTC),
        "inputs": {"trades": {"path": "ledger/trades", "format": "parquet"}},
        "control_totals": ControlTotals(
            accepted_rows={"trades": 5000, "products": 30},
            users=1000,
            purchases=2500,
            purchase_cents=123_456_789,
            users_without_purchase=4,
            overdrawn_positions=0,
        ),
        "configuration": {
            "features.basis": "management_fee",
            "clustering.max_valley": 0.5,
            "clustering.min_stability": 0.75,
            "weights.max_consistency_ratio": 0.1,
        },
        "weights": {
            "judgments": "RFMF",
            "expert": "Huang",
            "judged_on": "2019",
            "values": {"recency": 0.081, "frequency": 0.1884, "monetary": 0.7306},
            "lambda_max": 3.0649,
            "consistency_ratio": 0.0559,
        },
        "versions": {"rfmf_spark": "0.1.0"},
        "model_id": "0123456789abcdef",
    }
    frames = {name: as_rows(name, rows) for name, rows in tables.items()}
    return RunTables(**(fields | frames | changes))


def rule_rows(users: Mapping[tuple[int, str], int]) -> list[dict[str, Any]]:
    """Rows of ``segment_rule_match`` by segment and rule's cell; the cell of segments is 111."""
    return [
        {
            "segment_id": segment_id,
            "segment_cell": "111",
            "rule_cell": cell,
            "rule_name_zh": f"格{cell}",
            "rule_name_en": f"Cell {cell}",
            "users": count,
            "agreement": 0.78,
            "rand_index": 0.735,
        }
        for (segment_id, cell), count in users.items()
    ]


def outcome_row(outcome: str, reason: str, rows: int, amount: str) -> dict[str, Any]:
    """A row of ``reconciliation`` for the trades."""
    return {
        "source": "trades",
        "outcome": outcome,
        "reason": reason,
        "rows": rows,
        "amount": Decimal(amount),
        "units": Decimal(0),
    }
