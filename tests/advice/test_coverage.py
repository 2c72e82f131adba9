"""Covered volume over the share of users, and its knee, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.advice.coverage import find_knee, trace_coverage
from rfmf_spark.errors import InputRefusedError


def test_the_users_with_the_most_come_first() -> None:
    curve = trace_coverage(np.array([1.0, 6.0, 3.0]), users=10).set_index("share")
    assert curve.loc[[0.0, 0.1, 0.2, 0.3, 1.0], "covered"].tolist() == [0, 0.6, 0.9, 1, 1]
    # A tenth of a user is nobody.
    assert curve.loc[[0.099, 0.1, 0.199], "users"].tolist() == [0, 1, 1]


def test_the_curve_is_concave_and_ends_at_one() -> None:
    volumes = np.random.default_rng(5).lognormal(sigma=2, size=1_000)
    covered = trace_coverage(volumes, users=1_000)["covered"].to_numpy()
    assert covered[-1] == 1
    assert (np.diff(covered, n=2) <= 1e-12).all()


def test_the_knee_is_where_volume_per_user_falls_below_the_mean() -> None:
    # 50 of 1,000 users have 90 each; the others less than the mean of 5.45.
    volumes = np.concatenate([np.full(50, 90.0), np.full(950, 1.0)])
    assert find_knee(trace_coverage(volumes, users=1_000)) == 0.05


def test_the_knee_of_an_exponential_tail_is_where_its_density_is_the_mean() -> None:
    # Volumes −ln(rank / n) have mean 1, and are above it for the share 1 / e of the users.
    n = 100_000
    volumes = -np.log((np.arange(n) + 0.5) / n)
    assert find_knee(trace_coverage(volumes, users=n)) == pytest.approx(1 / np.e, abs=0.002)


def test_users_who_are_all_alike_have_no_knee() -> None:
    assert find_knee(trace_coverage(np.ones(100), users=100)) is None


@pytest.mark.parametrize(
    ("volumes", "users"), [([], 5), ([0.0, 0.0], 5), ([1.0, -1.0], 5), ([1.0, 1.0], 1)]
)
def test_impossible_volumes_are_refused(volumes: list[float], users: int) -> None:
    with pytest.raises(InputRefusedError, match=f"of {len(volumes)} users out of {users}; give"):
        trace_coverage(np.array(volumes), users)
