"""Quick fits of many sets of users: the same however many are held in memory at once."""

from __future__ import annotations

import numpy as np
import pytest

from rfmf_spark.clustering.refits import refit_many


def test_refits_do_not_depend_on_how_many_sets_are_held_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    points = np.unique(rng.integers(1, 11, (60, 3)), axis=0).astype(np.float64)
    users = rng.multinomial(500, np.full(len(points), 1 / len(points)), 7)
    known = points[:6].reshape(2, 3, 3)
    centres, costs = refit_many(points, users, known, 1)

    for place in ("lloyd", "refits"):
        monkeypatch.setattr(f"rfmf_spark.clustering.{place}.MOST_LABELS", 3 * 4 * len(points))
    few_centres, few_costs = refit_many(points, users, known, 1)

    np.testing.assert_allclose(few_centres, centres, rtol=1e-12)
    np.testing.assert_allclose(few_costs, costs, rtol=1e-12)
    assert few_costs.shape == (7,)
