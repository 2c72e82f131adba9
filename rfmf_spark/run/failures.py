"""Failures of the engine that have a cause which a user can mend, told as errors of ours.

How files tell that they cannot be read is in ``ledger/unreadable.py``, how the platform tells what
it lacks in ``session/platform.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rfmf_spark.config.bases import values_positions
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError, RfmfError
from rfmf_spark.ledger.unreadable import unreadable_input
from rfmf_spark.session.failures import is_overflow
from rfmf_spark.session.platform import platform_cause

# Stages that compute with what stands in the inputs; later ones know only what came of it.
_OF_LEDGER = ("clean", "store", "features")


def known_cause(failure: BaseException, settings: Settings, stage: str) -> RfmfError | None:
    """The error of ours that a failure in ``stage`` is, or that is behind it; None without any."""
    if isinstance(failure, RfmfError):
        return failure
    if is_overflow(failure):
        return InputRefusedError(_tell_overflow(settings, stage))
    return unreadable_input(failure, settings) or platform_cause(failure, settings)


@contextlib.contextmanager
def telling_known_causes(settings: Settings, stage: str) -> Iterator[None]:
    """Raise the error of ours that is behind a failure in the block; other failures pass."""
    try:
        yield
    except Exception as failure:
        error = known_cause(failure, settings, stage)
        if error is None or error is failure:
            raise
        raise error from failure


def _tell_overflow(settings: Settings, stage: str) -> str:
    """Which values can have passed 64 bits: the engine tells only that some have."""
    given = settings.input
    if stage not in _OF_LEDGER:
        source = "trades" if given.features is None else "features"
        return (
            f"stage {stage}: numbers made of table user_features do not fit into 64 bits; correct "
            f"what is too large in input.{source}"
        )
    if given.features is not None:
        return (
            f"input.features: stage {stage}: the frequencies of all users add up to more than 64 "
            f"bits can count; correct what is too large in column frequency"
        )
    has_units, has_opening = values_positions(settings), given.opening_positions is not None
    values = "amounts, units, fees or values" if has_units else "amounts"
    used = {"trades": True, "opening_positions": has_opening, "nav": has_units}
    names = [
        f"input.{name}" for name, is_used in (used | {"products": has_units}).items() if is_used
    ]
    return (
        f"stage {stage}: {values} of one user do not fit into 64 bits; they are made of "
        f"{', '.join(names)}: correct what is too large there, or lower quality.max_amount and "
        f"quality.max_units so that such rows are quarantined"
    )
