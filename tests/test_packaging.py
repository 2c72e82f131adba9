"""What travels in the wheel, what the lock files promise, and what no file may name."""

from __future__ import annotations

import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from rfmf_spark.session import doctor
from rfmf_spark.session.connect import CONNECT_PACKAGES
from tests.wheel import CHECKOUT, build_wheel

LOCKS = ("runtime.txt", "local.txt", "embedded.txt", "dev.txt")
# Package indexes, artefact stores, and the options that name them.
REGISTRY = re.compile(
    r"(pypi|pythonhosted|anaconda|conda|repo\d?\.maven|jfrog|nexus|artifactory)\.(org|com|io|apache)"
    r"|--(extra-)?index-url|--find-links|--trusted-host"
)
BUILD_PATH = re.compile(r"(?<![\w.$}])/(tmp|home|root|Users|work|workspace|mnt|builds?)/\w")


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    with zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("wheel"))) as wheel:
        return wheel.namelist()


def pins(lock: str) -> dict[str, str]:
    text = (CHECKOUT / "requirements" / lock).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, flags=re.MULTILINE))


def project() -> dict[str, object]:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    return dict(settings["project"])


def test_the_wheel_holds_every_module_every_file_of_conf_and_the_templates(
    wheel_names: list[str],
) -> None:
    modules = {
        path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "rfmf_spark").rglob("*.py")
    }
    conf = {
        f"rfmf_spark/{path.relative_to(CHECKOUT).as_posix()}"
        for path in (CHECKOUT / "conf").rglob("*.yaml")
    }
    templates = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "rfmf_spark" / "report" / "templates").iterdir()
    }
    assert "rfmf_spark/conf/base.yaml" in conf
    assert "rfmf_spark/report/templates/report.html.j2" in templates
    assert modules | conf | templates <= set(wheel_names)


def test_the_wheel_holds_nothing_else(wheel_names: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    assert {re.sub(r"-.*\.dist-info$", ".dist-info", top) for top in tops} == {
        "rfmf_spark",
        "rfmf_spark.dist-info",
    }


def test_the_wheel_does_not_require_spark() -> None:
    required = " ".join(str(entry) for entry in list(project()["dependencies"]))  # type: ignore[call-overload]
    assert not re.search(r"pyspark|delta", required)


def test_the_extra_local_has_the_pair_that_the_doctor_demands() -> None:
    extras = project()["optional-dependencies"]
    assert isinstance(extras, dict)
    assert extras["local"] == [
        f"pyspark=={doctor.PINNED_PYSPARK}",
        f"delta-spark=={doctor.PINNED_DELTA}",
        "deltalake>=1.1",
    ]


def test_the_extra_embedded_is_what_the_doctor_demands_and_no_whole_pyspark() -> None:
    extras = project()["optional-dependencies"]
    assert isinstance(extras, dict)
    pysail = f"pysail=={doctor.PINNED_PYSAIL}"
    assert extras["embedded"] == [pysail, f"pyspark-client=={doctor.PINNED_PYSPARK}"]
    assert pysail in extras["dev"]


def test_the_extra_connect_is_what_the_client_asks_for() -> None:
    extras = project()["optional-dependencies"]
    assert isinstance(extras, dict)
    assert extras["connect"] == [f"{name}>={least}" for name, least in CONNECT_PACKAGES.items()]


def test_make_accepts_the_java_versions_that_the_doctor_accepts() -> None:
    accepted = "|".join(f"{major}|{major}.*" for major in doctor.SUPPORTED_JAVA)
    assert f"({accepted})" in (CHECKOUT / "Makefile").read_text()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_a_lock_is_pinned_with_hashes_and_nothing_else(lock: str) -> None:
    text = (CHECKOUT / "requirements" / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    requirement = re.compile(r"[a-z0-9._-]+==[\w.]+( ; [^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert lines
    assert [line for line in lines if not requirement.fullmatch(line)] == []


def test_the_locks_agree_with_each_other_and_only_some_bring_spark() -> None:
    runtime, local, embedded, dev = (pins(lock) for lock in LOCKS)
    assert runtime.items() <= local.items() <= dev.items()
    assert runtime.items() <= embedded.items()
    assert embedded.items() - dev.items() == {("pyspark-client", doctor.PINNED_PYSPARK)}
    assert "pyspark" not in runtime.keys() | embedded.keys()
    assert local["pyspark"] == doctor.PINNED_PYSPARK
    assert local["delta-spark"] == doctor.PINNED_DELTA


def test_every_direct_dependency_is_explained() -> None:
    extras = project()["optional-dependencies"]
    dependencies = project()["dependencies"]
    assert isinstance(extras, dict)
    assert isinstance(dependencies, list)
    direct = [entry for entries in (dependencies, *extras.values()) for entry in entries]
    names = [re.split(r"[<>=]", entry)[0] for entry in direct]
    explained = (CHECKOUT / "docs" / "dependencies.md").read_text()
    assert [name for name in names if f"| {name} |" not in explained] == []


def test_no_file_names_a_package_index_or_a_path_of_a_build_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    files = [CHECKOUT / name for name in listed.stdout.splitlines()]
    assert [hit for file in files if file.is_file() for hit in naming_lines(file)] == []


def naming_lines(file: Path) -> list[str]:
    if file == Path(__file__).resolve():  # holds the patterns themselves
        return []
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        f"{file.relative_to(CHECKOUT)}:{number}: {line.strip()}"
        for number, line in enumerate(lines, start=1)
        if REGISTRY.search(line) or BUILD_PATH.search(line)
    ]
