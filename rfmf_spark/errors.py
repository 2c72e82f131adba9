"""Errors that a user can cause, one class per cause, and the exit code of each.

A message says what value was found, where, and what to do about it. Anything that is not an
``RfmfError`` is a defect of ours and ends with exit code 1. The process is ended with its code in
``cli/entry.py``.
"""

from __future__ import annotations

from typing import ClassVar


class RfmfError(Exception):
    """Base of every error with a known cause; ``exit_code`` is fixed for good."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(RfmfError):
    """A setting, an argument or a table of ``conf/`` that cannot be used."""

    exit_code = 2


class EnvironmentMismatchError(RfmfError):
    """Java, Spark, Delta or Python is missing, or in a version that does not fit."""

    exit_code = 2


class InputRefusedError(RfmfError):
    """An input that is missing, empty, of the wrong shape, or too dirty to go on."""

    exit_code = 3


class RunInProgressError(RfmfError):
    """Another run holds the lock of the same output."""

    exit_code = 4


class GateStoppedError(RfmfError):
    """A check before publication failed; the previous result stays current."""

    exit_code = 5


class VerificationFailedError(RfmfError):
    """A verification found a difference."""

    exit_code = 6


class RunAbortedError(RfmfError):
    """The run was told to stop (SIGTERM or an interrupt) and left nothing half-written."""

    exit_code = 1


class PlatformFailedError(RfmfError):
    """What a run stands on has failed it: a disk is full, memory or threads have run out."""

    exit_code = 1


class EndUnknownError(RfmfError):
    """Nothing says how a run has ended: it goes on, was killed, or never began."""

    exit_code = 1


def first_line(cause: BaseException) -> str:
    """The first line of what an error says, or its kind where it says nothing."""
    lines = str(cause).strip().splitlines()
    return lines[0].strip() if lines else type(cause).__name__
