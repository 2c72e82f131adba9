"""Failures inside Spark that have a cause a user can mend, told as errors of ours.

A run asks for them where it ends (``run/recording.py``). Files that cannot be read are told where
inputs are opened, in ``ledger/sources.py``.
"""

from __future__ import annotations

from rfmf_spark.errors import InputRefusedError, RfmfError

# Spark's words, and those of the embedded engine.
_OVERFLOWS = ("ARITHMETIC_OVERFLOW", "is out of range Int64")


def known_cause(failure: BaseException) -> RfmfError | None:
    """The error of ours behind a failure of Spark, or None where there is none."""
    if any(overflow in str(failure) for overflow in _OVERFLOWS):
        return InputRefusedError(
            "input.trades: the amounts, units or fees of one user add up to more than 64 bits can "
            "count; lower quality.max_amount and quality.max_units so that such rows are "
            "quarantined"
        )
    return None
