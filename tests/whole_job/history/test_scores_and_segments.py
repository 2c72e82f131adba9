"""Scores, cells, segments and profile of a whole run, recomputed from its user tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from tests.whole_job.results import FinishedRun

pytestmark = pytest.mark.slow

SCORES = ["r_score", "f_score", "m_score"]
HUANG_2019 = np.array([[1, 1 / 3, 1 / 7], [3, 1, 1 / 5], [7, 5, 1]])


@pytest.fixture(scope="module")
def users(first_run: FinishedRun) -> pd.DataFrame:
    """Features and segments of every user, side by side."""
    features, segments = first_run.table("user_features"), first_run.table("user_segments")
    joined = features.merge(segments, on="user_id", validate="one_to_one")
    assert len(joined) == len(features) == len(segments)
    return joined


def mid_rank_scores(values: npt.NDArray[np.int64], bins: int = 10) -> npt.NDArray[np.int64]:
    """Score of each value, larger ones better; equal values share the middle of their ranks."""
    ordered = np.sort(values)
    worse = np.searchsorted(ordered, values, side="left")
    at = np.searchsorted(ordered, values, side="right") - worse
    return 1 + bins * (2 * worse + at) // (2 * len(values))


def whole_e8(values: pd.Series) -> npt.NDArray[np.int64]:
    return np.array([int(value.scaleb(8)) for value in values], dtype=np.int64)


def test_scores_are_the_mid_ranks_of_the_written_features(users: pd.DataFrame) -> None:
    recency = users["recency_days"].to_numpy(dtype=np.int64)
    frequency = users["frequency"].to_numpy(dtype=np.int64)
    np.testing.assert_array_equal(users["r_score"], mid_rank_scores(-recency))
    np.testing.assert_array_equal(users["f_score"], mid_rank_scores(frequency))
    np.testing.assert_array_equal(users["m_score"], mid_rank_scores(whole_e8(users["monetary"])))


def test_the_rfmf_score_weighs_scores_by_the_principal_eigenvector(users: pd.DataFrame) -> None:
    values, vectors = np.linalg.eig(HUANG_2019)
    principal = np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
    expected = users[SCORES].to_numpy() @ (principal / principal.sum())
    np.testing.assert_allclose(users["rfmf_score"], expected, rtol=0, atol=1e-9)


def test_published_cut_points_give_every_user_their_score(
    first_run: FinishedRun, users: pd.DataFrame
) -> None:
    cuts = first_run.table("score_cut_points").dropna(subset=["cut_value"])
    columns = {"recency": "recency_days", "frequency": "frequency", "monetary": "monetary"}
    for feature, score in zip(columns, SCORES, strict=True):
        sign = -1 if feature == "recency" else 1
        values = sign * users[columns[feature]]
        passed = pd.Series(1, index=users.index)
        for cut in cuts[cuts["feature"] == feature].to_dict("records"):
            border = sign * cut["cut_value"]
            passed += ((values > border) | ((values == border) & cut["inclusive"])).astype(int)
        pd.testing.assert_series_equal(passed, users[score], check_names=False, check_dtype=False)


def test_published_shares_are_those_of_the_users(
    first_run: FinishedRun, users: pd.DataFrame
) -> None:
    published = first_run.table("score_cut_points")
    for feature, score in zip(("recency", "frequency", "monetary"), SCORES, strict=True):
        own = published[published["feature"] == feature].set_index("score")["users"]
        counted = users[score].value_counts().reindex(range(1, 11), fill_value=0)
        assert own.sort_index().tolist() == counted.tolist()


def test_cells_count_the_users_in_them(first_run: FinishedRun, users: pd.DataFrame) -> None:
    cells = first_run.table("score_cells").set_index(SCORES)["users"].sort_index()
    counted = users.groupby(SCORES).size()
    pd.testing.assert_series_equal(cells, counted, check_names=False, check_dtype=False)


def test_users_of_a_cell_share_its_segment(first_run: FinishedRun, users: pd.DataFrame) -> None:
    of_cell = first_run.table("score_cells").set_index(SCORES)["segment_id"].sort_index()
    of_users = users.groupby(SCORES)["segment_id"].agg(["min", "max"])
    assert (of_users["min"] == of_users["max"]).all()
    pd.testing.assert_series_equal(of_cell, of_users["min"], check_names=False, check_dtype=False)


def test_every_user_is_in_the_segment_with_the_nearest_centre(
    first_run: FinishedRun, users: pd.DataFrame
) -> None:
    profile = first_run.table("segment_profile").sort_values("segment_id")
    centres = profile[["r_centre", "f_centre", "m_centre"]].to_numpy()
    distances = np.linalg.norm(users[SCORES].to_numpy()[:, None, :] - centres[None], axis=2)
    own = distances[np.arange(len(users)), users["segment_id"] - 1]
    nearest = np.sort(distances, axis=1)
    np.testing.assert_allclose(own, nearest[:, 0], atol=1e-9)
    np.testing.assert_allclose(users["own_distance"], nearest[:, 0], atol=1e-9)
    np.testing.assert_allclose(users["second_distance"], nearest[:, 1], atol=1e-9)


def test_segments_are_numbered_by_falling_score(first_run: FinishedRun) -> None:
    profile = first_run.table("segment_profile").sort_values("segment_id")
    assert profile["segment_id"].tolist() == list(range(1, len(profile) + 1))
    assert profile["rfmf_score_mean"].is_monotonic_decreasing


def test_the_profile_equals_pandas_on_the_user_tables(
    first_run: FinishedRun, users: pd.DataFrame
) -> None:
    profile = first_run.table("segment_profile").set_index("segment_id").sort_index()
    measured = ["recency_days", "frequency", "monetary", "cumulative_amount", "holding_amount"]
    numbers = users.assign(**{name: users[name].astype(float) for name in measured})
    groups = numbers.groupby("segment_id")
    expected = {f"{name}_mean": groups[name].mean() for name in measured}
    expected |= {f"{name}_median": groups[name].median() for name in measured[:3]}
    expected["rfmf_score_mean"] = groups["rfmf_score"].mean()
    expected["retention_rate"] = groups["retained"].mean()
    expected["user_share"] = groups.size() / len(users)
    expected["monetary_share"] = groups["monetary"].sum() / numbers["monetary"].sum()
    assert profile["users"].tolist() == groups.size().tolist()
    for name, values in expected.items():
        np.testing.assert_allclose(profile[name], values, rtol=1e-9, err_msg=name)


def test_the_chosen_k_is_the_number_of_segments(first_run: FinishedRun) -> None:
    k_selection = first_run.table("k_selection")
    chosen = k_selection[k_selection["chosen"]]
    assert k_selection["k"].sort_values().tolist() == list(range(2, 7))
    assert chosen["k"].tolist() == [len(first_run.table("segment_profile"))]
    assert chosen["reason"].str.len().gt(10).all()
