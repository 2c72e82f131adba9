"""What engines say of failures; ``run/failures.py`` tells them as errors of ours."""

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
    return any(overflow in str(failure) for overflow in _OVERFLOWS)
