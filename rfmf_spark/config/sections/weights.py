"""Weights of the three scores, and the methods that lead to them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rfmf_spark.config.sections.section import LIST, Section, contradiction

WeightMethod = Literal[
    "ahp",
    "group",
    "combined",
    "entropy",
    "critic",
    "standard_deviation",
    "principal_component",
]
ObjectiveMethod = Literal["entropy", "critic", "standard_deviation", "principal_component"]
PriorityMethod = Literal["eigenvector", "geometric_mean", "least_squares"]
Aggregation = Literal["judgments", "priorities"]
CombinationMethod = Literal["multiplicative", "linear", "minimum_deviation"]
InexactReciprocals = Literal["refuse", "accept", "symmetrise"]


class WeightSettings(Section):
    """Weights of the three scores: from expert judgments (AHP), from the users' scores, or both."""

    method: WeightMethod = Field(
        "ahp",
        description="Where the weights come from: one judgment matrix (ahp), several experts "
        "(group), both experts and scores (combined), or the scores of the users alone.",
    )
    judgments: str = Field(
        "judgments/huang2019.yaml",
        description="Judgment matrix: a YAML file, or the name of one shipped in conf/.",
    )
    experts: Annotated[tuple[str, ...], LIST] = Field(
        (),
        description="Judgment matrices of several experts, as for judgments; group needs them, and "
        "combined uses them where there are any.",
    )
    priorities: PriorityMethod = Field(
        "eigenvector", description="How weights follow from a judgment matrix."
    )
    aggregation: Aggregation = Field(
        "judgments",
        description="What of several experts is averaged (geometric mean by their weights): the "
        "judgments, for a group that decides as one, or the weights that follow from each.",
    )
    above_limit: Literal["refuse", "leave_out"] = Field(
        "refuse",
        description="What to do with an expert among several who is above max_consistency_ratio.",
    )
    random_index: Literal["classic", "saaty2005"] = Field(
        "classic", description="Table of random indices for the consistency ratio."
    )
    max_consistency_ratio: float = Field(
        0.10, gt=0, description="A matrix less consistent than this is refused."
    )
    inexact_reciprocals: InexactReciprocals = Field(
        "refuse",
        description="What to do with a matrix whose mirrored entries are not reciprocal; "
        "symmetrise replaces both by their geometric mean.",
    )
    objective: ObjectiveMethod = Field(
        "critic", description="Which weights from the scores of users combined takes."
    )
    combination: CombinationMethod = Field(
        "linear", description="How combined puts the weights of experts and scores together."
    )
    coefficient: float = Field(
        0.5, ge=0, le=1, description="Share of the experts in a linear combination."
    )

    @model_validator(mode="after")
    def _check_experts(self) -> Self:
        if self.method == "group" and not self.experts:
            raise contradiction(
                "method is group, but experts is empty; name the files of the experts, such as "
                "[experts/product.yaml, experts/service.yaml]",
                "method",
                "experts",
            )
        return self
