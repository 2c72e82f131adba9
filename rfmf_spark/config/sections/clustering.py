"""K-means and the choice of K."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from rfmf_spark.config.sections.section import Section, contradiction

Criterion = Literal[
    "elbow",
    "silhouette",
    "silhouette_euclidean",
    "calinski_harabasz",
    "davies_bouldin",
    "gap",
]

ScoreTriple = Annotated[tuple[FiniteFloat, FiniteFloat, FiniteFloat], Field(strict=False)]


class ClusteringSettings(Section):
    """K-means and the choice of K."""

    space: Literal["cells", "values"] = Field(
        "cells",
        description="What is clustered: the score cells (exact, the same everywhere), or the "
        "features of all users (log-scaled and standardised; depends on partitions, and costs "
        "passes over all users for each K).",
    )
    k_min: int = Field(2, ge=2, le=50, description="Smallest K that is tried.")
    k_max: int = Field(10, ge=2, le=50, description="Largest K that is tried.")
    fixed_k: int | None = Field(None, ge=1, le=50, description="Use this K and try no other.")
    centres: Annotated[tuple[ScoreTriple, ...] | None, Field(strict=False)] = Field(
        None,
        description="Use these centres and fit none: scores of R, F and MF, such as "
        "[[9, 9, 9], [2, 4, 3]].",
    )
    seed: int = Field(20190814, ge=0, description="Seed of initial centres and of resamples.")
    max_iterations: int = Field(100, ge=1, description="Most iterations of one fit.")
    tolerance: float = Field(
        1e-6, ge=0, description="MLlib's fit has converged when no centre moves farther than this."
    )
    restarts: int = Field(
        50, ge=1, le=10_000, description="Starts of k-means++ for each K, beside other starts."
    )
    criteria: Annotated[tuple[Criterion, ...], Field(strict=False, min_length=1)] = Field(
        ("elbow", "silhouette", "calinski_harabasz", "davies_bouldin", "gap"),
        description="Criteria that vote for K.",
    )
    gap_references: int = Field(
        20, ge=0, le=1000, description="Sets of users without structure for the gap; 0: no gap."
    )
    resamples: int = Field(
        50, ge=0, le=1000, description="Resamples that measure stability; 0: not measured."
    )
    resample_users: int = Field(5000, ge=2, le=1_000_000, description="Users in each resample.")
    max_valley: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Gate: between any two segments the density of users falls to this share of "
        "the lower peak or below; 1 lets every K pass.",
    )
    min_stability: float = Field(
        0.75,
        ge=0,
        le=1,
        description="Gate: lowest mean Jaccard index of a segment over resamples; 0 lets every K "
        "pass.",
    )
    min_share: float = Field(
        0.01, ge=0, lt=1, description="Gate: smallest share of the users in a segment."
    )
    fallback_k: int = Field(
        5, ge=1, le=50, description="K to use where no K passes the gates: no natural K."
    )
    scale_by_weights: bool = Field(
        False, description="Multiply each score by its weight before distances are taken."
    )

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.k_min > self.k_max:
            problem = f"k_min is {self.k_min}, above k_max {self.k_max}"
            raise contradiction(problem, "k_min", "k_max")
        if self.scale_by_weights and self.space == "values":
            raise contradiction(
                "scale_by_weights multiplies scores: it needs space cells, not values",
                "scale_by_weights",
                "space",
            )
        return self

    @model_validator(mode="after")
    def _check_centres(self) -> Self:
        if self.centres is None:
            return self
        if not self.centres:
            raise contradiction(
                "centres is an empty list; give at least one, or null to fit them", "centres"
            )
        if self.fixed_k is not None:
            problem = "fixed_k and centres are both set; keep one of the two"
            raise contradiction(problem, "fixed_k", "centres")
        if self.space == "values":
            problem = "centres are scores: they need space cells, not values"
            raise contradiction(problem, "centres", "space")
        return self
