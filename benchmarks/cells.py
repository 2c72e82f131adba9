"""Score cells to choose K on: CDNOW, even crowds, blobs, planted mixtures.

Each is a pair of points (n, 3), distinct and sorted, and their users (n,).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from rfmf_spark.clustering.criteria import Floats, Integers

BINS = 10


class Planted(NamedTuple):
    """Score cells, their users, and the segment that each cell was planted for."""

    points: Floats
    users: Integers
    truth: Integers


def grid(sides: tuple[int, int, int] = (BINS, BINS, BINS)) -> Floats:
    """All score cells, with ``sides`` scores on the axes."""
    axes = [np.arange(1, side + 1, dtype=np.float64) for side in sides]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def count_rows(rows: Floats | Integers) -> tuple[Floats, Integers]:
    """Distinct rows (users' scores) and how many users have them."""
    points, users = np.unique(rows, axis=0, return_counts=True)
    return points.astype(np.float64), users.astype(np.int64)


def uniform(users: int, seed: int) -> tuple[Floats, Integers]:
    """Users who are spread evenly over all cells."""
    counts = np.random.default_rng(seed).multinomial(users, np.full(BINS**3, 1 / BINS**3))
    return grid()[counts > 0], counts[counts > 0]


def blob(users: int, seed: int, deviation: float = 1.5) -> tuple[Floats, Integers]:
    """One bell-shaped crowd around the middle."""
    rng = np.random.default_rng(seed)
    rows = np.rint(rng.normal(5.5, deviation, (users, 3)))
    return count_rows(np.clip(rows, 1, BINS))


def correlated(users: int, seed: int, correlation: float) -> tuple[Floats, Integers]:
    """Decile scores of three normal features with the same correlation: a continuum."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(users, 1)) * np.sqrt(correlation)
    values = shared + rng.normal(size=(users, 3)) * np.sqrt(1 - correlation)
    return count_rows(np.stack([_mid_rank_scores(column) for column in values.T], axis=1))


def planted(segments: int, users: int, seed: int, gap: int = 3) -> Planted:
    """A mixture of boxes of cells; any two have ``gap`` empty scores between them on some axis."""
    rng = np.random.default_rng(seed)
    low, high = _place_boxes(rng, segments, gap)
    shares = rng.dirichlet(np.full(segments, 3.0)) * (1 - 0.03 * segments) + 0.03
    cells = grid()
    inside = (cells[:, None, :] >= low) & (cells[:, None, :] <= high)
    cell, segment = np.nonzero(inside.all(axis=2))
    weights = rng.gamma(2.0, size=len(cell))
    weights /= np.bincount(segment, weights)[segment]
    counts = rng.multinomial(users, weights * shares[segment])
    occupied = counts > 0
    return Planted(cells[cell[occupied]], counts[occupied], segment[occupied])


class PlantedValues(NamedTuple):
    """Users' scores (n, 3), and the segment that each user's values were planted for (n,)."""

    scores: Integers
    truth: Integers


def planted_in_values(segments: int, users: int, seed: int) -> PlantedValues:
    """Segments far apart in their values, of which decile scores keep only the order."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(segments, users, p=rng.dirichlet(np.full(segments, 5.0)))
    # Positions a tenth apart with a spread of a hundredth: nobody stands between two segments.
    centres = np.stack([rng.permutation(segments) for _ in range(3)], axis=1) / 10
    values = centres[truth] + rng.normal(0, 0.01, (users, 3))
    return PlantedValues(np.stack([_mid_rank_scores(column) for column in values.T], axis=1), truth)


def cdnow(file: Path) -> tuple[Floats, Integers]:
    """Mid-rank scores of recency, frequency and amount of the purchases in CDNOW_master.txt."""
    columns = ["customer", "day", "discs", "dollars"]
    trades = pd.read_csv(file, sep=r"\s+", skiprows=1, names=columns)
    # Dates run over two years: differences of day numbers are whole days.
    day = pd.to_datetime(trades["day"], format="%Y%m%d")
    cents = (trades["dollars"] * 100).round().astype(np.int64)
    by_user = trades.assign(day=day, cents=cents).groupby("customer")
    last = (by_user["day"].max() - pd.Timestamp("1997-01-01")).dt.days
    features = (last, by_user.size(), by_user["cents"].sum())
    return count_rows(
        np.stack([_mid_rank_scores(np.asarray(f, dtype=np.int64)) for f in features], axis=1)
    )


def _mid_rank_scores(values: Floats | Integers) -> Integers:
    """1 + bins·(2·worse + at) // (2N), where more is better."""
    _, index, at = np.unique(values, return_inverse=True, return_counts=True)
    worse = np.cumsum(at) - at
    scores: Integers = (1 + BINS * (2 * worse + at) // (2 * len(values)))[index]
    return scores


def _place_boxes(rng: np.random.Generator, number: int, gap: int) -> tuple[Integers, Integers]:
    """Lowest and highest scores (number, 3) of boxes up to three scores wide."""
    while True:
        low, high = np.empty((0, 3), dtype=np.int64), np.empty((0, 3), dtype=np.int64)
        for _ in range(400):
            if len(low) == number:
                return low, high
            side = rng.integers(1, 4, 3)
            start = rng.integers(1, BINS + 2 - side)
            end = start + side - 1
            empty = np.maximum(start - high, low - end) - 1
            if (empty >= gap).any(axis=1).all():
                low, high = np.vstack([low, start]), np.vstack([high, end])
