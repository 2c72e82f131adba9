"""Environment checks: what fits, what does not, and that each failure says what to do."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.errors import EnvironmentMismatchError
from rfmf_spark.session import doctor


def set_java(monkeypatch: pytest.MonkeyPatch, home: Path, banner: str) -> None:
    """Let ``JAVA_HOME`` hold a Java that prints ``banner``."""
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{banner}\nEND\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(home))


def set_versions(monkeypatch: pytest.MonkeyPatch, pyspark: str | None, **others: str) -> None:
    """Let pyspark and the distributions have these versions; what is not named is missing."""

    def version(distribution: str) -> str:
        if distribution not in installed:
            raise metadata.PackageNotFoundError(distribution)
        return installed[distribution]

    installed = {name.replace("_", "-"): value for name, value in others.items()}
    monkeypatch.setattr(doctor, "imported_version", lambda module: pyspark)
    monkeypatch.setattr(metadata, "version", version)


def refuse_session() -> NoReturn:
    raise RuntimeError("unresolved dependency: delta-spark_4.2_2.13\nand a long trace")


@pytest.mark.parametrize(
    ("banner", "found"),
    [
        ('openjdk version "17.0.15" 2025-04-15', "17.0.15"),
        ('openjdk version "21" 2023-09-19', "21"),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.1" 2021-10-19', "17.0.1"),
    ],
)
def test_java_17_and_21_fit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, banner: str, found: str
) -> None:
    set_java(monkeypatch, tmp_path, banner)
    expected = f"{found} ({tmp_path}/bin/java)"
    assert doctor.check_java() == doctor.Check("Java", ok=True, found=expected, remedy="")


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2", "16.0.1", "25.0.1", "170.0"])
def test_another_java_is_refused_with_its_version_and_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    set_java(monkeypatch, tmp_path, f'java version "{version}"')
    with pytest.raises(EnvironmentMismatchError, match="openjdk-17-jre-headless") as error:
        doctor.require_java()
    assert version in str(error.value)
    assert "\n" not in str(error.value)


def test_java_without_a_version_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_java(monkeypatch, tmp_path, "command not found")
    assert doctor.check_java().found == f"{tmp_path}/bin/java does not tell its version"


def test_a_java_home_without_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert doctor.check_java().found == f"no Java in JAVA_HOME={tmp_path}"


def test_without_java_home_the_path_is_searched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.check_java().found == "no Java in the PATH"


@pytest.mark.parametrize(
    ("version", "fits"), [((3, 10, 14), False), ((3, 11, 0), True), ((3, 14, 0), False)]
)
def test_python_fits_from_3_11_and_before_3_14(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], fits: bool
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    check = doctor.check_python()
    assert check.ok is fits
    assert bool(check.remedy) is not fits


def test_the_supported_versions_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    set_versions(monkeypatch, "4.2.0", delta_spark="4.4.0", pandas="2.3.3")
    doctor.require_supported_versions()


@pytest.mark.parametrize(
    ("pyspark", "others", "found"),
    [
        ("4.2.0", {"delta_spark": "4.4.1"}, "pyspark 4.2.0, delta-spark 4.4.1"),
        ("4.1.1", {"delta_spark": "4.4.0"}, "pyspark 4.1.1, delta-spark 4.4.0"),
        ("4.2.0", {}, "pyspark 4.2.0, delta-spark missing"),
        (None, {}, "pyspark missing, delta-spark missing"),
    ],
)
def test_another_pair_of_spark_and_delta_is_refused_with_the_pair_to_install(
    monkeypatch: pytest.MonkeyPatch, pyspark: str | None, others: dict[str, str], found: str
) -> None:
    set_versions(monkeypatch, pyspark, **others)
    with pytest.raises(EnvironmentMismatchError) as error:
        doctor.require_supported_versions()
    assert str(error.value) == (
        f"Spark and Delta: found {found}; the pair that works together is pyspark 4.2.0 and "
        "delta-spark 4.4.0: pip install pyspark==4.2.0 delta-spark==4.4.0"
    )


def test_beside_the_client_of_the_embedded_engine_it_says_how_to_change_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_versions(monkeypatch, "4.2.0", pyspark_client="4.2.0")
    assert doctor.check_spark_and_delta().remedy.startswith(
        "in a checkout run make setup; elsewhere first uninstall pyspark-client: the pair that "
    )


@pytest.mark.parametrize("version", ["2.1.4", "3.0.0", "10.0"])
def test_another_pandas_is_refused(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    set_versions(monkeypatch, "4.2.0", delta_spark="4.4.0", pandas=version)
    with pytest.raises(
        EnvironmentMismatchError, match=f"pandas: found {version}; .*pandas>=2.2,<3"
    ):
        doctor.require_supported_versions()


@pytest.mark.parametrize(
    ("memory", "fits"),
    [
        ("6g", True),
        ("6144", True),
        ("6144m", True),
        ("6145MB", False),
        ("7G", False),
        ("1t", False),
    ],
)
def test_the_driver_may_take_three_quarters_of_the_memory(
    monkeypatch: pytest.MonkeyPatch, memory: str, fits: bool
) -> None:
    monkeypatch.setattr(doctor, "available_memory", lambda: 8 * 2**30)
    check = doctor.check_memory(memory)
    assert check.ok is fits
    assert check.found == f"{memory} for the driver, of 8.0 GiB"
    assert ("at most 6144m" in check.remedy) is not fits


def test_a_memory_string_that_spark_would_not_read_is_refused() -> None:
    check = doctor.check_memory("4 gigs")
    assert (check.ok, check.found) == (False, "spark.driver.memory is '4 gigs'")


def test_an_output_that_does_not_exist_is_tried_at_its_parent_and_not_created(
    tmp_path: Path,
) -> None:
    root = tmp_path / "new" / "out"
    assert doctor.check_write_access(str(root)).ok
    assert doctor.check_write_access(root.as_uri()).ok
    assert list(tmp_path.iterdir()) == []


def test_an_output_under_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    check = doctor.check_write_access(str(tmp_path / "taken" / "out"))
    assert not check.ok
    assert "output.root" in check.remedy


def test_an_output_that_is_not_a_local_path_is_not_tried() -> None:
    assert doctor.check_write_access("s3a://bucket/out").found.endswith("so not tried")


def test_a_delta_table_is_written_read_and_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spark: SparkSession
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    check = doctor.check_delta(lambda: spark)
    assert check.ok, check.found
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_does_not_start_is_reported_in_one_line() -> None:
    check = doctor.check_delta(refuse_session)
    assert (check.ok, check.found) == (False, "unresolved dependency: delta-spark_4.2_2.13")
    assert "Delta jars" in check.remedy


def test_no_session_is_started_where_the_versions_do_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_versions(monkeypatch, "4.1.0", delta_spark="4.4.0", pandas="2.3.3")
    *_, delta, embedded = doctor.run_checks(start_session=refuse_session)
    assert delta.found == "not tried"
    assert (embedded.found, embedded.needed) == ("pysail missing", False)


def test_the_embedded_engine_needs_no_java_but_one_pyspark(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    found = {"pysail": "0.7.2", "pandas": "2.3.3", "pyspark-client": "4.2.0"}
    monkeypatch.setattr(doctor, "installed_version", found.get)
    checks = {check.name: check for check in doctor.run_embedded_checks(None, refuse_session)}
    assert checks["One pyspark"].ok
    assert checks["Embedded engine"].ok
    assert checks["Delta"].remedy == "set session.engine=spark"
    assert not checks["Java"].ok
    assert not checks["Java"].needed
    found["pyspark"] = "4.2.0"
    checks = {check.name: check for check in doctor.run_embedded_checks(None, refuse_session)}
    assert not checks["One pyspark"].ok
    assert checks["One pyspark"].found == "pyspark and pyspark-client"
    assert checks["Delta"].found == "not tried"


def test_all_checks_come_in_order_with_the_session_last(tmp_path: Path) -> None:
    checks = doctor.run_checks(
        output_root=str(tmp_path), driver_memory="1m", start_session=refuse_session
    )
    assert [check.name for check in checks] == [
        "Java", "Python", "One pyspark", "Spark and Delta", "pandas", "Memory", "Output", "Delta",
        "Embedded engine",
    ]  # fmt: skip
    assert checks[-2].found.startswith("unresolved dependency")


def test_the_module_is_importable_without_pyspark() -> None:
    code = (
        "import sys; sys.modules['pyspark'] = None\n"
        "from rfmf_spark.session.doctor import check_spark_and_delta\n"
        "print(check_spark_and_delta().found)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("pyspark missing, ")
