"""Running the command line in tests: in this process, or in one of its own that can be killed.

In this process a run takes the Spark session that is already there, which saves most of its time;
only what needs another master or a violent end pays for a Spark of its own.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import runpy
import subprocess
import sys
import unittest.mock
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rfmf_spark.cli import main
from tests.quick_spark import quick_spark

AS_OF = "2019-08-14"
USERS = 3_000


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    stdout: str
    stderr: str


# What a run spends most of its time on and hardly a test asks for. One run has all of the
# defaults: see test_skewed_ledger.py.
QUICK_JOB = {
    "clustering.resamples": 4,
    "clustering.gap_references": 2,
    "clustering.k_max": 6,
    "report.enabled": "false",
}


@dataclass(frozen=True)
class LedgerFiles:
    """Where the tables of a ledger lie."""

    trades: Path
    nav: Path
    products: Path

    @classmethod
    def in_folder(cls, folder: Path) -> LedgerFiles:
        """The three inputs of a generated ledger."""
        return cls(folder / "trades", folder / "nav", folder / "products")

    def arguments(self, root: Path, as_of: str = AS_OF, *, quick: bool = True) -> list[str]:
        """``run`` on this ledger into ``root``; ``quick`` leaves out what takes long."""
        given = {
            "input.trades": self.trades,
            "input.nav": self.nav,
            "input.products": self.products,
            "output.root": root,
        }
        chosen = (QUICK_JOB if quick else {}) | {name: str(path) for name, path in given.items()}
        return ["run", "--as-of", as_of, *settings(chosen)]


def settings(values: Mapping[str, object]) -> list[str]:
    """``--set key=value`` for each; dots are part of the name, so pass them by ``**{...}``."""
    return [part for key, value in values.items() for part in ("--set", f"{key}={value}")]


def rfmf(*arguments: str, report_end: bool = False) -> Ended:
    """The command line in this process and, where there is one, its Spark session."""
    return _captured(lambda: main(arguments, report_end=report_end))


def run_job(script: Path, *arguments: str) -> Ended:
    """A script of ``jobs/`` in this process, as if it had been submitted with these arguments."""
    with unittest.mock.patch.object(sys, "argv", [str(script), *arguments]):
        return _captured(lambda: runpy.run_path(str(script), run_name="__main__"))


def _captured(command: Callable[[], object]) -> Ended:
    stdout, stderr = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            command()
        except SystemExit as end:
            code = end.code
    return Ended(code if isinstance(code, int) else 1, stdout.getvalue(), stderr.getvalue())


@contextlib.contextmanager
def started_rfmf(
    *arguments: str, folder: Path, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """The command line in a process of its own, with a Spark of its own, outside the checkout."""
    name, *given = arguments
    # Small beside other tests, and quick; what a test gives comes later, and counts.
    own = {"spark.driver.memory": "1g", **quick_spark()} if name == "run" else {}
    with subprocess.Popen(
        [sys.executable, "-m", "rfmf_spark.cli", name, *settings(own), *given],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=_plain_environment() | environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def rfmf_elsewhere(*arguments: str, folder: Path, **environment: str) -> Ended:
    """The same, waited for."""
    with started_rfmf(*arguments, folder=folder, **environment) as process:
        stdout, stderr = process.communicate()
    return Ended(process.returncode, stdout, stderr)


def wait_for_stage(process: subprocess.Popen[str], stage: str) -> str:
    """What a run has printed when it reports the end of a stage; an early end is an error."""
    seen = ""
    if process.stdout is None or process.stderr is None:
        raise ValueError("the output of the process is not captured")
    for line in process.stdout:
        seen += line
        if line.startswith(stage):
            return seen
    raise RuntimeError(f"ended before stage {stage}:\n{seen}{process.stderr.read()}")


@functools.cache
def generated_ledger(folder: Path, users: int = USERS) -> LedgerFiles:
    """A ledger of the product's own generator, made once per test session."""
    return generate_ledger(folder / f"ledger-{users}", users, seed=11)


def generate_ledger(out: Path, users: int, *more: str, seed: int) -> LedgerFiles:
    """Such a ledger of 15 products in a folder; ``more`` are further arguments."""
    plan = {"--users": users, "--products": 15, "--seed": seed, "--out": out}
    words = [str(word) for pair in plan.items() for word in pair]
    ended = rfmf("generate", *words, *more)
    if ended.code != 0:
        raise RuntimeError(ended.stderr)
    return LedgerFiles.in_folder(out)


def write_features(file: Path) -> Path:
    """Given features of twenty users, as CSV."""
    rows = [f"u{n},{10 * n},{1 + n % 3},{n}.25" for n in range(1, 21)]
    file.write_text("\n".join(["user_id,recency_days,frequency,monetary", *rows]))
    return file


def _plain_environment() -> dict[str, str]:
    foreign = ("SPARK_", "PYSPARK_", "PYTHONPATH")
    return {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
