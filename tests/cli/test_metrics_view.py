"""Figures in the text format, as a parser of that format reads them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from rfmf_spark.cli.metrics_view import describe_metrics
from rfmf_spark.tables.figures import CompleteRun, RootFigures

ENDED = dt.datetime(2019, 8, 15, 1, 2, 3, tzinfo=dt.UTC)


def read(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Values by name, and by the values of their labels but ``root``, which all must have."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("root") == '/data/"r"\\x'
            key = tuple(labels[name] for name in sorted(labels))
            found.setdefault(sample.name, {})[key] = sample.value
    return found


def metrics_of(**figures: Any) -> dict[str, dict[tuple[str, ...], float]]:
    return read(describe_metrics(RootFigures(**figures), '/data/"r"\\x', "Asia/Shanghai"))


def test_a_complete_run_is_told_in_seconds_rows_and_shares() -> None:
    rows = {
        ("trades", "accepted"): 90,
        ("trades", "quarantined"): 8,
        ("trades", "excluded"): 2,
        ("nav", "accepted"): 5,
    }
    run = CompleteRun(ENDED, {"clean": 1.5, "fit": 2.25}, 7, rows, 0.1)
    found = metrics_of(complete=run)
    prefix = "rfmf_last_complete_run"
    assert found[f"{prefix}_timestamp_seconds"] == {(): 1565830923.0}
    assert found[f"{prefix}_duration_seconds"] == {(): 3.75}
    assert found[f"{prefix}_stage_duration_seconds"] == {("clean",): 1.5, ("fit",): 2.25}
    assert found[f"{prefix}_users"] == {(): 7}
    assert found[f"{prefix}_input_rows"][("trades", "quarantined")] == 8
    assert found[f"{prefix}_bad_rows_ratio"] == {("trades",): 0.08, ("nav",): 0}
    assert found[f"{prefix}_bad_rows_limit_ratio"] == {(): 0.1}


def test_a_business_date_begins_in_its_own_time_zone() -> None:
    found = metrics_of(current_as_of=dt.date(2019, 8, 14))
    # 2019-08-13T16:00:00Z
    assert found["rfmf_current_business_date_timestamp_seconds"] == {(): 1565712000.0}


def test_runs_are_counted_by_how_they_are_and_how_they_ended() -> None:
    found = metrics_of(by_status={"running": 1, "complete": 4, "failed": 2}, exit_code=3)
    assert found["rfmf_runs"] == {("running",): 1, ("waiting",): 0}
    assert found["rfmf_runs_ended_total"] == {("complete",): 4, ("failed",): 2, ("aborted",): 0}
    assert found["rfmf_last_run_exit_code"] == {(): 3}


def test_what_there_is_not_is_left_out() -> None:
    found = metrics_of()
    assert set(found) == {
        "rfmf_build_info",
        "rfmf_runs",
        "rfmf_runs_ended_total",
        "rfmf_lock_held",
    }


def test_a_lock_is_told_with_the_moment_it_was_taken() -> None:
    found = metrics_of(is_locked=True, lock_since=ENDED, running_since=ENDED)
    assert found["rfmf_lock_held"] == {(): 1}
    assert found["rfmf_lock_since_timestamp_seconds"] == {(): 1565830923.0}
    assert found["rfmf_running_since_timestamp_seconds"] == {(): 1565830923.0}


def test_a_secret_within_the_root_is_hidden() -> None:
    text = describe_metrics(RootFigures(), "s3a://me:abracadabra@bucket/out", "UTC")
    assert "abracadabra" not in text
