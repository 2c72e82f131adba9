"""Cut points: the published values that turn a feature into a score.

The rule for ties decides, in whole-number arithmetic, which score a group of equal users gets; a
cut point is a real value with a flag whether it belongs to the higher score. So a frozen cut gives
the same score to the same value on any later day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.sections.scoring import ScoringSettings, Ties
from rfmf_spark.scoring.order_statistics import OrderStatistic, find_order_statistics
from rfmf_spark.scoring.sketch import sketch_quantiles

# Fewer days since the last purchase are better; of the other features more is better.
LOWER_IS_BETTER = frozenset({"recency"})


@dataclass(frozen=True)
class CutPoint:
    """Border between ``score − 1`` and ``score`` of one feature.

    ``value`` counts the feature's smallest unit. ``beyond`` users are strictly better than the
    value and ``at`` have it; both are None for a hand-given cut.
    """

    score: int
    value: int
    inclusive: bool
    beyond: int | None = None
    at: int | None = None


@dataclass(frozen=True)
class FeatureCuts:
    """All cut points of one feature, by ascending score; ``source`` tells where they come from."""

    feature: str
    cuts: tuple[CutPoint, ...]
    source: str

    @property
    def lower_is_better(self) -> bool:
        """Whether small values get high scores."""
        return self.feature in LOWER_IS_BETTER


def score_by_ranks(worse: int, at: int, users: int, bins: int, ties: Ties = "mid") -> int:
    """Score of a value that ``at`` of ``users`` have and ``worse`` users are strictly below.

    ``low`` counts the users below, ``high`` also the equal ones but one, ``mid`` (ridit) half of
    them. Huang 2019 reads as ``high``.
    """
    match ties:
        case "low":
            return 1 + bins * worse // users
        case "mid":
            return 1 + bins * (2 * worse + at) // (2 * users)
        case "high":
            return 1 + bins * (worse + at - 1) // users
    raise ValueError(f"unknown rule for ties: {ties}")


def find_cut_points(
    features: DataFrame,
    users: int,
    settings: ScoringSettings,
    monetary_scale: int,
) -> dict[str, FeatureCuts]:
    """Cut points of the three features over all users.

    ``features`` has the whole-number columns ``recency``, ``frequency``, ``monetary``. Hand-given
    cuts are taken as they are; the others are quantiles, exact in the counts around them and, but
    for ``quantile_method: sketch``, in value.
    """
    given = {name: getattr(settings.cut_points, name) for name in FEATURE_NAMES}
    wanted: list[str] = [name for name in FEATURE_NAMES if given[name] is None]
    found = _find_quantiles(features, wanted, users, settings) if wanted else {}
    cuts: dict[str, FeatureCuts] = {}
    for name in FEATURE_NAMES:
        if name in found:
            cuts[name] = _cuts_from_ranks(name, found[name], users, settings)
        else:
            scale = monetary_scale if name == "monetary" else 0
            cuts[name] = _given_cuts(name, given[name], scale)
    return cuts


def _ranks_of_cuts(users: int, bins: int) -> dict[int, int]:
    """Rank of the inverse-CDF quantile j / bins for j = 1 … bins − 1 (0 is the smallest)."""
    return {j: -(-users * j // bins) - 1 for j in range(1, bins)}


def _find_quantiles(
    features: DataFrame, names: list[str], users: int, settings: ScoringSettings
) -> dict[str, dict[int, OrderStatistic]]:
    """Value and counts of the quantiles of each feature, by the rank that they stand for."""
    ranks = _ranks_of_cuts(users, settings.bins)
    if settings.quantile_method == "sketch":
        found = sketch_quantiles(features, names, settings.bins)
        return {name: {rank: found[name][j] for j, rank in ranks.items()} for name in names}
    everyone = features.select(F.lit(0).alias("part"), *names)
    statistics = find_order_statistics(everyone, {(0, name): ranks.values() for name in names})
    return {name: statistics[0, name] for name in names}


def _cuts_from_ranks(
    feature: str,
    statistics: Mapping[int, OrderStatistic],
    users: int,
    settings: ScoringSettings,
) -> FeatureCuts:
    """A cut is inclusive where the rule for ties gives the value itself the higher score."""
    cuts = []
    for j, rank in _ranks_of_cuts(users, settings.bins).items():
        found = statistics[rank]
        above = users - found.below - found.at
        lower_is_better = feature in LOWER_IS_BETTER
        worse, better = (above, found.below) if lower_is_better else (found.below, above)
        score = settings.bins - j + 1 if lower_is_better else j + 1
        own_score = score_by_ranks(worse, found.at, users, settings.bins, settings.ties)
        cuts.append(CutPoint(score, found.value, own_score >= score, better, found.at))
    cuts.sort(key=lambda cut: cut.score)
    source = f"quantiles ({settings.quantile_method}, ties {settings.ties})"
    return FeatureCuts(feature, tuple(cuts), source)


def _given_cuts(feature: str, values: tuple[float, ...], scale: int) -> FeatureCuts:
    """Hand-given values, ascending; a value belongs to the better side."""
    lower_is_better = feature in LOWER_IS_BETTER
    # A value between two whole numbers moves to the next one that is on the better side.
    rounding = ROUND_FLOOR if lower_is_better else ROUND_CEILING
    whole = [int(Decimal(str(v)).scaleb(scale).to_integral_value(rounding)) for v in values]
    ordered = whole[::-1] if lower_is_better else whole
    cuts = tuple(CutPoint(number + 2, value, True) for number, value in enumerate(ordered))
    return FeatureCuts(feature, cuts, "given")
