"""What engines say of failures that are told as errors of ours elsewhere."""

from __future__ import annotations

# Spark's words, and those of the embedded engine.
_OVERFLOWS = (
    "[ARITHMETIC_OVERFLOW",
    "[CAST_OVERFLOW",
    "[NUMERIC_VALUE_OUT_OF_RANGE",
    "is out of range Int64",
    "is too large to store in a Decimal",
)


def is_overflow(failure: BaseException) -> bool:
    """Whether a number has become larger than its type can hold."""
    return any(told in str(failure) for told in _OVERFLOWS)
