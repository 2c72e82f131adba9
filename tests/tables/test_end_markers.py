"""End markers as files: what they hold, where they lie, and that they appear as a whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.tables.end_markers import EndMarker, LocalMarkers, marker_place
from rfmf_spark.tables.engine_markers import EngineMarkers
from tests.wheel import CHECKOUT

ENDED = EndMarker(
    run_id="scheduled__2019-08-14T00:00:00+08:00",
    status="failed",
    exit_code=3,
    reason='input.trades: 第一 "quoted"\nand a second line',
    at="2019-08-15T01:02:03+00:00",
    as_of="2019-08-14",
    freshness={"current_as_of": "2019-08-13", "current_run": "r1"},
)


def test_a_marker_is_one_line_and_read_back_as_it_was() -> None:
    text = ENDED.to_json()
    assert len(text.splitlines()) == 1
    assert EndMarker.from_json(text) == ENDED


def test_a_marker_of_another_release_is_read_as_far_as_it_is_known() -> None:
    newer = json.loads(ENDED.to_json()) | {"cluster": "blue"}
    del newer["freshness"]
    found = EndMarker.from_json(json.dumps(newer))
    assert (found.exit_code, found.freshness) == (3, {})


@pytest.mark.parametrize("text", ["", "[]", "7", '{"run_id": "r1"}', '{"run_id": "r1'])
def test_what_is_no_marker_is_told(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        EndMarker.from_json(text)


def test_a_marker_holds_no_secret() -> None:
    leaky = EndMarker("r1", "failed", 1, "jdbc:mysql://db/m?password=abracadabra", "now")
    assert "abracadabra" not in leaky.to_json()


def test_names_of_markers_stay_in_their_folder_and_have_no_colon() -> None:
    assert marker_place("out", "a:b+c") == "out/_rfmf_ended/a_b+c.json"
    assert marker_place("s3a://b/out", "../x") == "s3a://b/out/_rfmf_ended/.._x.json"


def test_markers_of_a_folder_replace_each_other_and_leave_nothing_else(tmp_path: Path) -> None:
    markers = LocalMarkers(tmp_path)
    assert (markers.has_seen_runs(), markers.read(ENDED.run_id)) == (False, None)
    for code in (0, 3):
        markers.write(EndMarker(ENDED.run_id, "x", code, "", "now"))
    assert markers.has_seen_runs()
    found = markers.read(ENDED.run_id)
    assert found is not None
    assert found.exit_code == 3
    (file,) = (tmp_path / "_rfmf_ended").iterdir()
    assert file.name == "scheduled__2019-08-14T00_00_00+08_00.json"


@pytest.mark.parametrize("engine", ["spark", "classic_spark"])
def test_markers_by_the_engine_are_the_same(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    spark: SparkSession = request.getfixturevalue(engine)
    markers = EngineMarkers(spark, str(tmp_path))
    assert markers.read(ENDED.run_id) is None
    markers.write(EndMarker(ENDED.run_id, "complete", 0, "done", "now"))
    markers.write(ENDED)
    assert markers.read(ENDED.run_id) == ENDED


def test_markers_are_read_where_there_is_no_pyspark(tmp_path: Path) -> None:
    (tmp_path / "_rfmf.lock").touch()
    LocalMarkers(tmp_path).write(ENDED)
    given = ["ended", ENDED.run_id, "--set", f"output.root={tmp_path}"]
    without = (
        "import sys\n"
        "for name in ('pyspark', 'pysail', 'deltalake'): sys.modules[name] = None\n"
        f"from rfmf_spark.cli import main\nmain({given!r})\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", without], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, json.loads(ended.stdout)["reason"]) == (3, ENDED.reason)
    assert ended.stderr.startswith(f"rfmf: run {ENDED.run_id}: failed: input.trades: ")
