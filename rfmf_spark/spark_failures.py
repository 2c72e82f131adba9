"""Failures inside Spark that have a cause a user can mend, told as errors of ours."""

from __future__ import annotations

import re

from rfmf_spark.errors import InputRefusedError, RfmfError

_UNREADABLE = ("FAILED_READ_FILE", "CANNOT_READ_FILE_FOOTER", "CANNOT_READ_ARCHIVED_FILE")


def known_cause(failure: BaseException) -> RfmfError | None:
    """The error of ours behind a failure of Spark, or None where there is none."""
    text = str(failure)
    if "ARITHMETIC_OVERFLOW" in text:
        return InputRefusedError(
            "input.trades: the amounts, units or fees of one user add up to more than 64 bits can "
            "count; lower quality.max_amount and quality.max_units so that such rows are "
            "quarantined"
        )
    if any(condition in text for condition in _UNREADABLE):
        file = re.search(r"file:?\s*'?(\S+?)'?[\s.]", text)
        place = f" {file.group(1)}" if file else ""
        return InputRefusedError(
            f"input: a file{place} cannot be read; it is damaged or not of the format it is named "
            f"after, so replace it or correct input.format"
        )
    return None
