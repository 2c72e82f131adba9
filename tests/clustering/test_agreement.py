"""Agreement of clusterings: against scikit-learn on repeated rows, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from rfmf_spark.clustering.agreement import adjusted_rand_index, jaccard_by_cluster


@pytest.mark.parametrize("seed", range(5))
def test_the_rand_index_equals_that_of_repeated_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 4, 60), rng.integers(0, 3 + seed, 60)
    users = rng.choice([1, 2, 50], 60)

    found = adjusted_rand_index(one, other, users)

    expected = adjusted_rand_score(np.repeat(one, users), np.repeat(other, users))
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_rand_index_of_equal_clusterings_is_one_whatever_their_labels() -> None:
    users = np.array([3, 4, 5])

    assert adjusted_rand_index(np.array([0, 1, 1]), np.array([1, 0, 0]), users) == 1
    assert adjusted_rand_index(np.zeros(3, int), np.zeros(3, int), users) == 1


def test_a_single_user_agrees() -> None:
    assert adjusted_rand_index(np.array([0]), np.array([0]), np.array([1])) == 1


def test_jaccard_of_each_cluster_by_hand() -> None:
    labels, others = np.array([0, 0, 1, 2]), np.array([1, 0, 0, 2])
    users = np.array([6, 2, 4, 5])

    found = jaccard_by_cluster(labels, others, users, 3)

    # Cluster 0 has users {6, 2}: with {6} 6 of 8. Cluster 1 {4}: with {2, 4} 4 of 6. Cluster 2: 1.
    assert found == pytest.approx([6 / 8, 4 / 6, 1])


def test_a_cluster_that_vanished_agrees_with_what_swallowed_it() -> None:
    found = jaccard_by_cluster(np.array([0, 1]), np.array([0, 0]), np.array([3, 1]), 2)

    assert found == pytest.approx([3 / 4, 1 / 4])
