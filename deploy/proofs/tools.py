"""Tools that only proofs need, in environments of their own under ``build/deploy-check``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.wheel import CHECKOUT

_FOLDER = CHECKOUT / "build" / "deploy-check"


def tools_of(name: str) -> Path:
    """The commands of an environment that ``NAME.txt`` pins, made where it is not there yet.

    Skips the test where it cannot be made, and says why.
    """
    lock = Path(__file__).with_name(f"{name}.txt")
    environment = _FOLDER / name
    made_from = environment / "made-from.txt"
    if not made_from.exists() or made_from.read_text() != lock.read_text():
        _run("venv", "--clear", str(environment))
        python = str(environment / "bin" / "python")
        _run("pip", "install", "--python", python, "--require-hashes", "-r", str(lock))
        made_from.write_text(lock.read_text())
    return environment / "bin"


def _run(*arguments: str) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    line = [uv, "-q", *arguments]
    if arguments[0] == "venv":
        line += ["--python", sys.executable]
    try:
        ended = subprocess.run(line, capture_output=True, text=True)
    except OSError as missing:
        pytest.skip(f"no uv to install tools with: {missing}")
    if ended.returncode != 0:
        lines = ended.stderr.strip().splitlines() or ["no message"]
        pytest.skip(f"uv {arguments[0]}: {lines[0]}")
