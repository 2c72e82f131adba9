"""What an edge node of YARN needs, as one archive: jobs, environment, scripts; see README.md.

python deploy/yarn/make_package.py dist/rfmf_spark-….whl

The environment holds the wheel and its pinned dependencies as a plain folder for ``PYTHONPATH``: it
can be unpacked anywhere, and fits the Python version and the system that it was made on. Installing
takes pip's own index settings.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_FILES = (
    "submit-client.sh",
    "submit-cluster.sh",
    "ended.sh",
    "ended.py",
    "environment.sh",
    "README.md",
)


def make_package(wheel: Path, requirements: Path | None = None) -> Path:
    """Make the archive beside a wheel; its path.

    ``requirements`` is a lock file with hashes, by default that of a cluster which has Spark.
    """
    name = "-".join(wheel.name.split("-")[:2])
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch) / "environment"
        _install(wheel, requirements or CHECKOUT / "requirements" / "runtime.txt", environment)
        content = Path(scratch) / name
        content.mkdir()
        _archive(environment, content / "environment.tar.gz", ".")
        (content / "PYTHON").write_text(f"{PYTHON}\n")
        shutil.copytree(CHECKOUT / "jobs", content / "jobs", ignore=_compiled)
        for file in _FILES:
            shutil.copy2(Path(__file__).parent / file, content)
        package = wheel.with_name(f"{name}-yarn-{PYTHON}.tar.gz")
        _archive(content, package, name, compress=0)
    return package


_compiled = shutil.ignore_patterns("__pycache__")


def _install(wheel: Path, requirements: Path, folder: Path) -> None:
    pinned = ("--require-hashes", "-r", str(requirements))
    for what in (pinned, ("--no-deps", str(wheel))):
        line = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "install"]
        subprocess.run([*line, "--no-compile", "--upgrade", "--target", folder, *what], check=True)
    # Commands that name the Python of this computer.
    shutil.rmtree(folder / "bin", ignore_errors=True)


def _archive(folder: Path, file: Path, name: str, compress: int = 6) -> None:
    """A folder as a compressed archive, in which all belongs to nobody in particular."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    with tarfile.open(unfinished, "w:gz", compresslevel=compress) as archive:
        archive.add(folder, name, filter=_without_owner)
    unfinished.replace(file)


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_package.py WHEEL")
    print(make_package(Path(sys.argv[1])))
