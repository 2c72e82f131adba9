"""Which single choices are moved, from where to where: settings and weights of each variation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from rfmf_spark.clustering.criteria import Floats
from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.settings import Settings

# The first variation changes nothing: what it shows comes from searching and fitting again.
CONTROL = "nothing"
_WEIGHT = "weight of "


class Variation(NamedTuple):
    """One choice: its name, the value it has and the one it gets, and what follows from that."""

    choice: str
    before: str
    after: str
    settings: Settings
    weights: Floats

    @property
    def only_weighs_anew(self) -> bool:
        """Whether the clusters stay as they are, and only their order can change."""
        weighs = self.choice.startswith(_WEIGHT)
        return weighs and not self.settings.clustering.scale_by_weights

    def scores_anew(self, baseline: Settings) -> bool:
        """Whether users get other scores than those of the baseline's settings."""
        now = self.settings
        return now.scoring != baseline.scoring or now.features != baseline.features


def plan_variations(settings: Settings, weights: Floats) -> list[Variation]:
    """The control, and every configured value that is not the one in force.

    ``weights`` (3,) in the order R, F, MF are moved up and down one by one, relatively, and then
    divided by their sum.
    """
    plan = settings.sensitivity
    searched = _with(settings, "clustering", {"resamples": plan.resamples, "centres": None})
    found = [Variation(CONTROL, "", "", searched, weights)]
    for choice, values in _choices(settings):
        section, name = choice.split(".")
        before = getattr(getattr(settings, section), name)
        for value in values:
            if value != before:
                change, varied = (_as_text(before), _as_text(value)), {name: value}
                found.append(Variation(choice, *change, _with(searched, section, varied), weights))
    for number, feature in enumerate(FEATURE_NAMES):
        for step in plan.weight_steps:
            for moved in (1 - step, 1 + step):
                raised = np.array(weights, dtype=np.float64)
                raised[number] *= moved
                varied = raised / raised.sum()
                change = f"{weights[number]:.4f}", f"{varied[number]:.4f}"
                found.append(Variation(f"{_WEIGHT}{feature}", *change, searched, varied))
    return found


def _choices(settings: Settings) -> Iterator[tuple[str, tuple[Any, ...]]]:
    plan = settings.sensitivity
    yield "scoring.ties", plan.ties
    # Cut points given by hand, and centres, belong to one number of bins.
    if not any(getattr(settings.scoring.cut_points, name) for name in FEATURE_NAMES):
        yield "scoring.bins", plan.bins
    if settings.input.features is None:
        yield "features.basis", plan.bases
    if plan.scale_by_weights:
        yield "clustering.scale_by_weights", (True, False)


def _with(settings: Settings, section: str, values: dict[str, Any]) -> Settings:
    changed = getattr(settings, section).model_copy(update=values)
    return settings.model_copy(update={section: changed})


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
