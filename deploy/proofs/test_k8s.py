"""``deploy/k8s`` by the tools that judge such files; no image is built and no pod is started."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.proofs.tools import tools_of
from tests.wheel import CHECKOUT

_FOLDER = CHECKOUT / "deploy" / "k8s"
_OLDEST_KUBERNETES = "1.32"
_NEWEST_KUBERNETES = "1.37"


@pytest.fixture(scope="module")
def tools() -> Path:
    return tools_of("manifests")


@pytest.fixture(scope="module")
def rendered() -> list[dict[str, Any]]:
    """What kustomize makes of the base."""
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl on the PATH, whose kustomize renders the base")
    line = ["kubectl", "kustomize", str(_FOLDER / "base")]
    made = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    return list(yaml.safe_load_all(made))


@pytest.mark.parametrize("version", [_OLDEST_KUBERNETES, _NEWEST_KUBERNETES])
def test_kubernetes_knows_every_field_of_the_manifests(
    tools: Path, rendered: list[dict[str, Any]], tmp_path: Path, version: str
) -> None:
    # An application of the operator is no type of Kubernetes' own: see below.
    own = [part for part in rendered if part["kind"] != "SparkApplication"]
    assert {part["kind"] for part in own} >= {"ServiceAccount", "Role", "RoleBinding", "ConfigMap"}
    file = tmp_path / "base.yaml"
    file.write_text(yaml.safe_dump_all(own))
    files = [file, _FOLDER / "driver-pod.yaml", _FOLDER / "executor-pod.yaml"]
    line = [str(tools / "kubernetes-validate"), "--strict", "-k", version, *map(str, files)]
    ended = subprocess.run(line, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_operator_knows_every_field_of_the_application(
    tools: Path, rendered: list[dict[str, Any]], tmp_path: Path
) -> None:
    (application,) = [part for part in rendered if part["kind"] == "SparkApplication"]
    assert _misfits(tools, application, tmp_path) == ""
    application["spec"]["restartPolicy"]["onFailureRetry"] = 1
    assert "onFailureRetry" in _misfits(tools, application, tmp_path)


def test_the_application_gets_what_the_base_makes(rendered: list[dict[str, Any]]) -> None:
    by_kind = {part["kind"]: part for part in rendered}
    driver = by_kind["SparkApplication"]["spec"]["driver"]
    assert driver["serviceAccount"] == by_kind["ServiceAccount"]["metadata"]["name"]
    assert driver["configMaps"][0]["name"] == by_kind["ConfigMap"]["metadata"]["name"]
    binding = by_kind["RoleBinding"]
    assert binding["subjects"][0]["name"] == driver["serviceAccount"]
    assert binding["roleRef"]["name"] == by_kind["Role"]["metadata"]["name"]


def test_hadolint_accepts_the_dockerfile(tools: Path) -> None:
    ended = subprocess.run(
        [tools / "hadolint", _FOLDER / "Dockerfile"], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (0, "")


def test_shellcheck_accepts_every_script(tools: Path) -> None:
    scripts = sorted((CHECKOUT / "deploy").rglob("*.sh"))
    line = [str(tools / "shellcheck"), "--external-sources", "--source-path=SCRIPTDIR"]
    line += [str(script) for script in scripts]
    ended = subprocess.run(line, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "")


def _misfits(tools: Path, application: dict[str, Any], folder: Path) -> str:
    """What of an application does not fit the schema; nothing where all does."""
    file = folder / "application.json"
    file.write_text(json.dumps(application))
    schema = Path(__file__).with_name("spark-application.schema.json")
    line = [str(tools / "python"), "-m", "jsonschema", "-i", str(file), str(schema)]
    ended = subprocess.run(line, capture_output=True, text=True)
    return ended.stdout + ended.stderr if ended.returncode else ""
