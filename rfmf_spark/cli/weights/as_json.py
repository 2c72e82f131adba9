"""A report on weights as plain data, for programs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.weights.group import Opinion, find_disagreement
from rfmf_spark.weights.region import Region
from rfmf_spark.weights.repair import Repair
from rfmf_spark.weights.report import Findings, WeightReport


def describe_report(report: WeightReport, settings: WeightSettings) -> dict[str, Any]:
    """The whole report; what is not there is null. Weights are by the name of the criterion."""
    criteria = report.opinions[0].judgments.criteria
    experts = [
        _describe_opinion(opinion, report.repairs.get(number, ()))
        for number, opinion in enumerate(report.opinions)
    ]
    found = report.findings
    findings = {"weights": None} if found is None else _describe_findings(found, criteria)
    return {"criteria": criteria, "method": settings.method, "experts": experts} | findings


def _describe_findings(found: Findings, criteria: tuple[str, ...]) -> dict[str, Any]:
    objective, disagreement = found.decision.objective, find_disagreement(found.group)
    return {
        "weights": _by_name(criteria, found.decision.weights),
        "objective": None if objective is None else _by_name(criteria, objective),
        "group": {
            "weights": _by_name(criteria, found.group.priorities.weights),
            "lambda_max": found.group.priorities.lambda_max,
            "consistency_ratio": found.group.priorities.consistency_ratio,
            "consensus": found.group.consensus,
            "largest_disagreement": None
            if disagreement is None
            else [criteria[place] for place in disagreement],
        },
        "hierarchy": [node._asdict() for node in found.nodes],
        "methods": [
            row._asdict() | {"weights": _by_name(criteria, row.weights)} for row in found.methods
        ],
        "region": None if found.region is None else _describe_region(found.region, criteria),
        "decile_unmoved_share": found.unmoved_share,
    }


def _describe_region(region: Region, criteria: tuple[str, ...]) -> dict[str, Any]:
    return {
        "variations": len(region.weights) - 1,
        "left_out_as_inconsistent": region.inconsistent,
        "least": _by_name(criteria, region.weights.min(axis=0)),
        "greatest": _by_name(criteria, region.weights.max(axis=0)),
    }


def _describe_opinion(opinion: Opinion, repairs: tuple[Repair, ...]) -> dict[str, Any]:
    judgments, priorities = opinion.judgments, opinion.priorities
    names, values = judgments.criteria, judgments.values
    return {
        "judgments": judgments.name,
        "expert": judgments.expert,
        "judged_on": judgments.judged_on,
        "weight": judgments.weight,
        "sha256": judgments.digest,
        "used": opinion.used,
        "weights": _by_name(names, priorities.weights),
        "lambda_max": priorities.lambda_max,
        "consistency_ratio": priorities.consistency_ratio,
        "completed": [
            {"row": names[i], "column": names[j], "value": float(values[i, j])}
            for i, j in opinion.completed
        ],
        "repairs": [
            {
                "row": names[repair.row],
                "column": names[repair.column],
                "current_value": repair.current_value,
                "matching_value": repair.matching_value,
                "value_at_limit": repair.nearest_value,
            }
            for repair in repairs
        ],
    }


def _by_name(criteria: tuple[str, ...], weights: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(criteria, [float(weight) for weight in weights], strict=True))
