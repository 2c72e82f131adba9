"""What can be read off the files of ``deploy/``: names and versions that must agree with the rest.

Whether they work is shown by the proofs in ``deploy/proofs``, which take minutes.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from deploy.yarn.make_package import PYTHON
from rfmf_spark import __version__
from rfmf_spark.cli.root import cli
from rfmf_spark.config.loading import load_settings
from rfmf_spark.session.spark_session import DELTA_PACKAGE
from tests.quick_spark import SPARK_HOME
from tests.wheel import CHECKOUT

FOLDER = CHECKOUT / "deploy"
SCRIPTS = sorted(FOLDER.rglob("*.sh"))
MANIFESTS = sorted(FOLDER.rglob("*.yaml"))
WRITTEN = [*SCRIPTS, *MANIFESTS, *FOLDER.rglob("*.md"), *FOLDER.rglob("Dockerfile")]
PAGES = [CHECKOUT / "docs" / "deployment.md", *sorted(FOLDER.glob("*/README.md"))]


def named(pattern: str, *files: Path) -> set[str]:
    """What a pattern finds in files."""
    return {hit for file in files for hit in re.findall(pattern, file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.name)
def test_a_manifest_is_yaml(file: Path) -> None:
    assert [part for part in yaml.safe_load_all(file.read_text(encoding="utf-8")) if part]


def test_every_image_and_wheel_has_the_version_of_the_package() -> None:
    images = named(r"\brfmf:([\w.-]*\w)", *WRITTEN)
    assert images == {__version__}
    assert named(r"rfmf_spark-([\d.]+\d)-", *WRITTEN) == {__version__}
    assert named(r"newTag: (\S+)", *MANIFESTS) == {__version__}


def test_spark_and_delta_are_those_that_the_package_is_made_for() -> None:
    extras = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    (pinned,) = re.findall(r"pyspark==([\d.]+)", " ".join(extras["optional-dependencies"]["local"]))
    assert named(r"apache/spark:([\d.]+)-", *WRITTEN) == {pinned}
    assert named(r"sparkVersion: ([\d.]+)", *MANIFESTS) == {pinned}
    (py4j,) = (SPARK_HOME / "python" / "lib").glob("py4j-*-src.zip")
    assert named(r"py4j-[\d.]+-src\.zip", *WRITTEN) == {py4j.name}
    assert named(r"io\.delta:delta-spark_[\w.]+:[\d.]*\d", *WRITTEN) == {DELTA_PACKAGE}


def test_a_submitted_job_is_one_that_there_is() -> None:
    jobs = named(r"jobs/(\w+\.py)", *WRITTEN)
    assert jobs
    assert {job for job in jobs if not (CHECKOUT / "jobs" / job).is_file()} == set()


def test_the_settings_that_are_shipped_are_accepted() -> None:
    settings = load_settings("cluster", [str(FOLDER / "k8s" / "base" / "production.yaml")]).settings
    assert str(settings.output.root).startswith("hdfs://")


def test_yarn_never_starts_a_driver_anew_by_itself() -> None:
    submitting = sorted((FOLDER / "yarn").glob("submit-*.sh"))
    assert len(submitting) == 2
    for script in submitting:
        assert "--conf spark.yarn.maxAppAttempts=1 " in script.read_text(), script.name


def test_pods_are_nobody_in_particular_and_may_nothing_in_particular() -> None:
    contexts = list(security_contexts(MANIFESTS))
    assert len(contexts) == 4
    for context in contexts:
        assert context["runAsNonRoot"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
    assert (FOLDER / "k8s" / "Dockerfile").read_text().rindex("USER 185") > 0


def test_one_run_at_a_time_and_none_for_days_gone_by() -> None:
    (dag,) = [
        node
        for node in ast.walk(ast.parse((FOLDER / "airflow" / "rfmf_nightly.py").read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "DAG"
    ]
    given = {word.arg: ast.unparse(word.value) for word in dag.keywords}
    assert (given["max_active_runs"], given["catchup"]) == ("1", "False")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_commands_and_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"\brfmf ([a-z]+)\b(?=[ `\"])", text)) <= set(cli.commands)
    targets = set(re.findall(r"(?:`|^    )make ([a-z][a-z-]+)", text, re.MULTILINE))
    assert targets <= makefile_targets()
    for name in re.findall(r"\bdeploy/[\w./-]*\w", text):
        assert (CHECKOUT / name).exists(), name


def test_the_package_says_which_python_it_fits() -> None:
    assert re.fullmatch(r"python3\.1[123]", PYTHON)


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))


def security_contexts(files: list[Path]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []

    def collect(part: object) -> None:
        if isinstance(part, dict):
            for name, inner in part.items():
                if name == "securityContext":
                    found.append(inner)
                collect(inner)
        elif isinstance(part, list):
            for inner in part:
                collect(inner)

    for file in files:
        for part in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            collect(part)
    return found
