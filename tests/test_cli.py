"""Arguments, exit codes and messages of the command line; whole runs are in ``whole_job``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.wheel import CHECKOUT
from tests.whole_job.running import rfmf

COMMANDS = [
    "config",
    "demo",
    "doctor",
    "ended",
    "generate",
    "metrics",
    "quarantine",
    "report",
    "rollback",
    "run",
    "runs",
    "show",
    "unlock",
    "validate",
    "weights",
]

INPUTS = [f"--set=input.{name}=somewhere" for name in ("trades", "nav", "products")]


def test_help_names_every_command() -> None:
    ended = rfmf("--help")
    assert ended.code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in ended.stdout] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_its_options_and_an_example(command: str) -> None:
    ended = rfmf(command, "--help")
    assert ended.code == 0
    assert f"Example: rfmf {command}" in ended.stdout
    assert "--set KEY=VALUE" in ended.stdout


def test_the_version_is_that_of_the_package() -> None:
    ended = rfmf("--version")
    assert (ended.code, ended.stdout.split()[0]) == (0, "rfmf,")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "--as_of", "2019-08-14"], "--as-of"),
        (["explode"], "No such command 'explode'"),
        (["generate"], "Missing option '--out'"),
        (["generate", "--out", "x", "--format", "xml"], "'parquet', 'csv', 'delta'"),
        (["run", "--profile", "moon"], "'local', 'cluster'"),
    ],
)
def test_wrong_usage_ends_with_code_2(arguments: list[str], told: str) -> None:
    ended = rfmf(*arguments)
    assert ended.code == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--set", "clustering.kmax=8"],
            "unknown setting clustering.kmax; did you mean clustering.k_max?",
        ),
        (["--set", "clustering.k_max=many"], "clustering.k_max is 'many'"),
        (["--set", "clustering.k_max=1"], "clustering.k_max is 1"),
        (["--set", "clustering.k_max"], "expected key.sub=value"),
        (["--config", "absent.yaml"], "absent.yaml: cannot be read"),
        (["--as-of", "yesterday"], "as_of is 'yesterday'"),
        ([], "as_of is not set; give the business date: --as-of 2019-08-14"),
        (["--as-of", "2019-08-14"], "input.trades is not set"),
        (["--as-of", "2019-08-14", *INPUTS], "output.root is not set"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_with_code_2_and_one_line(
    arguments: list[str], told: str
) -> None:
    ended = rfmf("run", *arguments)
    assert (ended.code, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("rfmf: ")
    assert told in line


@pytest.mark.parametrize("command", [["run"], ["stage", "clean"], ["validate"]])
@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("weights.judgments=absent.yaml", "there is no file absent.yaml"),
        ("weights.max_consistency_ratio=0.0001", "consistency"),
        ("segments.names=absent.yaml", "there is no file absent.yaml"),
    ],
)
def test_what_is_wrong_beside_the_inputs_is_told_by_all_that_would_read_them(
    command: list[str], assignment: str, told: str
) -> None:
    given = ["--as-of", "2019-08-14", *INPUTS, "--set", "output.root=results"]
    ended = rfmf(*command, *given, "--set", assignment)
    assert (ended.code, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert told in line


@pytest.mark.parametrize("command", [["run"], ["stage", "clean"], ["validate"]])
@pytest.mark.parametrize(
    ("content", "told"),
    [(b'{"format": "rfm', "not readable as JSON"), (b"\xff\xfe", "the file cannot be read")],
)
def test_a_broken_model_is_told_by_all_that_would_use_it(
    command: list[str], content: bytes, told: str, tmp_path: Path
) -> None:
    model = tmp_path / "model.json"
    model.write_bytes(content)
    given = ["--as-of", "2019-08-14", *INPUTS, "--set", f"output.root={tmp_path / 'results'}"]
    ended = rfmf(*command, *given, "--model", str(model))
    assert (ended.code, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert told in line
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("command", [["run"], ["stage", "clean"], ["validate"]])
def test_a_model_that_is_nowhere_is_told_by_all_that_would_use_it(
    spark: SparkSession, command: list[str], tmp_path: Path
) -> None:
    given = ["--as-of", "2019-08-14", *INPUTS, "--set", f"output.root={tmp_path / 'results'}"]
    ended = rfmf(*command, *given, "--model", "absent.json")
    assert ended.code == 2
    (line,) = ended.stderr.splitlines()
    assert "model is absent.json: it is no file" in line


def test_a_model_is_no_run_where_there_is_no_place_of_results() -> None:
    ended = rfmf("validate", "--as-of", "2019-08-14", *INPUTS, "--model", "latest")
    assert ended.code == 2
    assert "without output.root there is no run" in ended.stderr


def test_a_place_of_results_that_is_taken_is_told_by_validate_too(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "runs").write_text("notes")
    given = ["--as-of", "2019-08-14", *INPUTS, "--set", f"output.root={tmp_path}"]
    ended = rfmf("validate", *given)
    assert ended.code == 2
    assert "a file runs that is no table of ours" in ended.stderr


def test_several_wrong_settings_are_told_together() -> None:
    ended = rfmf("config", "--set", "scoring.bins=1", "--set", "clustering.seed=-1")
    assert ended.code == 2
    assert "scoring.bins" in ended.stderr
    assert "clustering.seed" in ended.stderr


def test_config_shows_every_value_with_the_place_that_set_it(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("clustering:\n  k_max: 7\n  seed: 3\n")
    ended = rfmf("config", "--config", str(own), "--set", "clustering.seed=4")
    assert ended.code == 0
    lines = ended.stdout.splitlines()
    assert f"clustering.k_max = 7    # {own}:2" in lines
    assert "clustering.seed = 4    # --set" in lines
    assert any(line.startswith("clustering.k_min = 2    # conf/base.yaml:") for line in lines)
    assert any(line.startswith("session.quiet = true    # conf/local") for line in lines)


def test_config_as_json_holds_the_same() -> None:
    ended = rfmf("config", "--json", "--as-of", "2019-08-14", "--profile", "cluster")
    described = json.loads(ended.stdout)
    assert described["as_of"] == {"value": "2019-08-14", "set_in": "--as-of"}
    assert described["session.master"]["value"] is None
    assert described["features.day_count"]["value"] == "365"


@pytest.mark.parametrize(
    ("arguments", "environment", "profile"),
    [
        (["--remote", "sc://host:15002"], "", "cluster"),
        (["--remote", "local[2]"], "sc://host:15002", "local"),
        ([], "sc://host:15002", "cluster"),
        (["--remote", "sc://host:15002", "--profile", "local"], "", "local"),
        ([], "", "local"),
    ],
)
def test_spark_on_a_server_gets_the_profile_of_clusters_unless_another_is_given(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], environment: str, profile: str
) -> None:
    monkeypatch.setenv("SPARK_REMOTE", environment)
    ended = rfmf("config", *arguments)
    assert f"# conf/{profile}.yaml:" in ended.stdout
    other = {"local", "cluster"} - {profile}
    assert f"# conf/{other.pop()}.yaml:" not in ended.stdout


def test_the_argument_remote_wins_over_the_setting() -> None:
    given = ["--set", "session.remote=sc://one:1", "--remote", "sc://two:2"]
    assert 'session.remote = "sc://two:2"' in rfmf("config", *given).stdout


def test_what_is_no_address_of_spark_connect_is_refused() -> None:
    ended = rfmf("run", "--remote", "host:15002")
    assert ended.code == 2
    assert ended.stderr == (
        "rfmf: --set: session.remote is 'host:15002': give sc://HOST:PORT of a Spark Connect "
        "server, or local[N]\n"
    )


def test_config_hides_secrets() -> None:
    ended = rfmf("config", "--set", "spark.hadoop.fs.s3a.secret.key=abracadabra")
    assert ended.code == 0
    assert "spark.hadoop.fs.s3a.secret.key" in ended.stdout
    assert "abracadabra" not in ended.stdout


def test_doctor_ends_with_0_where_everything_fits(spark: SparkSession, tmp_path: Path) -> None:
    given = ["--set", f"output.root={tmp_path}", "--set", "spark.driver.memory=256m"]
    ended = rfmf("doctor", *given)
    assert (ended.code, ended.stderr) == (0, "")
    engine, *checks = ended.stdout.splitlines()
    assert engine.split() == ["Engine", "embedded", "(one", "computer)"]
    assert {line.split()[0] for line in checks} == {"ok"}


def test_doctor_tells_what_spark_lacks_where_the_embedded_engine_suffices(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    ended = rfmf("doctor")
    assert (ended.code, ended.stderr) == (0, "")
    assert f"-    Java             no Java in JAVA_HOME={tmp_path}" in ended.stdout.splitlines()
    assert rfmf("doctor", "--set", "session.engine=spark").code == 2


def test_doctor_ends_with_2_and_a_remedy_where_something_does_not_fit(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    ended = rfmf("doctor", "--set", f"output.root={tmp_path / 'file' / 'root'}")
    assert ended.code == 2
    assert "FAIL Output" in ended.stdout
    assert "set output.root to a folder" in ended.stdout


def test_a_run_without_java_ends_with_one_line(tmp_path: Path) -> None:
    root = ["--set", f"output.root={tmp_path / 'out'}", "--set", "session.engine=spark"]
    command = ["run", "--as-of", "2019-08-14", *INPUTS, *root]
    ended = subprocess.run(
        [sys.executable, "-m", "rfmf_spark.cli", *command],
        env=os.environ | {"JAVA_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("rfmf: Java: found no Java in JAVA_HOME=")
    assert "install Java 17" in line


def test_the_job_ends_with_one_json_line_for_platforms_that_flatten_exit_codes(
    tmp_path: Path,
) -> None:
    ended = subprocess.run(
        [sys.executable, str(CHECKOUT / "jobs" / "run_pipeline.py"), "--set", "output.root=out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    message, last = ended.stderr.splitlines()
    end = json.loads(last)
    assert end["exit_code"] == 2
    assert message == f"rfmf: {end['reason']}"
    assert end["reason"].startswith("as_of is not set")


def test_wrong_usage_of_the_job_is_told_in_its_json_line_too() -> None:
    ended = rfmf("run", "--nonsense", report_end=True)
    assert ended.code == 2
    end = json.loads(ended.stderr.splitlines()[-1])
    assert end == {"exit_code": 2, "reason": "see the message above"}
