"""The whole way without Spark: planted segments are found, and none where none are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from benchmarks.cells import Planted, blob, planted, uniform
from rfmf_spark.clustering.candidate import KCandidate, assign_cells, sort_cells
from rfmf_spark.clustering.choice import KChoice, choose_k
from rfmf_spark.clustering.sweep import SweepSettings, search_candidates


def table(points: np.ndarray, users: np.ndarray) -> pd.DataFrame:
    cells = pd.DataFrame(points.astype(int), columns=["r_score", "f_score", "m_score"])
    return cells.assign(users=users)


def chosen(cells: pd.DataFrame) -> tuple[KCandidate, KChoice]:
    settings = SweepSettings(
        2, 10, None, 11, 100, 1e-6, restarts=20, gap_references=5, resamples=10
    )
    candidates = search_candidates(cells, {}, settings)
    choice = choose_k(candidates)
    return next(c for c in candidates if c.k == choice.k), choice


def rand_index(mixture: Planted, candidate: KCandidate) -> float:
    found = assign_cells(table(mixture.points, mixture.users), candidate.centres).labels
    # A thousandth of the users is enough to weigh the cells, each at least once.
    times = np.maximum(mixture.users // 1000, 1) if mixture.users.sum() > 1e6 else mixture.users
    return float(adjusted_rand_score(np.repeat(mixture.truth, times), np.repeat(found, times)))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("segments", [3, 5, 7])
def test_planted_segments_have_three_empty_scores_between_them(segments: int, seed: int) -> None:
    mixture = planted(segments, 10_000, seed)

    for one in range(segments):
        for other in range(one):
            a, b = (mixture.points[mixture.truth == s] for s in (one, other))
            apart = np.maximum(a.min(axis=0) - b.max(axis=0), b.min(axis=0) - a.max(axis=0)) - 1
            assert apart.max() >= 3


# Every number of users with every number of segments; make bench-k has more seeds of each.
@pytest.mark.parametrize(
    ("users", "seed"), [(600, 0), (600, 1), (20_000, 2), (3_000_000, 3)], ids=lambda n: f"{n}"
)
@pytest.mark.parametrize("segments", [3, 5, 7])
def test_planted_segments_are_found(segments: int, users: int, seed: int) -> None:
    mixture = planted(segments, users, seed)

    candidate, choice = chosen(table(mixture.points, mixture.users))

    assert (choice.k, choice.verdict) == (segments, "natural")
    assert rand_index(mixture, candidate) >= 0.95


@pytest.mark.parametrize(("users", "seed"), [(400, 0), (20_000, 1), (3_000_000, 0)])
def test_an_even_crowd_has_no_natural_k(users: int, seed: int) -> None:
    _, choice = chosen(table(*uniform(users, seed)))

    assert (choice.k, choice.verdict) == (5, "no_natural_k")
    assert choice.reason.startswith("no natural K: none of 2 to 10 passes the gates")


@pytest.mark.parametrize(
    ("users", "deviation"), [(500, 0.6), (50_000, 0.6), (500, 1.2), (50_000, 2.5)]
)
def test_one_blob_has_no_natural_k(users: int, deviation: float) -> None:
    _, choice = chosen(table(*blob(users, 1, deviation)))

    assert (choice.k, choice.verdict) == (5, "no_natural_k")


def facts(cells: pd.DataFrame) -> tuple[object, ...]:
    candidate, choice = chosen(cells)
    return (candidate.centres.tolist(), choice.k, choice.verdict, choice.votes)


@pytest.mark.parametrize("kind", ["planted", "blob"])
def test_the_order_of_rows_and_twice_the_users_change_nothing(kind: str) -> None:
    points, users = planted(5, 8_000, 9)[:2] if kind == "planted" else blob(8_000, 9)
    cells = table(points, users)
    expected = facts(cells)

    assert facts(cells.sample(frac=1, random_state=3)) == expected
    assert facts(cells.assign(users=2 * cells["users"])) == expected


def test_every_figure_repeats_whatever_the_order() -> None:
    cells = table(*blob(3_000, 4))
    settings = SweepSettings(2, 4, None, 5, 50, 1e-6, restarts=5, gap_references=3, resamples=4)

    one = search_candidates(cells, {}, settings)
    other = search_candidates(cells.iloc[::-1], {}, settings)

    for a, b in zip(one, other, strict=True):
        assert (a.cost, a.gap, a.gap_error, a.valley) == (b.cost, b.gap, b.gap_error, b.valley)
        assert a.stability is not None
        assert b.stability is not None
        assert a.stability.jaccard.tolist() == b.stability.jaccard.tolist()
    assert sort_cells(cells).equals(sort_cells(cells.iloc[::-1]))
