"""Checks of the environment as ``rfmf doctor`` shows them; they are in ``session/``."""

from __future__ import annotations

from collections.abc import Sequence

from rfmf_spark.cli.screen import print_line
from rfmf_spark.session.doctor import Check
from rfmf_spark.session.engine_choice import EngineChoice


def print_checks(choice: EngineChoice, checks: Sequence[Check]) -> None:
    """Print the engine and why it, then a line per check; below one that fails what to do."""
    print_line(f"{'':<5}{'Engine':<16} {choice.name} ({choice.reason})")
    for check in checks:
        mark = "ok" if check.ok else "FAIL" if check.needed else "-"
        print_line(f"{mark:<4} {check.name:<16} {check.found}")
        if check.remedy:
            print_line(f"     {'':<16} {check.remedy}")
