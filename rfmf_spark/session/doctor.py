"""Checks of the environment: Java, Python, Spark, Delta, write access, memory.

Every check is a plain function that returns a ``Check`` and never raises; ``run_checks`` puts them
in order, and the ``require_…`` functions turn the two that a local Spark cannot start without into
errors. Importable without pyspark, which may be what is missing. Which of them are made where is in
``environment.py``, printing in ``cli/checks_view.py``.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from rfmf_spark.errors import EnvironmentMismatchError
from rfmf_spark.session.memory import available_memory

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SUPPORTED_SPARK = "4.2"
PINNED_PYSPARK = "4.2.0"
PINNED_DELTA = "4.4.0"
PINNED_PYSAIL = "0.7.2"
# Spark 4.2 also names Java 25, but warns of corrupt data before 25.0.3; only these two are tried.
SUPPORTED_JAVA = (17, 21)
SUPPORTED_PYTHON = ((3, 11), (3, 14))
MAX_DRIVER_MEMORY_SHARE = 0.75

_JAVA_REMEDY = (
    "install Java 17 (openjdk-17-jre-headless on Debian and Ubuntu) or 21, "
    "and let JAVA_HOME, if it is set, point to it"
)
_PAIR_REMEDY = (
    f"the pair that works together is pyspark {PINNED_PYSPARK} and delta-spark {PINNED_DELTA}: "
    f"pip install pyspark=={PINNED_PYSPARK} delta-spark=={PINNED_DELTA}"
)
_DELTA_REMEDY = (
    "at its first start Spark fetches the Delta jars: allow it to reach a Maven "
    "repository, or put the jars into spark.jars and set session.delta_packages=false"
)
_MEMORY_UNITS = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}


@dataclass(frozen=True)
class Check:
    """One answer: what was looked at, whether it fits, what was found, what to do if not.

    ``needed`` is false for what only another engine needs.
    """

    name: str
    ok: bool
    found: str
    remedy: str = ""
    needed: bool = True


def run_checks(
    *,
    output_root: str | None = None,
    driver_memory: str | None = None,
    start_session: Callable[[], SparkSession] | None = None,
    more: Sequence[Check] = (),
) -> list[Check]:
    """All checks in the order in which a newcomer meets their failures.

    ``driver_memory`` as in ``spark.driver.memory``; ``more`` are checks of what only some sessions
    need. ``start_session`` gives a session that the caller stops; it is called last, and only where
    Java and the versions fit.
    """
    checks = [check_java(), check_python(), check_one_pyspark(), check_spark_and_delta()]
    checks += [check_pandas(), *more]
    can_start = all(check.ok for check in checks)
    if driver_memory is not None:
        checks.append(check_memory(driver_memory))
    if output_root is not None:
        checks.append(check_write_access(output_root))
    if start_session is not None:
        checks.append(_try_delta(can_start, start_session, _DELTA_REMEDY))
    return [*checks, replace(check_pysail(), needed=False)]


def run_embedded_checks(
    output_root: str | None,
    start_session: Callable[[], SparkSession],
    more: Sequence[Check] = (),
) -> list[Check]:
    """What the embedded engine needs, and whether Spark could start here too."""
    checks = [check_python(), check_one_pyspark(), check_pysail(), check_pandas(), *more]
    can_start = all(check.ok for check in checks)
    if output_root is not None:
        checks.append(check_write_access(output_root))
    checks.append(_try_delta(can_start, start_session, "set session.engine=spark"))
    others = (check_java(), check_spark_and_delta())
    return [*checks, *(replace(check, needed=False) for check in others)]


def _try_delta(can_start: bool, start_session: Callable[[], SparkSession], remedy: str) -> Check:
    if can_start:
        return check_delta(start_session, remedy)
    return Check("Delta", False, "not tried", "first mend what is reported above")


def require_java() -> None:
    """Raise ``EnvironmentMismatchError`` unless a Java that Spark runs on is found."""
    require(check_java())


def require_supported_versions() -> None:
    """Raise ``EnvironmentMismatchError`` unless Python, pyspark, delta-spark and pandas fit."""
    for check in (check_python(), check_spark_and_delta(), check_pandas()):
        require(check)


def check_java() -> Check:
    """Java of ``JAVA_HOME``, else of the ``PATH``, which is where Spark looks."""
    home = os.environ.get("JAVA_HOME")
    wanted = str(Path(home) / "bin" / "java") if home else "java"
    java = shutil.which(wanted)
    if java is None:
        place = f"JAVA_HOME={home}" if home else "the PATH"
        return Check("Java", False, f"no Java in {place}", _JAVA_REMEDY)
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as cause:
        return Check("Java", False, f"{java} does not start ({cause})", _JAVA_REMEDY)
    version = re.search(r'version "(\d+)[^"]*"', answer.stderr + answer.stdout)
    if version is None:
        return Check("Java", False, f"{java} does not tell its version", _JAVA_REMEDY)
    found = f"{version.group(0).removeprefix('version ')} ({java})".replace('"', "")
    ok = int(version.group(1)) in SUPPORTED_JAVA
    return Check("Java", ok, found, "" if ok else _JAVA_REMEDY)


def check_python() -> Check:
    """The Python that runs this process."""
    lowest, beyond = SUPPORTED_PYTHON
    ok = lowest <= sys.version_info[:2] < beyond
    found = ".".join(str(part) for part in sys.version_info[:3])
    remedy = "use Python 3.11, 3.12 or 3.13; make setup PYTHON=python3.11 builds .venv with it"
    return Check("Python", ok, found, "" if ok else remedy)


def check_spark_and_delta() -> Check:
    """pyspark as it is imported and delta-spark as installed: exactly the supported pair."""
    spark, delta = imported_version("pyspark"), installed_version("delta-spark")
    ok = (spark, delta) == (PINNED_PYSPARK, PINNED_DELTA)
    found = f"pyspark {spark or 'missing'}, delta-spark {delta or 'missing'}"
    remedy = _PAIR_REMEDY
    if installed_version("pyspark-client"):
        remedy = f"in a checkout run make setup; elsewhere first uninstall pyspark-client: {remedy}"
    return Check("Spark and Delta", ok, found, "" if ok else remedy)


def check_pysail() -> Check:
    """The embedded engine: only the version that results were compared with runs."""
    found = installed_version("pysail")
    ok = found == PINNED_PYSAIL
    remedy = f"pip install pysail=={PINNED_PYSAIL}, or set session.engine=spark"
    return Check("Embedded engine", ok, f"pysail {found or 'missing'}", "" if ok else remedy)


def check_one_pyspark() -> Check:
    """Two distributions provide the module pyspark, each over the files of the other."""
    names = [name for name in ("pyspark", "pyspark-client") if installed_version(name)]
    remedy = (
        "the extras local and embedded cannot live together: pip uninstall both, and install "
        "the one you want; pysail runs beside pyspark too"
    )
    return Check(
        "One pyspark", len(names) < 2, " and ".join(names) or "none", remedy * (len(names) > 1)
    )


def check_pandas() -> Check:
    """pandas from 2.2, before 3: what Spark supports."""
    found = installed_version("pandas")
    ok = found is not None and (2, 2) <= leading_numbers(found) < (3,)
    remedy = f'Spark {SUPPORTED_SPARK} supports no other: pip install "pandas>=2.2,<3"'
    return Check("pandas", ok, found or "missing", "" if ok else remedy)


def check_memory(driver_memory: str) -> Check:
    """Memory of the Spark driver against the memory of the computer, or of its container."""
    wanted = bytes_of(driver_memory)
    if wanted is None:
        remedy = "set spark.driver.memory to a whole number with a unit, such as 4g"
        return Check("Memory", False, f"spark.driver.memory is {driver_memory!r}", remedy)
    available = available_memory()
    found = f"{driver_memory} for the driver, of {available / 2**30:.1f} GiB"
    ok = wanted <= MAX_DRIVER_MEMORY_SHARE * available
    most = int(MAX_DRIVER_MEMORY_SHARE * available / 2**20)
    remedy = f"set spark.driver.memory to at most {most}m, or use a larger machine"
    return Check("Memory", ok, found, "" if ok else remedy)


def check_write_access(output_root: str) -> Check:
    """Whether a file can be written at the output root, or where it would be created."""
    local = output_root.removeprefix("file:")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", local):
        return Check("Output", True, f"{output_root}: not a local path, so not tried")
    folder = Path("/" + local.lstrip("/") if local.startswith("//") else local).absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".rfmf-doctor-"):
            return Check("Output", True, f"{output_root} can be written")
    except OSError as cause:
        remedy = f"set output.root to a folder that you may write to, or give yourself {folder}"
        return Check("Output", False, f"{output_root} cannot be written ({cause})", remedy)


def check_delta(start_session: Callable[[], SparkSession], remedy: str = _DELTA_REMEDY) -> Check:
    """Whether a session starts with Delta: two rows written and read back in a scratch folder."""
    try:
        with tempfile.TemporaryDirectory(prefix="rfmf-doctor-") as folder:
            spark = start_session()
            path = str(Path(folder) / "table")
            spark.range(2).write.format("delta").save(path)
            rows = spark.read.format("delta").load(path).count()
    except Exception as cause:  # whatever Spark, the JVM or the resolver throws is the finding
        first_line = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        return Check("Delta", False, first_line, remedy)
    if rows != 2:
        place = f"the folder for temporary files must be on this computer: see TMPDIR ({path})"
        return Check("Delta", False, f"{rows} rows read where 2 were written", place)
    return Check("Delta", True, f"table written and read with Spark {spark.version}")


def require(check: Check) -> None:
    """Raise ``EnvironmentMismatchError`` with what a check has found, unless it fits."""
    if not check.ok:
        raise EnvironmentMismatchError(f"{check.name}: found {check.found}; {check.remedy}")


def imported_version(module: str) -> str | None:
    """Version of a module as it is imported, None where it is missing."""
    # A PYTHONPATH or spark-submit can put another pyspark before the installed one.
    try:
        return str(importlib.import_module(module).__version__)
    except (ImportError, AttributeError):
        return None


def installed_version(distribution: str) -> str | None:
    """Version of an installed distribution, None where it is missing."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def leading_numbers(version: str) -> tuple[int, ...]:
    """The first three numbers of a version, by which two versions compare."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def bytes_of(memory: str) -> int | None:
    """Bytes of a Spark memory string; a bare number is MiB. ``None`` where it is none."""
    parts = re.fullmatch(r"\s*(\d+)([bkmgtp]?)b?\s*", memory.lower())
    return int(parts.group(1)) * _MEMORY_UNITS[parts.group(2) or "m"] if parts else None
