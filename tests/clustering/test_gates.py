"""Gates: what a K must fulfil, with the figures in words."""

from __future__ import annotations

import numpy as np

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.gates import Gates, failed_gates
from rfmf_spark.clustering.stability import Stability


def candidate(
    valley: float | None = 0.1,
    jaccard: tuple[float, ...] | None = (0.9, 1.0),
    users: tuple[int, ...] | None = (300, 700),
    found: int = 2,
) -> KCandidate:
    return KCandidate(
        2,
        np.zeros((found, 3)),
        1.0,
        None,
        None,
        users=None if users is None else np.array(users),
        valley=valley,
        stability=None if jaccard is None else Stability(np.array(jaccard), 1.0, 1.0),
    )


def test_segments_that_keep_every_bound_pass() -> None:
    at_the_bounds = candidate(valley=0.5, jaccard=(0.75, 1.0), users=(10, 990))

    assert failed_gates(candidate(), Gates()) == ()
    assert failed_gates(at_the_bounds, Gates()) == ()


def test_each_gate_fails_with_its_figures() -> None:
    assert failed_gates(candidate(valley=0.83), Gates()) == ("valley 0.83 above 0.5",)
    assert failed_gates(candidate(jaccard=(0.9, 0.612)), Gates()) == ("stability 0.612 below 0.75",)
    assert failed_gates(candidate(users=(9, 991)), Gates()) == ("share 0.009 below 0.01",)
    assert failed_gates(candidate(found=1), Gates()) == ("only 1 clusters have users",)


def test_all_failures_are_told() -> None:
    bad = candidate(valley=1.0, jaccard=(0.5, 0.5), users=(1, 999))

    assert [words.split()[0] for words in failed_gates(bad, Gates())] == [
        "valley",
        "stability",
        "share",
    ]


def test_other_bounds_let_it_pass() -> None:
    bad = candidate(valley=1.0, jaccard=(0.5, 0.5), users=(1, 999))

    assert failed_gates(bad, Gates(max_valley=1, min_stability=0, min_share=0)) == ()


def test_what_is_unknown_fails_no_gate() -> None:
    assert failed_gates(candidate(valley=None, jaccard=None, users=None), Gates()) == ()
