"""Alerts and dashboard against Prometheus' own tool, and against the metrics that there are."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rfmf_spark.cli.metrics_view import describe_metrics
from rfmf_spark.tables.figures import CompleteRun, RootFigures
from tests.wheel import CHECKOUT

FOLDER = CHECKOUT / "deploy" / "prometheus"
ALERTS = FOLDER / "rfmf-alerts.yaml"
DASHBOARD = FOLDER / "rfmf-dashboard.json"
NOON = dt.datetime(2019, 8, 15, 12, tzinfo=dt.UTC)
EVERYTHING = RootFigures(
    complete=CompleteRun(NOON, {"fit": 2.5}, 7, {("trades", "accepted"): 9}, 0.01),
    current_as_of=dt.date(2019, 8, 14),
    exit_code=0,
    ended_at=NOON,
    running_since=NOON,
    by_status={"running": 1},
    is_locked=True,
    lock_since=NOON,
)
EXPOSED = describe_metrics(EVERYTHING, "/r", "Asia/Shanghai")


def promtool(*arguments: str, given: str | None = None) -> str:
    """What Prometheus' tool prints; the test is skipped where it is not installed."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool on the PATH; Debian's package prometheus has it")
    ended = subprocess.run(
        [tool, *arguments], input=given, capture_output=True, text=True, cwd=FOLDER, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_prometheus_finds_nothing_to_complain_of_in_the_metrics() -> None:
    assert promtool("check", "metrics", given=EXPOSED) == ""


def test_prometheus_accepts_the_alerts() -> None:
    assert "SUCCESS" in promtool("check", "rules", ALERTS.name)


def test_the_alerts_fire_where_they_should_and_nowhere_else() -> None:
    assert "SUCCESS" in promtool("test", "rules", "rfmf-alerts.test.yaml")


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    alerts = set(re.findall(r"- alert: (\w+)", ALERTS.read_text()))
    cases = (FOLDER / "rfmf-alerts.test.yaml").read_text()
    fired = set(re.findall(r"alertname: (\w+)\n +exp_alerts:", cases))
    assert alerts == fired


THERE = set(re.findall(r"^# TYPE (\w+)", EXPOSED, re.MULTILINE))


@pytest.mark.parametrize("file", [ALERTS, DASHBOARD], ids=lambda file: file.name)
def test_only_metrics_that_there_are_are_asked_for(file: Path) -> None:
    asked = set(re.findall(r"\brfmf_\w+", file.read_text()))
    assert asked
    assert asked <= THERE


def test_every_metric_is_documented() -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| (`rfmf_[^|]+)\|", page, re.MULTILINE)
    assert set(re.findall(r"`(\w+)", " ".join(rows))) == THERE - {"rfmf_build_info"}


def test_panels_of_the_dashboard_do_not_overlap_and_have_a_source() -> None:
    board = json.loads(DASHBOARD.read_text())
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        assert panel["targets"]
        taken |= cells
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource", "root"]
