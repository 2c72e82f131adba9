"""The way in and out: every known error becomes its exit code."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Sequence

from rfmf_spark.cli.root import cli
from rfmf_spark.cli.screen import print_line
from rfmf_spark.cli.streams import accept_every_character, json_text
from rfmf_spark.cli.trace import describe_trace
from rfmf_spark.errors import RfmfError
from rfmf_spark.session.platform import platform_cause


def main(arguments: Sequence[str] | None = None, *, report_end: bool = False) -> None:
    """Entry point of ``rfmf`` and of the jobs: every known error becomes its exit code.

    ``report_end`` prints exit code, reason and, where it succeeded, run id as one JSON line at the
    very end, for platforms that flatten exit codes and for the next stage.
    """
    accept_every_character()
    code, reason, end = 0, "done", dict[str, object]()
    try:
        given = None if arguments is None else list(arguments)
        with warnings.catch_warnings():
            # Said where shared memory cannot be written, and of no interest: one process does all.
            warnings.filterwarnings("ignore", message=".*joblib will operate in serial mode")
            cli.main(args=given, prog_name="rfmf", obj=end)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
        reason = "done" if code == 0 else "see the message above"
    except Exception as failure:
        error = failure if isinstance(failure, RfmfError) else platform_cause(failure)
        if error is None:
            code, reason = 1, "unexpected error, see the trace above"
            _tell(describe_trace(failure))
        else:
            code, reason = error.exit_code, str(error)
            _tell(f"rfmf: {reason}")
    if report_end:
        _report_end(code, reason, end)
    sys.exit(code)


def _report_end(code: int, reason: str, end: dict[str, object]) -> None:
    ended = {"exit_code": code, "reason": reason, **end}
    _tell(json_text(ended, stream=sys.stderr))


def _tell(text: str) -> None:
    """Say it on standard error; where nobody is left to read it, the exit code has to do."""
    with contextlib.suppress(OSError):
        print_line(text, err=True)
