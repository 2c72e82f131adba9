"""The trace of an error that nobody expected: where it happened, without what it says.

The text of such an error may quote a row, with a user's id or amount, and logs are read by many.
"""

from __future__ import annotations

import os
import traceback

QUOTE_ERRORS = "RFMF_QUOTE_ERRORS"


def describe_trace(failure: BaseException) -> str:
    """The calls that led to an error and to those behind it, the first one first.

    Of each error its kind is told, with the condition by which Spark names it; what it says only
    where the variable ``RFMF_QUOTE_ERRORS`` is set.
    """
    is_quoting = bool(os.environ.get(QUOTE_ERRORS))
    parts = [_describe_one(error, is_quoting) for error in reversed(_chain(failure))]
    if not is_quoting:
        parts.append(
            "What these errors say is left out, as it may quote data of users; set "
            f"{QUOTE_ERRORS}=1 to see it"
        )
    return "\n".join(parts)


def _chain(failure: BaseException) -> list[BaseException]:
    """The error, and each one behind it."""
    chain: list[BaseException] = []
    error: BaseException | None = failure
    while error is not None and error not in chain:
        chain.append(error)
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
    return chain


def _describe_one(error: BaseException, is_quoting: bool) -> str:
    calls = "".join(traceback.format_tb(error.__traceback__))
    kind = type(error).__qualname__
    condition = getattr(error, "getCondition", lambda: None)()
    named = f"{kind} ({condition})" if condition else kind
    return f"Traceback (most recent call last):\n{calls}{named}" + (
        f": {error}" if is_quoting else ""
    )
