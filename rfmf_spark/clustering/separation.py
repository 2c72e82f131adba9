"""Are clusters apart, or is a continuum cut into pieces? The valley between two of them.

K-means cuts everything into pieces, and the pieces of an even crowd are often stable and have fine
indices. What tells segments from pieces is that few users stand between them. So the users
of two clusters are projected on the line through both means, their density along it is estimated,
and its lowest point between the two peaks is compared with the lower peak. The same question is
asked by the separation index of Qiu and Joe 2006, whose quantiles stray users hide sooner.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from rfmf_spark.clustering.criteria import Floats, Integers

# Bandwidth of the Gaussian kernel: a share of the distance of the means, but no less than half a
# score, or the steps between scores would look like valleys.
_BANDWIDTH_OF_DISTANCE = 0.12
_BANDWIDTH_OF_SCORE = 0.5
_GRID_POINTS = 41


def shallowest_valley(
    points: Floats, users: Integers, labels: Integers, score_step: Floats
) -> float | None:
    """The largest ratio of valley to lower peak over all pairs of clusters, between 0 and 1.

    0: nobody stands between any two clusters; 1: some two have no valley between them at all.
    ``score_step`` (d,) is the size of one score in the coordinates. ``None`` for one cluster.
    """
    clusters = [labels == label for label in np.unique(labels)]
    if len(clusters) == 1:
        return None
    return max(
        _valley(points, users, one, other, score_step) for one, other in combinations(clusters, 2)
    )


def _valley(
    points: Floats, users: Integers, one: Integers, other: Integers, score_step: Floats
) -> float:
    start = np.average(points[one], axis=0, weights=users[one])
    line = np.average(points[other], axis=0, weights=users[other]) - start
    length = float(np.linalg.norm(line))
    if length == 0:
        return 1.0
    direction = line / length
    both = one | other
    positions = (points[both] - start) @ direction
    score = float(np.linalg.norm(direction * score_step))
    bandwidth = max(_BANDWIDTH_OF_DISTANCE * length, _BANDWIDTH_OF_SCORE * score)
    places = np.linspace(0, length, _GRID_POINTS)
    distances = (places[:, None] - positions) / bandwidth
    density = np.exp(-0.5 * distances**2) @ users[both]
    middle = _GRID_POINTS // 2
    left, right = int(density[: middle + 1].argmax()), middle + int(density[middle:].argmax())
    return float(density[left : right + 1].min() / min(density[left], density[right]))
