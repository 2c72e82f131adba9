"""Building and installing the wheel, for the tests that must not see the checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def build_wheel(folder: Path) -> Path:
    """Build the wheel of the checkout into ``folder``, without a network; its path."""
    _run_pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), str(CHECKOUT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install_wheel(wheel: Path, folder: Path) -> None:
    """Unpack a wheel into ``folder``, to be put on a ``PYTHONPATH``; no dependencies."""
    _run_pip("install", "--no-index", "--target", str(folder), str(wheel))


def _run_pip(command: str, *arguments: str) -> None:
    line = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", command, "--no-deps"]
    ended = subprocess.run([*line, *arguments], capture_output=True, text=True)
    if ended.returncode != 0:
        raise RuntimeError(f"pip {command} failed:\n{ended.stdout}{ended.stderr}")
